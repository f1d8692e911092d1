import { Tunnel } from "../http2/tunnel";
import { Call } from "./call-in-flight";
import { Connection } from "./connection";

/**
 * Answers in the order of their calls, for clients that tell them apart by nothing else: whatever tunnel an answer comes on, it waits (in
 * what its tunnel holds back) until those to all earlier calls have gone out. Own replies wait among them, in the order of their calls:
 *
 *     connection.replies: [ order u32 | bytes u32 | the reply ] …
 */
export const ORDER_BYTES: u32 = 8;

/**
 * Whether the next message of this tunnel may be taken now. What it sends when no call waits for it may go to the client at any time, and
 * nowhere what nobody waits for.
 */
export function isTurn(connection: Connection, tunnel: Tunnel): bool {
  const first = changetype<Call | null>(tunnel.firstCall);
  if (!first || first.swallowed) return true;
  const order = first.order;
  if (connection.repliesBytes && isBefore(load<u32>(connection.replies), order)) return false;
  return precedesAll(connection, order);
}

/** How many bytes of `connection.replies`, entries and all, may go to the client now. */
export function repliesInTurn(connection: Connection): u32 {
  let bytes: u32 = 0;
  while (bytes < connection.repliesBytes) {
    const entry = connection.replies + bytes;
    if (!precedesAll(connection, load<u32>(entry))) break;
    bytes += ORDER_BYTES + load<u32>(entry, 4);
  }
  return bytes;
}

/** Whether own replies may go to the client at the next place between two messages. */
export function hasReply(connection: Connection): bool {
  if (!connection.repliesBytes) return false;
  return !connection.ordered || precedesAll(connection, load<u32>(connection.replies));
}

/** Whether no answer that the client waits for comes before that of this number. */
function precedesAll(connection: Connection, order: u32): bool {
  let tunnel = connection.tunnels;
  while (tunnel) {
    const call = firstAwaited(tunnel);
    if (call && isBefore(call.order, order)) return false;
    tunnel = tunnel.next;
  }
  let waiting = connection.firstWaiting;
  while (waiting) {
    if (waiting.awaited && isBefore(waiting.order, order)) return false;
    waiting = waiting.next;
  }
  return true;
}

/**
 * Puts a reply in its place. Its `bytes` stand where replies end, behind ORDER_BYTES for the entry. Most are the last; those to the calls of
 * a tunnel that has ended are older than some.
 */
export function insertReply(connection: Connection, order: u32, bytes: u32): void {
  const end = connection.replies + connection.repliesBytes;
  store<u32>(end, order);
  store<u32>(end, bytes, 4);
  const size = ORDER_BYTES + bytes;
  if (!connection.repliesBytes || !isBefore(order, connection.newestReply)) connection.newestReply = order;
  else {
    const at = placeOf(connection, order);
    memory.copy(aside, end, size);
    memory.copy(at + size, at, end - at);
    memory.copy(at, aside, size);
  }
  connection.repliesBytes += size;
}

/** Room for the longest reply: its entry, MAX_ECHO_BYTES, a text of 512 bytes, REPLY_OVERHEAD_BYTES. */
const aside: usize = memory.data(8 + 512 + 512 + 1024);

function placeOf(connection: Connection, order: u32): usize {
  const end = connection.replies + connection.repliesBytes;
  let at = connection.replies;
  while (at < end && isBefore(load<u32>(at), order)) at += ORDER_BYTES + load<u32>(at, 4);
  return at;
}

function firstAwaited(tunnel: Tunnel): Call | null {
  let call = changetype<Call | null>(tunnel.firstCall);
  while (call) {
    if (!call.swallowed) return call;
    call = call.next;
  }
  return null;
}

/** The numbers begin anew after 2^32. */
function isBefore(a: u32, b: u32): bool {
  return <i32>(a - b) < 0;
}
