import { decodeResponse } from "../codec/codec";
import { Kind, message } from "../codec/message";
import { Step } from "../codec/step";
import { dropHeld, headOf, hold, Tunnel } from "../http2/tunnel";
import { CONNECTION_GRANT_BYTES, MAX_RESPONSE_HEAD_BYTES, RECEIVE_WINDOW_BYTES } from "../memory/limits";
import { Connection, closeSoon, wakeConnection } from "./connection";
import { Count } from "./count";
import { endCall, finishTunnel } from "./end";
import { countFailure, FailureReason } from "./failure";
import { CloseReason } from "./label";
import { count } from "./listener";
import { put, putReplies } from "./to-client";
import { traceMessage, tracing } from "./trace";
import { retire } from "./tunnels";

/** Bytes of a tunnel whose turn it is. */
export function feed(connection: Connection, tunnel: Tunnel, bytes: usize, length: u32): void {
  // The part of a head that is kept aside is not delivered yet.
  const bytesToGrant = length + tunnel.headBytes;
  while (length) {
    let part: u32;
    if (tunnel.messageRest) {
      part = min<u32>(tunnel.messageRest, length);
      put(bytes, part);
      tunnel.messageRest -= part;
    } else if (tunnel.skipRest) {
      part = min<u32>(tunnel.skipRest, length);
      tunnel.skipRest -= part;
    } else part = feedHead(connection, tunnel, bytes, length);
    bytes += part;
    length -= part;
    if (connection.closing != CloseReason.NONE) return;
  }
  grant(connection, tunnel, bytesToGrant - tunnel.headBytes);
  deliverRest(connection, tunnel);
}

/** Some bytes of the tunnel are with the client: the rest of a message that has begun comes before anything else. */
export function deliverRest(connection: Connection, tunnel: Tunnel): void {
  connection.delivering = tunnel.messageRest ? tunnel : null;
  // It may have been its last.
  if (tunnel.retiring && !tunnel.messageRest) wakeConnection(connection);
}

/**
 * Decodes the head of the next message, which may have come in parts; returns how many of the bytes it took. A head that is
 * not whole is kept aside, so that nothing of its message is with the client yet.
 */
function feedHead(connection: Connection, tunnel: Tunnel, bytes: usize, length: u32): u32 {
  let head = bytes;
  let available = length;
  const kept = tunnel.headBytes;
  if (kept) {
    head = headOf(tunnel);
    const more = min<u32>(MAX_RESPONSE_HEAD_BYTES - kept, length);
    memory.copy(head + kept, bytes, more);
    available = kept + more;
  }
  const step = decodeResponse(connection.listener.protocol, head, available, message);
  if (step == Step.MORE && available < MAX_RESPONSE_HEAD_BYTES) {
    if (!kept) memory.copy(headOf(tunnel), bytes, length);
    tunnel.headBytes = available;
    return length;
  }
  if (step != Step.DONE) {
    countFailure(tunnel.cluster, tunnel.host, FailureReason.BAD_ANSWER);
    closeSoon(connection, CloseReason.BAD_ANSWER);
    return length;
  }
  tunnel.headBytes = 0;
  beginAnswer(connection, tunnel);
  // What was kept belongs to this message, or is all of it and to be passed over.
  const front = min<u32>(kept, message.total);
  if (tunnel.messageRest) {
    put(head, front);
    tunnel.messageRest -= front;
  } else tunnel.skipRest -= front;
  return 0;
}

/** Decides for whom the message is whose head is in `message`. */
function beginAnswer(connection: Connection, tunnel: Tunnel): void {
  switch (message.kind) {
    case Kind.HEARTBEAT:
      // The upstream asks the tunnel, so the tunnel answers: the client may have many, or none that is idle.
      tunnel.heartbeatOwed = true;
      tunnel.heartbeatId = message.id;
      tunnel.heartbeatDialect = message.dialect;
      connection.tunnelsOwe = true;
      wakeConnection(connection);
      tunnel.skipRest = message.total;
      if (tracing) traceMessage(connection.traceId, "upstream_heartbeat");
      break;
    case Kind.EVENT:
      tunnel.skipRest = message.total;
      noteNotice(connection);
      break;
    case Kind.GOING_AWAY:
      tunnel.skipRest = message.total;
      noteNotice(connection);
      retire(connection, tunnel, Count.RETIRED_READ_ONLY);
      wakeConnection(connection);
      break;
    case Kind.ANSWER:
      endCall(connection, tunnel);
      tunnel.messageRest = message.total;
      break;
    default:
      // A call of the upstream's own (Dubbo's callbacks).
      tunnel.messageRest = message.total;
      break;
  }
}

function noteNotice(connection: Connection): void {
  count(connection.listener, Count.DROPPED_UPSTREAM_NOTICE);
  if (tracing) traceMessage(connection.traceId, "upstream_notice");
}

/** Bytes of a tunnel while another's message is being delivered. What is held begins with a message. */
export function holdBack(connection: Connection, tunnel: Tunnel, bytes: usize, length: u32): void {
  const skipped = min<u32>(tunnel.skipRest, length);
  tunnel.skipRest -= skipped;
  grant(connection, tunnel, skipped);
  if (skipped == length) return;
  if (!tunnel.heldBytes) connection.heldTunnels++;
  const head = tunnel.headBytes;
  tunnel.headBytes = 0;
  const room = !head || hold(tunnel, headOf(tunnel), head);
  if (!room || !hold(tunnel, bytes + skipped, length - skipped)) closeSoon(connection, CloseReason.MEMORY_LIMIT);
}

/** These bytes are delivered: HCM may send as many more, which it is told once they are worth a frame. */
export function grant(connection: Connection, tunnel: Tunnel, bytes: u32): void {
  tunnel.delivered += bytes;
  if (connection.tunnelsOwe) return;
  if (tunnel.delivered >= RECEIVE_WINDOW_BYTES / 2 || connection.received >= CONNECTION_GRANT_BYTES) {
    connection.tunnelsOwe = true;
    wakeConnection(connection);
  }
}

/** Between two messages: what was held goes out, until a message of it is not whole, and then our own replies. */
export function atBoundary(connection: Connection): void {
  if (connection.delivering || connection.closing != CloseReason.NONE) return;
  let tunnel = connection.heldTunnels ? connection.tunnels : null;
  while (tunnel) {
    const next = tunnel.next;
    if (tunnel.heldBytes) {
      feed(connection, tunnel, tunnel.held, tunnel.heldBytes);
      dropHeld(tunnel);
      connection.heldTunnels--;
      if (tunnel.ended) finishTunnel(connection, tunnel);
      if (connection.delivering) return;
    }
    tunnel = next;
  }
  putReplies(connection);
}
