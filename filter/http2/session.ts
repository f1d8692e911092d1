import { INITIAL_MAX_FRAME_BYTES, INITIAL_MAX_STREAMS, INITIAL_WINDOW_BYTES } from "../memory/limits";
import { ANY_STREAM } from "./frame/goaway";
import { Tunnel } from "./tunnel";

/** Our side of the HTTP/2 connection to HCM: what RFC 9113 makes a client remember. */
@unmanaged
export class Session {
  /** Stream identifier of the next tunnel: odd, rising (section 5.1.1). */
  nextStream: u32;
  prefaceSent: bool;
  /** HCM's SETTINGS have been acknowledged, so its larger frames may be used. */
  settingsAcknowledged: bool;
  /** SETTINGS and PING acknowledgements that we owe. */
  settingsAcksOwed: u32;
  pingAcksOwed: u32;
  pingPayload: u64;
  /** A PING of ours is under way: its acknowledgement opens a place for our own replies. */
  pingSent: bool;
  /** HCM takes no streams beyond it (section 6.8). */
  lastStream: u32;

  /** Bytes that HCM lets us send on the whole connection, and on a new stream. */
  sendWindow: i32;
  peerInitialWindow: i32;
  peerMaxFrame: u32;
  peerMaxStreams: u32;
  /** Bytes received for which the connection's window has not been updated. */
  received: u32;

  /** The frame that is being read: its head as far as it has come, then what is left of its payload. */
  headBytes: u32;
  head0: u64;
  head1: u64;
  frameRest: u32;
  frameType: u32;
  frameFlags: u32;
  frameStream: u32;
  /** Payload of a control frame that came in parts. */
  control: usize;
  controlBytes: u32;

  tunnels: Tunnel | null;
  tunnelCount: u32;
  /** Some tunnel has bytes to grant (`Tunnel.delivered`), a heartbeat to answer, its end to say, or unsent bytes of another. */
  tunnelsOwe: bool;
}

/** On memory that is all zero. */
export function initSession(session: Session): void {
  session.nextStream = 1;
  session.sendWindow = INITIAL_WINDOW_BYTES;
  session.peerInitialWindow = INITIAL_WINDOW_BYTES;
  session.peerMaxFrame = INITIAL_MAX_FRAME_BYTES;
  session.peerMaxStreams = INITIAL_MAX_STREAMS;
  session.lastStream = ANY_STREAM;
}

/** Longest frame that HCM reads now. Larger ones count from our acknowledgement of its SETTINGS on, which goes out first. */
export function frameLimit(session: Session): u32 {
  const acknowledged = session.settingsAcknowledged || session.settingsAcksOwed > 0;
  return acknowledged ? session.peerMaxFrame : INITIAL_MAX_FRAME_BYTES;
}

export function tunnelOfStream(session: Session, stream: u32): Tunnel | null {
  let tunnel = session.tunnels;
  while (tunnel) {
    if (tunnel.stream == stream) return tunnel;
    tunnel = tunnel.next;
  }
  return null;
}

export function addTunnel(session: Session, tunnel: Tunnel): void {
  tunnel.next = session.tunnels;
  session.tunnels = tunnel;
  session.tunnelCount++;
}

export function removeTunnel(session: Session, tunnel: Tunnel): void {
  if (session.tunnels == tunnel) session.tunnels = tunnel.next;
  else {
    let before = session.tunnels;
    while (before && before.next != tunnel) before = before.next;
    if (!before) return;
    before.next = tunnel.next;
  }
  session.tunnelCount--;
}
