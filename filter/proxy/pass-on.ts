import { Buffer, continueDownstream, replaceFront } from "../host/buffer";
import { FRAME_HEAD_BYTES, FrameType, writeHead } from "../http2/frame/head";
import { Tunnel } from "../http2/tunnel";
import { Connection } from "./connection";
import { controlRoom, headsRoom, outRoom, owesControl, writeControl, writePlanned } from "./emit";
import { isOwn, pieceLength, pieceOffset, plan } from "./plan";
import { fetchTo, read } from "./read";
import { stashTail, wait } from "./stash";

/** Passes on what was planned, behind the first `continued` bytes, and keeps the rest of the read. */
export function passOn(connection: Connection, continued: u32): void {
  const tail = read.size - read.at;
  const control = owesControl(connection);
  const planned = plan.count > 0;
  if (!planned && !control && !continued && tail == read.size) {
    wait(connection, read.size);
    return;
  }
  const first = plan.first;
  const whole = first != null && plan.tunnels == 1 && !plan.changed && first.plannedBytes == read.size;
  if (first && whole && read.size + plan.extra <= plan.frameLimit) {
    passWhole(connection, first, control);
    return;
  }
  if (tail) stashTail(connection, read.at, tail);
  const limit = rewritten(tail);
  if (read.memoryBytes < limit && (planned || continued)) fetchTo(limit);
  const room =
    <usize>limit + (control ? controlRoom(connection) : 0) + headsRoom(read.size + plan.ownBytes) + plan.ownBytes;
  const base = outRoom(room);
  memory.copy(base, read.memory, continued);
  let out = base + continued;
  if (control) out = writeControl(connection, out);
  out = writePlanned(out, read.memory, limit);
  replaceFront(Buffer.DOWNSTREAM, tail ? read.size : limit, base, out - base);
  if (out != base || limit < read.size) continueDownstream();
}

/** Between two messages, and with nothing of the client's in the read buffer. */
export function passControl(connection: Connection): void {
  connection.midMessage = null;
  const base = outRoom(controlRoom(connection));
  replaceFront(Buffer.DOWNSTREAM, 0, base, writeControl(connection, base) - base);
  continueDownstream();
}

/** The whole read belongs to one tunnel and fits one frame: its head goes in front, and no byte of the read is copied. */
function passWhole(connection: Connection, tunnel: Tunnel, control: bool): void {
  const base = outRoom((control ? controlRoom(connection) : 0) + FRAME_HEAD_BYTES);
  let out = control ? writeControl(connection, base) : base;
  out = writeHead(out, read.size + plan.extra, FrameType.DATA, 0, tunnel.stream);
  replaceFront(Buffer.DOWNSTREAM, 0, base, out - base);
  continueDownstream();
}

/**
 * How many bytes of the read have to be written anew. The end of the last message may stay where it is, if it is the end of
 * the read and no further head falls into it.
 */
function rewritten(tail: u32): u32 {
  const open = plan.open;
  if (tail || !open || open.plannedBytes + plan.extra > plan.frameLimit) return read.at;
  if (isOwn(open.lastPiece)) return read.at;
  const start = pieceOffset(open.lastPiece);
  if (start + pieceLength(open.lastPiece) != read.size) return read.at;
  return max<u32>(start, min<u32>(read.memoryBytes, read.at));
}
