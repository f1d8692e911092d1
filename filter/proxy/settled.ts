import { settle, supersedes } from "../codec/codec";
import { message } from "../codec/message";
import { Tunnel } from "../http2/tunnel";
import { enlargeBlock } from "../memory/kept";
import { MAX_SETTLED_BYTES } from "../memory/limits";
import { release, retain } from "../memory/name";
import { Connection } from "./connection";
import { read } from "./read";

/**
 * What a client has set for its connection, which is a tunnel or several: each new one is told of it before it takes a call. Kept are
 * the client's own messages that an upstream has taken, the latest of each kind, in the order of their kinds; behind them the one whose
 * answer is awaited.
 *
 *     connection.settled: [ kind u32 | bytes u32 | the message ] …
 */
export const SETTLED_ENTRY_BYTES: u32 = 8;

/** Keeps the message in `message`, which is in memory whole. False: there is no room for it. */
export function keepPending(connection: Connection): bool {
  const bytes = message.total;
  const needed = connection.settledBytes + SETTLED_ENTRY_BYTES + bytes;
  if (needed > MAX_SETTLED_BYTES) return false;
  if (needed > connection.settledCapacity) {
    const capacity = max<u32>(needed << 1, 256);
    const block = enlargeBlock(connection.settled, connection.settledCapacity, connection.settledBytes, capacity);
    if (!block) return false;
    connection.settled = block;
    connection.settledCapacity = capacity;
  }
  const entry = connection.settled + connection.settledBytes;
  store<u32>(entry, message.holds);
  store<u32>(entry, bytes, 4);
  memory.copy(entry + SETTLED_ENTRY_BYTES, read.memory + read.at, bytes);
  connection.pendingBytes = SETTLED_ENTRY_BYTES + bytes;
  return true;
}

export function dropPending(connection: Connection): void {
  connection.pendingBytes = 0;
}

/** An entry on its way to its place; MAX_SETTLING_BYTES. */
const aside: usize = memory.data(8 + 4096);

/** The upstream of `tunnel` has taken what was pending: it holds from now on. */
export function settlePending(connection: Connection, tunnel: Tunnel): void {
  const size = connection.pendingBytes;
  if (!size) return;
  const pending = connection.settled + connection.settledBytes;
  memory.copy(aside, pending, size);
  connection.pendingBytes = 0;
  const holds = load<u32>(aside);
  settle(connection.protocol, connection.codec, aside + SETTLED_ENTRY_BYTES, load<u32>(aside, 4), holds);
  removeAll(connection, supersedes(connection.protocol, holds));
  const end = connection.settled + connection.settledBytes;
  let at = connection.settled;
  while (at < end && load<u32>(at) < holds) at += entryBytes(at);
  memory.copy(at + size, at, end - at);
  memory.copy(at, aside, size);
  connection.settledBytes += size;
  connection.settledSerial++;
  tunnel.settled = connection.settledSerial;
}

function removeAll(connection: Connection, kinds: u32): void {
  let end = connection.settled + connection.settledBytes;
  let at = connection.settled;
  while (at < end) {
    const size = entryBytes(at);
    if (kinds & (1 << load<u32>(at))) {
      memory.copy(at, at + size, end - at - size);
      end -= size;
    } else at += size;
  }
  connection.settledBytes = <u32>(end - connection.settled);
}

export function entryBytes(entry: usize): u32 {
  return SETTLED_ENTRY_BYTES + load<u32>(entry, 4);
}

/** The tunnel's upstream has taken one more of what it was told. */
export function notePrepared(connection: Connection, tunnel: Tunnel): void {
  tunnel.preparing--;
  if (!tunnel.preparing) tunnel.settled = connection.settledSerial;
}

/** The tunnel cannot be told, or its upstream does not take it: the next call that would need it is refused. */
export function noteUnfit(connection: Connection, tunnel: Tunnel): void {
  forgetUnfit(connection);
  connection.unfit = retain(tunnel.cluster);
}

export function forgetUnfit(connection: Connection): void {
  const unfit = connection.unfit;
  if (unfit) release(unfit);
  connection.unfit = null;
}
