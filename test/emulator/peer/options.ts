import type { Style } from "./hpack.js";
import type { Connect } from "./tunnel.js";
import type { Grant } from "./windows.js";

export interface PeerOptions {
  /** Bytes that a stream may have under way to us, once our SETTINGS are acknowledged. Default 1 MiB. */
  streamWindow: number;
  /** The same for the connection. Never below 65,535. Default 4 MiB. */
  connectionWindow: number;
  /** SETTINGS_MAX_FRAME_SIZE. Default 1 MiB. */
  maxFrameSize: number;
  /** SETTINGS_MAX_CONCURRENT_STREAMS. Default 1,024, as HCM. */
  maxConcurrentStreams: number;
  grant: Grant;
  headers: Style;
  /** Most bytes of one write through the filter. Envoy writes whole frames; a test may cut them anywhere. */
  writeBytes: number;
  /** All frames of an entry come in one write. Envoy mostly writes DATA frame by frame, but nothing says that it must. */
  coalesce: boolean;
  /** Clusters whose tunnels are not simply accepted. */
  connect: Record<string, Connect>;
  /** Clusters whose upstreams do not end a tunnel when we have ended our side. */
  lingering: ReadonlySet<string>;
  /** Of clusters: which of their hosts, counted from 1, the next tunnels lead to. Of others: to the first that has none. */
  leads: Record<string, number>;
  /** A tunnel leads to the host that its CONNECT names. Default: true; without HCM's session filter, and where that host is ill, it does not. */
  takesNamedHost?: boolean;
  /** Of clusters: the hosts on their ring. A tunnel with a bucket leads to the one whose number is what the bucket's leaves, divided by them. */
  rings?: Record<string, number>;
}

export const DEFAULT_PEER: PeerOptions = {
  streamWindow: 1 << 20,
  connectionWindow: 4 << 20,
  maxFrameSize: 1 << 20,
  maxConcurrentStreams: 1024,
  grant: "half",
  headers: "plain",
  writeBytes: Number.POSITIVE_INFINITY,
  coalesce: false,
  connect: {},
  lingering: new Set(),
  leads: {},
};
