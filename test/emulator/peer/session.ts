import type { EventLoop } from "../event-loop.js";
import type { Codec } from "./codec.js";
import {
  DEFAULT_MAX_FRAME_SIZE,
  DEFAULT_WINDOW,
  ErrorCode,
  encodeFrame,
  encodeSettings,
  Flag,
  FrameType,
  MAX_WINDOW,
  Setting,
  word,
} from "./frame.js";
import type { FrameHandler } from "./frame-reader.js";
import { decodeHeaders, encodeHeaders, type Header, type Style } from "./hpack.js";
import type { PeerOptions } from "./options.js";
import { REFUSALS, type Refusal, Tunnel } from "./tunnel.js";
import { ReceiveWindow, SendWindow } from "./windows.js";

/** The cluster that the filter asks for to hear of a drain. */
const DRAIN_PROBE = "meltemi-drain-probe";

/** Of each cluster's first host. */
const FIRST_PORT = 20880;

/** What SETTINGS of ours may change in the middle of a connection. */
export type Limits = Pick<PeerOptions, "streamWindow" | "maxFrameSize">;

/** HCM's side of the HTTP/2 connection: what each frame of the filter's means, and what may be sent. All of it within `codec.enter`. */
export class Session implements FrameHandler {
  readonly tunnels: Tunnel[] = [];
  readonly receiveWindow: ReceiveWindow;
  /** The last stream that is taken, once it was said. */
  lastStream = MAX_WINDOW;
  /** PINGs of ours that are not answered. */
  pings = 0;
  private readonly sendWindow = new SendWindow();
  /** SETTINGS of ours that the filter has not acknowledged, oldest first: they count from its acknowledgement on. */
  private readonly settingsSent: Limits[] = [];
  private limits: Limits;
  private filterStreamWindow = DEFAULT_WINDOW;
  private filterMaxFrameSize = DEFAULT_MAX_FRAME_SIZE;
  private tableSizeReduced = false;

  constructor(
    private readonly codec: Codec,
    private readonly loop: EventLoop,
    private readonly options: PeerOptions,
    /** To be called in a later turn: an upstream's connection is there, or cannot be had. */
    private readonly connected: (tunnel: Tunnel, outcome: "accept" | Refusal) => void,
    /** To be called in a later turn: the filter has ended the stream. */
    private readonly endedByFilter: (tunnel: Tunnel) => void,
  ) {
    this.receiveWindow = new ReceiveWindow(DEFAULT_WINDOW, options.grant);
    this.limits = { streamWindow: DEFAULT_WINDOW, maxFrameSize: DEFAULT_MAX_FRAME_SIZE };
  }

  get maxFrameSize(): number {
    return this.limits.maxFrameSize;
  }

  onHeaders(stream: number, block: Uint8Array): void {
    const open = this.tunnels.filter((tunnel) => !tunnel.ended && !tunnel.endedByFilter).length;
    const last = this.tunnels.at(-1)?.id ?? -1;
    if (stream % 2 === 0 || stream <= last) throw new Error(`the filter opens stream ${stream} after ${last}`);
    if (open >= this.options.maxConcurrentStreams)
      throw new Error(`the filter opens stream ${stream} beyond the ${open} allowed`);
    if (stream > this.lastStream) throw new Error(`the filter opens stream ${stream} after GOAWAY: it would hang`);
    const { cluster, wanted, bucket } = readConnect(decodeHeaders(block));
    const receive = new ReceiveWindow(this.limits.streamWindow, this.options.grant);
    const host = this.ringHost(cluster, bucket) ?? this.hostFor(cluster, wanted);
    const tunnel = new Tunnel(stream, cluster, host, receive, new SendWindow(this.filterStreamWindow));
    tunnel.wanted = wanted;
    this.tunnels.push(tunnel);
    const connect = this.options.connect[cluster] ?? (cluster === DRAIN_PROBE ? "NC" : "accept");
    // Without a cluster or a host the router answers while it is given the headers; a connection takes its time.
    if (connect === "NC" || connect === "UH") this.refuse(tunnel, connect);
    else if (connect !== "wait") this.loop.post(() => this.connected(tunnel, connect));
  }

  onDataHead(stream: number, length: number): void {
    const tunnel = this.known(stream);
    if (tunnel.endedByFilter) throw new Error(`the filter sends DATA on ${tunnel.name} after it ended it itself`);
    if (tunnel.ended)
      throw new Error(`the filter sends DATA on ${tunnel.name}, which HCM has closed: the call would hang`);
    if (length === 0) return;
    tunnel.receiveWindow.receive(length, tunnel.name);
    this.receiveWindow.receive(length, "the connection");
  }

  onDataBytes(stream: number, bytes: Uint8Array): void {
    const tunnel = this.known(stream);
    this.receiveWindow.consume(bytes.length);
    if (tunnel.ended || tunnel.resetting || tunnel.endedByFilter) return;
    tunnel.received.append(bytes);
    tunnel.receiveWindow.consume(bytes.length);
  }

  onEndStream(stream: number): void {
    const tunnel = this.known(stream);
    tunnel.endedByFilter = "end";
    this.loop.post(() => this.endedByFilter(tunnel));
  }

  onReset(stream: number): void {
    const tunnel = this.known(stream);
    tunnel.endedByFilter = "reset";
    tunnel.ended = true;
  }

  onSettings(settings: ReadonlyArray<readonly [id: number, value: number]>): void {
    for (const [id, value] of settings) {
      if (id === Setting.HEADER_TABLE_SIZE && value < 4096) this.tableSizeReduced = true;
      if (id === Setting.MAX_FRAME_SIZE) this.filterMaxFrameSize = value;
      if (id !== Setting.INITIAL_WINDOW_SIZE) continue;
      for (const tunnel of this.tunnels) tunnel.sendWindow.left += value - this.filterStreamWindow;
      this.filterStreamWindow = value;
    }
    this.send(encodeFrame(FrameType.SETTINGS, Flag.ACK, 0));
    this.pump();
  }

  onSettingsAck(): void {
    const limits = this.settingsSent.shift();
    if (!limits) throw new Error("the filter acknowledges SETTINGS that were never sent");
    this.limits = limits;
    for (const tunnel of this.tunnels) tunnel.receiveWindow.resize(limits.streamWindow);
  }

  onPing(payload: Uint8Array): void {
    this.send(encodeFrame(FrameType.PING, Flag.ACK, 0, payload));
  }

  onPingAck(): void {
    if (this.pings === 0) throw new Error("the filter answers a PING that was never sent");
    this.pings--;
  }

  onGoAway(): void {
    throw new Error("the filter has no use for GOAWAY: it closes the connection");
  }

  onWindowUpdate(stream: number, increment: number): void {
    if (stream === 0) this.sendWindow.add(increment, "the connection");
    else this.known(stream).sendWindow.add(increment, this.known(stream).name);
    this.pump();
  }

  start(): void {
    const { options } = this;
    this.changeSettings(options);
    const more = options.connectionWindow - DEFAULT_WINDOW;
    if (more < 0) throw new Error("HTTP/2 has no way to shrink the connection's window");
    this.windowUpdate(0, more);
  }

  changeSettings({ streamWindow, maxFrameSize }: Limits): void {
    this.settingsSent.push({ streamWindow, maxFrameSize });
    this.send(
      encodeSettings([
        [Setting.ENABLE_CONNECT_PROTOCOL, 1],
        [Setting.MAX_CONCURRENT_STREAMS, this.options.maxConcurrentStreams],
        [Setting.INITIAL_WINDOW_SIZE, streamWindow],
        [Setting.MAX_FRAME_SIZE, maxFrameSize],
      ]),
    );
  }

  accept(tunnel: Tunnel): void {
    tunnel.connected = true;
    const told: Header[] = [
      ["x-meltemi-upstream-host", tunnel.host],
      ["x-meltemi-response-flags", "-"],
    ];
    // The session filter tells of a host that it was not asked for.
    if (tunnel.host !== tunnel.wanted) told.push(["x-meltemi-host", Buffer.from(tunnel.host).toString("base64")]);
    this.respond(tunnel, 200, told);
    this.pump();
  }

  refuse(tunnel: Tunnel, refusal: Refusal): void {
    const { text, reset } = REFUSALS[refusal];
    const headers: Header[] = [
      ["content-length", String(text.length)],
      ["content-type", "text/plain"],
      ["x-meltemi-upstream-host", refusal === "UF" ? tunnel.host : "-"],
      ["x-meltemi-response-flags", refusal],
    ];
    // What was kept for the upstream goes nowhere.
    tunnel.received.take();
    this.respond(tunnel, 503, headers, text === "");
    if (text) this.send(encodeFrame(FrameType.DATA, Flag.END_STREAM, tunnel.id, Buffer.from(text)));
    this.endWithReset(tunnel, reset);
  }

  endWithReset(tunnel: Tunnel, code: number): void {
    tunnel.waiting.drain(tunnel.waiting.length);
    tunnel.ending = false;
    tunnel.connected = false;
    tunnel.resetting = true;
    // Until the filter can know of it, it may go on sending.
    this.send(encodeFrame(FrameType.RST_STREAM, 0, tunnel.id, word(code)), () => {
      tunnel.ended = true;
    });
  }

  /** Sends what windows allow, tunnel after tunnel. */
  pump(): void {
    for (const tunnel of this.tunnels) {
      if (!tunnel.connected || tunnel.ended) continue;
      while (tunnel.waiting.length > 0) {
        const room = Math.min(
          tunnel.sendWindow.left,
          this.sendWindow.left,
          this.filterMaxFrameSize,
          tunnel.waiting.length,
        );
        if (room <= 0) break;
        tunnel.sendWindow.left -= room;
        this.sendWindow.left -= room;
        this.send(encodeFrame(FrameType.DATA, 0, tunnel.id, tunnel.waiting.take(room)));
      }
      if (!tunnel.ending || tunnel.waiting.length > 0) continue;
      this.send(encodeFrame(FrameType.DATA, Flag.END_STREAM, tunnel.id));
      if (tunnel.endedByFilter) tunnel.ended = true;
      else this.endWithReset(tunnel, ErrorCode.NO_ERROR);
    }
  }

  /** Only now, as the filter learns of it, does a window grow: what came in one go had to fit into what was known before. */
  grantConsumed(): void {
    this.windowUpdate(0, this.receiveWindow.release());
    for (const tunnel of this.tunnels) {
      if (!tunnel.ended && !tunnel.resetting) this.windowUpdate(tunnel.id, tunnel.receiveWindow.release());
    }
  }

  windowUpdate(stream: number, increment: number): void {
    if (increment > 0) this.send(encodeFrame(FrameType.WINDOW_UPDATE, 0, stream, word(increment)));
  }

  private ringHost(cluster: string, bucket: number | undefined): string | undefined {
    const hosts = this.options.rings?.[cluster];
    if (hosts === undefined || bucket === undefined) return undefined;
    return `127.0.0.1:${FIRST_PORT + (bucket % hosts)}`;
  }

  private hostFor(cluster: string, wanted: string | undefined): string {
    if (wanted !== undefined && this.options.takesNamedHost !== false) return wanted;
    const taken = new Set(
      this.tunnels.filter((tunnel) => tunnel.cluster === cluster && !tunnel.ended).map(({ host }) => host),
    );
    for (let nth = this.options.leads[cluster] ?? 1; ; nth++) {
      const host = `127.0.0.1:${FIRST_PORT + nth - 1}`;
      if (this.options.leads[cluster] || !taken.has(host)) return host;
    }
  }

  private respond(tunnel: Tunnel, status: number, more: readonly Header[], end = false): void {
    const headers: Header[] = [
      [":status", String(status)],
      ...more,
      ["date", "Sat, 21 Nov 2026 06:00:00 GMT"],
      ["server", "envoy"],
    ];
    const update = this.tableSizeReduced ? Uint8Array.of(0x20) : new Uint8Array(0);
    this.tableSizeReduced = false;
    const block = Buffer.concat([update, encodedOnce(headers, this.options.headers)]);
    this.send(encodeFrame(FrameType.HEADERS, Flag.END_HEADERS | (end ? Flag.END_STREAM : 0), tunnel.id, block));
  }

  private send(frame: Uint8Array, written?: () => void): void {
    this.codec.send(frame, written);
  }

  private known(stream: number): Tunnel {
    const tunnel = this.tunnels.find((candidate) => candidate.id === stream);
    if (!tunnel) throw new Error(`the filter names stream ${stream}, which it never opened`);
    return tunnel;
  }
}

const encoded = new Map<string, Uint8Array>();

/** Responses are few and all alike; encoding them is what a short case would spend its time on. */
function encodedOnce(headers: readonly Header[], style: Style): Uint8Array {
  const key = `${style} ${headers.join()}`;
  const block = encoded.get(key) ?? encodeHeaders(headers, style);
  encoded.set(key, block);
  return block;
}

interface ConnectHeaders {
  cluster: string;
  wanted: string | undefined;
  bucket: number | undefined;
}

function readConnect(headers: readonly Header[]): ConnectHeaders {
  const names = headers.map(([name]) => name);
  const get = (name: string) => headers.find((header) => header[0] === name)?.[1];
  if (get(":method") !== "CONNECT" || !get(":authority"))
    throw new Error(`not a CONNECT request: ${JSON.stringify(headers)}`);
  if (names.includes(":scheme") || names.includes(":path")) throw new Error("CONNECT takes neither :scheme nor :path");
  if (new Set(names).size !== names.length) throw new Error(`a header comes twice: ${names.join(", ")}`);
  const cluster = get("x-meltemi-cluster");
  if (!cluster) throw new Error(`a tunnel without x-meltemi-cluster: ${JSON.stringify(headers)}`);
  const host = get("x-meltemi-host");
  const bucket = get("x-meltemi-hash");
  return {
    cluster,
    wanted: host === undefined ? undefined : Buffer.from(host, "base64").toString(),
    bucket: bucket === undefined ? undefined : Number(bucket),
  };
}
