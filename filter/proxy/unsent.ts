import { Buffer, fetchInto } from "../host/buffer";
import { FRAME_HEAD_BYTES, FrameType, writeHead } from "../http2/frame/head";
import { frameLimit } from "../http2/session";
import { dropUnsent, roomForUnsent, Tunnel, TunnelState } from "../http2/tunnel";
import { INITIAL_MAX_FRAME_BYTES, MAX_REFUSALS, MAX_UNSENT_BYTES } from "../memory/limits";
import { moveCalls } from "./call";
import { Connection, wakeConnection } from "./connection";
import { Count } from "./count";
import { countMore } from "./listener";
import { read } from "./read";
import { addNumber, addTunnel, beginLine, endLine, tracing } from "./trace";
import { isMidMessage, openTunnel, takesCalls } from "./tunnels";

/**
 * Calls whose bytes have not left Envoy are not lost with their tunnel. While a tunnel is being opened HCM keeps what is sent on
 * it, and so does the filter; if HCM then says that no upstream could be reached, the same bytes go on another tunnel.
 */

/** Copies `length` bytes of the read, from `offset` on, that go out on a tunnel that is being opened. */
export function keepUnsent(tunnel: Tunnel, offset: u32, length: u32): void {
  const room = tunnel.unsentBytes + length <= MAX_UNSENT_BYTES ? roomForUnsent(tunnel, length) : 0;
  if (room && offset + length <= read.memoryBytes) memory.copy(room, read.memory + offset, length);
  else if (!room || !fetchInto(Buffer.DOWNSTREAM, offset, length, room)) {
    loseUnsent(tunnel);
    return;
  }
  tunnel.unsentBytes += length;
}

/** The same of bytes in memory. */
export function keepOwnUnsent(tunnel: Tunnel, bytes: usize, length: u32): void {
  const room = tunnel.unsentBytes + length <= MAX_UNSENT_BYTES ? roomForUnsent(tunnel, length) : 0;
  if (!room) {
    loseUnsent(tunnel);
    return;
  }
  memory.copy(room, bytes, length);
  tunnel.unsentBytes += length;
}

function loseUnsent(tunnel: Tunnel): void {
  tunnel.unsentLost = true;
  if (!tunnel.unsentOwed) dropUnsent(tunnel);
}

/**
 * Says `length` bytes of the filter's own on a tunnel, behind all that was sent there so far, with the next frames that go out. The
 * tunnel is one without a message under way. False: its windows have no room for them now, or the VM none to keep them.
 */
export function sendOwn(connection: Connection, tunnel: Tunnel, bytes: usize, length: u32): bool {
  if (<i32>length > min<i32>(connection.sendWindow, tunnel.sendWindow)) return false;
  const lost = tunnel.unsentLost;
  const room = roomForUnsent(tunnel, length);
  if (!room) return false;
  memory.copy(room, bytes, length);
  if (!tunnel.unsentOwed) tunnel.unsentOwedAt = tunnel.unsentBytes;
  tunnel.unsentBytes += length;
  tunnel.unsentOwed += length;
  // What was sent before and is lost is lost still: a refusal cannot be made good by what is here.
  tunnel.unsentLost = lost || tunnel.unsentBytes > MAX_UNSENT_BYTES;
  connection.sendWindow -= length;
  tunnel.sendWindow -= length;
  connection.tunnelsOwe = true;
  wakeConnection(connection);
  return true;
}

/** The refused tunnel's bytes and calls move to another one, if there may be one and it helps. */
export function resend(connection: Connection, refused: Tunnel): void {
  const bytes = refused.unsentBytes;
  if (!bytes || refused.unsentLost || refused.refusals == MAX_REFUSALS || isHopeless(refused)) return;
  const target = otherTunnel(connection, refused);
  if (!target || <i32>bytes > min<i32>(connection.sendWindow, target.sendWindow)) return;
  connection.sendWindow -= bytes;
  target.sendWindow -= bytes;
  target.unsent = refused.unsent;
  target.unsentBytes = bytes;
  target.unsentCapacity = refused.unsentCapacity;
  target.unsentOwed = bytes;
  target.unsentOwedAt = 0;
  target.refusals = refused.refusals + 1;
  target.calls += refused.calls;
  target.preparing = refused.preparing;
  target.settled = refused.settled;
  refused.unsent = 0;
  refused.unsentCapacity = 0;
  refused.unsentBytes = 0;
  noteResent(connection, refused, target);
  refused.oneWayCalls = 0;
  moveCalls(refused, target);
  if (connection.messageTunnel == refused) connection.messageTunnel = target;
  if (connection.pin == refused) connection.pin = target;
  connection.tunnelsOwe = true;
  wakeConnection(connection);
}

/** Where the host is picked by a bucket it is asked for again: Envoy picks the next one on its ring once it has found that this one is gone. */
function otherTunnel(connection: Connection, refused: Tunnel): Tunnel | null {
  if (!refused.bucket) {
    const established = establishedTunnel(connection, refused);
    if (established) return established;
  }
  const opened = openTunnel(connection, refused.cluster, false);
  if (opened) opened.bucket = refused.bucket;
  return opened;
}

function noteResent(connection: Connection, refused: Tunnel, target: Tunnel): void {
  countMore(connection.listener, Count.RESENT, refused.callCount + refused.oneWayCalls);
  if (target.state == TunnelState.OPENING) target.oneWayCalls += refused.oneWayCalls;
  if (!tracing) return;
  beginLine(connection.traceId, "resent");
  addTunnel(target);
  addNumber(" from_stream=", refused.stream);
  addNumber(" calls=", refused.callCount + refused.oneWayCalls);
  endLine();
}

const NO_HEALTHY_UPSTREAM: u32 = 0x4855; // "UH"
const NO_CLUSTER: u32 = 0x434e; // "NC"

/** Where Envoy has no host to try, or no such cluster, it would only say so again. */
function isHopeless(refused: Tunnel): bool {
  if (refused.flagsBytes != 2) return false;
  const flags = load<u16>(changetype<usize>(refused), offsetof<Tunnel>("flags"));
  return flags == NO_HEALTHY_UPSTREAM || flags == NO_CLUSTER;
}

/** A tunnel of the same cluster that reaches its upstream, and has no message under way. */
function establishedTunnel(connection: Connection, refused: Tunnel): Tunnel | null {
  let tunnel = connection.tunnels;
  while (tunnel && !canTakeOver(connection, tunnel, refused)) tunnel = tunnel.next;
  return tunnel;
}

function canTakeOver(connection: Connection, tunnel: Tunnel, refused: Tunnel): bool {
  return (
    tunnel.cluster == refused.cluster &&
    tunnel.state == TunnelState.OPEN &&
    takesCalls(tunnel) &&
    !tunnel.unsentOwed &&
    !isMidMessage(connection, tunnel)
  );
}

/** Most bytes that `writeUnsent` writes. */
export function unsentRoom(tunnel: Tunnel): usize {
  if (!tunnel.unsentOwed) return 0;
  return <usize>tunnel.unsentOwed + <usize>(tunnel.unsentOwed / INITIAL_MAX_FRAME_BYTES + 1) * FRAME_HEAD_BYTES;
}

/** Writes what is owed on this tunnel. What the client sent since stands behind it, and is not written here. */
export function writeUnsent(connection: Connection, tunnel: Tunnel, out: usize): usize {
  let from = tunnel.unsent + tunnel.unsentOwedAt;
  let left = tunnel.unsentOwed;
  tunnel.unsentOwed = 0;
  while (left) {
    const bytes = min<u32>(left, frameLimit(connection));
    out = writeHead(out, bytes, FrameType.DATA, 0, tunnel.stream);
    memory.copy(out, from, bytes);
    out += bytes;
    from += bytes;
    left -= bytes;
  }
  if (tunnel.state == TunnelState.OPEN || tunnel.unsentLost) dropUnsent(tunnel);
  return out;
}
