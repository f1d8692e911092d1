import { Buffer, fetchInto, replaceFront } from "../host/buffer";
import { dropBlock, enlargeBlock } from "../memory/kept";
import { MAX_STASH_BYTES } from "../memory/limits";
import { Connection, closeSoon, wakeConnection } from "./connection";
import { CloseReason } from "./label";

/**
 * The message at the front is not whole yet. It waits in the read buffer, where TCP feels it, unless it is longer than the read
 * buffer may become: then it is collected in the stash.
 */
export function wait(connection: Connection, bytes: u32): void {
  if (!bytes || !isCollecting(connection)) return;
  if (!reserveStash(connection, connection.stashBytes + bytes)) return;
  if (!fetchInto(Buffer.DOWNSTREAM, 0, bytes, connection.stash + connection.stashBytes)) return;
  connection.stashBytes += bytes;
  replaceFront(Buffer.DOWNSTREAM, bytes, 0, 0);
}

export function isCollecting(connection: Connection): bool {
  const table = connection.listener.table;
  return table != null && connection.wanted > table.readBufferBytes;
}

/** Room for `bytes`; it grows with what has come, not with what was announced. False: the connection is closed. */
function reserveStash(connection: Connection, bytes: u32): bool {
  if (bytes <= connection.stashCapacity) return true;
  const capacity = max<u32>(bytes, connection.stashCapacity << 1);
  const block = enlargeBlock(connection.stash, connection.stashCapacity, connection.stashBytes, capacity);
  if (!block) {
    closeSoon(connection, CloseReason.MEMORY_LIMIT);
    return false;
  }
  connection.stash = block;
  connection.stashCapacity = capacity;
  return true;
}

function dropStash(connection: Connection): void {
  dropBlock(connection.stash, connection.stashCapacity);
  connection.stash = 0;
  connection.stashBytes = 0;
  connection.stashCapacity = 0;
}

/** Puts the stash back in front of the read buffer. */
export function restoreStash(connection: Connection): u32 {
  const bytes = connection.stashBytes;
  replaceFront(Buffer.DOWNSTREAM, 0, connection.stash, bytes);
  dropStash(connection);
  return bytes;
}

/** Takes the last `bytes` of the read, from `at` on, aside: what stands before them is passed on with the whole read buffer. */
export function stashTail(connection: Connection, at: u32, bytes: u32): void {
  if (!reserveStash(connection, bytes)) return;
  if (!fetchInto(Buffer.DOWNSTREAM, at, bytes, connection.stash)) return;
  connection.stashBytes = bytes;
  if (bytes > MAX_STASH_BYTES && !isCollecting(connection)) wakeConnection(connection);
}
