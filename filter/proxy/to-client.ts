import { editedLength, writeEdited } from "../codec/edits";
import { Buffer, replaceFront } from "../host/buffer";
import { dropBlock } from "../memory/kept";
import { REPLY_BYTES_KEPT } from "../memory/limits";
import { Connection } from "./connection";
import { ORDER_BYTES, repliesInTurn } from "./in-order";

/** Where it is written what one write of HCM's becomes for the client. */
let outBase: usize = 0;
let outCapacity: usize = 0;
let out: usize = 0;

/** What may be written there in all, as far as is known. */
let room: usize = 0;

/** Room for all that one write can give the client: its own bytes, what is held, and our replies. */
export function beginToClient(connection: Connection, size: u32): void {
  room = <usize>size + connection.repliesBytes;
  let tunnel = connection.tunnels;
  while (tunnel) {
    room += tunnel.heldBytes + tunnel.headBytes;
    tunnel = tunnel.next;
  }
  reserveOut(room);
  out = outBase;
}

function reserveOut(bytes: usize): void {
  if (bytes <= outCapacity) return;
  if (outBase) heap.free(outBase);
  outCapacity = (bytes + 0xffff) & ~0xffff;
  outBase = heap.alloc(outCapacity);
}

/** Room for so many bytes more than was known when room was made. */
function makeRoom(bytes: u32): void {
  room += bytes;
  if (room <= outCapacity) return;
  const used = out - outBase;
  const old = outBase;
  outBase = 0;
  outCapacity = 0;
  reserveOut(room << 1);
  memory.copy(outBase, old, used);
  heap.free(old);
  out = outBase + used;
}

export function put(bytes: usize, length: u32): void {
  memory.copy(out, bytes, length);
  out += length;
}

/** The first `bytes` of the message at `p`, as the register of edits has them. */
export function putEdited(p: usize, bytes: u32): void {
  const edited = editedLength(bytes);
  if (edited > bytes) makeRoom(edited - bytes);
  out = writeEdited(out, p, bytes);
}

/** Our own replies, as far as it is their turn. False: there are none. */
export function putReplies(connection: Connection): bool {
  const length = connection.ordered ? repliesInTurn(connection) : connection.repliesBytes;
  if (!length) return false;
  // Those to calls of tunnels that ended in this very write were not known when room was made.
  makeRoom(length);
  if (connection.ordered) putEntries(connection.replies, length);
  else put(connection.replies, length);
  connection.repliesBytes -= length;
  if (connection.repliesBytes) {
    memory.copy(connection.replies, connection.replies + length, connection.repliesBytes);
  } else if (connection.repliesCapacity > REPLY_BYTES_KEPT) {
    dropBlock(connection.replies, connection.repliesCapacity);
    connection.replies = 0;
    connection.repliesCapacity = 0;
  }
  return true;
}

/** The replies of entries (proxy/in-order.ts). */
function putEntries(at: usize, length: u32): void {
  const end = at + length;
  while (at < end) {
    const bytes = load<u32>(at, 4);
    put(at + ORDER_BYTES, bytes);
    at += ORDER_BYTES + bytes;
  }
}

/** Puts what was written in the place of the `size` bytes that HCM writes. */
export function endToClient(size: u32): void {
  replaceFront(Buffer.UPSTREAM, size, outBase, out - outBase);
}
