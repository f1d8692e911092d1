import { ownAddress } from "../codec/edits";
import { frameLimit } from "../http2/session";
import { Tunnel, TunnelState } from "../http2/tunnel";
import { Connection } from "./connection";
import { keepOwnUnsent, keepUnsent } from "./unsent";

/**
 * What a read becomes: for each tunnel the pieces of the read that go there, in order. All messages of a tunnel share DATA
 * frames, because frames, not bytes, are what costs. Only the order between tunnels changes: the tunnel of the last piece,
 * whose message may go on in later reads, goes last.
 *
 *     piece: [ offset in the read u32 | length u32 | next piece of the tunnel u32 ]      numbered from 1
 *
 * With the highest bit the offset is one in the filter's own bytes (codec/edits.ts): what stands in a message that is changed.
 */
const OWN: u32 = 1 << 31;
const PIECE_BYTES: u32 = 12;
const FIRST_CAPACITY: u32 = 1024;
let pieces: usize = heap.alloc(FIRST_CAPACITY * PIECE_BYTES);
let capacity: u32 = FIRST_CAPACITY;

@unmanaged
export class Plan {
  count: u32;
  /** Tunnels that have pieces, in the order of their first. */
  first: Tunnel | null;
  last: Tunnel | null;
  tunnels: u32;
  /** The tunnel of the last piece. */
  open: Tunnel | null;
  /** Bytes that the last frame announces beyond what is here. */
  extra: u32;
  /** Bytes of the filter's own among them. */
  ownBytes: u32;
  /** Not all bytes of the read are passed on, one after the other. */
  changed: bool;
  /** Longest DATA frame now. */
  frameLimit: u32;
}

export const plan: Plan = changetype<Plan>(memory.data(64));

export function beginPlan(connection: Connection): void {
  memory.fill(changetype<usize>(plan), 0, offsetof<Plan>());
  plan.frameLimit = frameLimit(connection);
}

export function pieceOffset(piece: u32): u32 {
  return load<u32>(pieces + (piece - 1) * PIECE_BYTES);
}

export function isOwn(piece: u32): bool {
  return (pieceOffset(piece) & OWN) != 0;
}

/** Where the bytes of a piece lie that are the filter's own. */
export function ownPiece(piece: u32): usize {
  return ownAddress(pieceOffset(piece) & ~OWN);
}

export function pieceLength(piece: u32): u32 {
  return load<u32>(pieces + (piece - 1) * PIECE_BYTES, 4);
}

export function nextPiece(piece: u32): u32 {
  return load<u32>(pieces + (piece - 1) * PIECE_BYTES, 8);
}

/**
 * Plans up to `here` bytes at `offset`, the next of a message that has `rest` bytes to come in all, and charges the windows.
 * Returns how many fit the windows now. If all do and the read ends with them (`endsRead`), the frame announces as much of
 * the rest as it may.
 */
export function planBytes(
  connection: Connection,
  tunnel: Tunnel,
  offset: u32,
  here: u32,
  rest: u32,
  endsRead: bool,
): u32 {
  const window = max<i32>(min<i32>(connection.sendWindow, tunnel.sendWindow), 0);
  const length = min<u32>(here, window);
  if (length == 0) return 0;
  addPiece(tunnel, offset, length);
  let charge = length;
  // Of a tunnel that is being opened each byte is kept, so none may pass unseen.
  const kept = tunnel.state == TunnelState.OPENING && !tunnel.unsentLost;
  if (kept) keepUnsent(tunnel, offset, length);
  else if (endsRead && length == here && rest > here) {
    const fill = tunnel.plannedBytes % plan.frameLimit;
    if (fill) {
      plan.extra = min<u32>(min<u32>(rest - here, <u32>window - length), plan.frameLimit - fill);
      charge += plan.extra;
    }
  }
  connection.sendWindow -= charge;
  tunnel.sendWindow -= charge;
  return length;
}

/** Plans up to `bytes` of the filter's own, from `offset` on, within a message. Returns how many fit the windows now. */
export function planOwn(connection: Connection, tunnel: Tunnel, offset: u32, bytes: u32): u32 {
  const window = max<i32>(min<i32>(connection.sendWindow, tunnel.sendWindow), 0);
  const length = min<u32>(bytes, window);
  if (length == 0) return 0;
  addPiece(tunnel, offset | OWN, length);
  plan.ownBytes += length;
  if (tunnel.state == TunnelState.OPENING && !tunnel.unsentLost) keepOwnUnsent(tunnel, ownAddress(offset), length);
  connection.sendWindow -= length;
  tunnel.sendWindow -= length;
  return length;
}

function addPiece(tunnel: Tunnel, offset: u32, length: u32): void {
  plan.open = tunnel;
  if (!tunnel.firstPiece) {
    const last = plan.last;
    if (last) last.nextPlanned = tunnel;
    else plan.first = tunnel;
    plan.last = tunnel;
    plan.tunnels++;
  } else {
    const last = pieces + (tunnel.lastPiece - 1) * PIECE_BYTES;
    if (load<u32>(last) + load<u32>(last, 4) == offset) {
      store<u32>(last, load<u32>(last, 4) + length, 4);
      tunnel.plannedBytes += length;
      return;
    }
  }
  if (plan.count == capacity) growPieces();
  const piece = pieces + plan.count * PIECE_BYTES;
  plan.count++;
  store<u32>(piece, offset);
  store<u32>(piece, length, 4);
  store<u32>(piece, 0, 8);
  if (tunnel.firstPiece) store<u32>(pieces + (tunnel.lastPiece - 1) * PIECE_BYTES, plan.count, 8);
  else tunnel.firstPiece = plan.count;
  tunnel.lastPiece = plan.count;
  tunnel.plannedBytes += length;
}

function growPieces(): void {
  const grown = heap.alloc((capacity << 1) * PIECE_BYTES);
  memory.copy(grown, pieces, capacity * PIECE_BYTES);
  heap.free(pieces);
  pieces = grown;
  capacity <<= 1;
}

/** Forgets the plan; what was charged stays charged. */
export function endPlan(): void {
  let tunnel = plan.first;
  while (tunnel) {
    const next = tunnel.nextPlanned;
    tunnel.firstPiece = 0;
    tunnel.lastPiece = 0;
    tunnel.plannedBytes = 0;
    tunnel.nextPlanned = null;
    tunnel = next;
  }
}
