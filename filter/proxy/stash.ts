import { Buffer, fetchInto, replaceFront } from "../host/buffer";
import { MAX_STASH_BYTES } from "../memory/limits";
import { Connection, wakeConnection } from "./connection";

/**
 * The message at the front is not whole yet. It waits in the read buffer, where TCP feels it, unless it is longer than the read
 * buffer may become: then it is collected in the stash.
 */
export function wait(connection: Connection, bytes: u32): void {
  if (!bytes || !isCollecting(connection)) return;
  reserveStash(connection, connection.wanted);
  if (!fetchInto(Buffer.DOWNSTREAM, 0, bytes, connection.stash + connection.stashBytes)) return;
  connection.stashBytes += bytes;
  replaceFront(Buffer.DOWNSTREAM, bytes, 0, 0);
}

export function isCollecting(connection: Connection): bool {
  const table = connection.listener.table;
  return table != null && connection.wanted > table.readBufferBytes;
}

function reserveStash(connection: Connection, capacity: u32): void {
  if (capacity <= connection.stashCapacity) return;
  const block = heap.alloc(capacity);
  if (connection.stash) {
    memory.copy(block, connection.stash, connection.stashBytes);
    heap.free(connection.stash);
  }
  connection.stash = block;
  connection.stashCapacity = capacity;
}

/** Puts the stash back in front of the read buffer. */
export function restoreStash(connection: Connection): u32 {
  const bytes = connection.stashBytes;
  replaceFront(Buffer.DOWNSTREAM, 0, connection.stash, bytes);
  heap.free(connection.stash);
  connection.stash = 0;
  connection.stashBytes = 0;
  connection.stashCapacity = 0;
  return bytes;
}

/** Takes the last `bytes` of the read, from `at` on, aside: what stands before them is passed on with the whole read buffer. */
export function stashTail(connection: Connection, at: u32, bytes: u32): void {
  const collecting = isCollecting(connection);
  reserveStash(connection, collecting ? connection.wanted : bytes);
  if (!fetchInto(Buffer.DOWNSTREAM, at, bytes, connection.stash)) return;
  connection.stashBytes = bytes;
  if (bytes > MAX_STASH_BYTES && !collecting) wakeConnection(connection);
}
