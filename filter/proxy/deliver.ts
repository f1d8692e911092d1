import { decodeResponse } from "../codec/codec";
import { editNeed } from "../codec/edits";
import { Kind, message } from "../codec/message";
import { Step } from "../codec/step";
import { headOf, heldOf, hold, isDelivering, Tunnel, unhold } from "../http2/tunnel";
import { CONNECTION_GRANT_BYTES, MAX_HEAD_BYTES, RECEIVE_WINDOW_BYTES, SHORT_HEAD_BYTES } from "../memory/limits";
import { tick_ms } from "./age";
import { Connection, closeSoon, wakeConnection } from "./connection";
import { Count } from "./count";
import { endCall, finishTunnel } from "./end";
import { countFailure, FailureReason } from "./failure";
import { endListening, expectNews, isAwaitedNews } from "./fate";
import { isTurn } from "./in-order";
import { CloseReason } from "./label";
import { count } from "./listener";
import { giveUpCopies } from "./policies/copies";
import { answerRefused, changeAnswer, changedBytes, refuseAnswer } from "./policies/mutate-answer";
import { put, putEdited, putReplies } from "./to-client";
import { traceMessage, tracing } from "./trace";
import { retire } from "./tunnels";

/**
 * Bytes of a tunnel whose turn it is. Returns how many were taken: not those from where it is another tunnel's turn, nor a head that is
 * not whole and too long to be kept aside.
 */
export function feed(connection: Connection, tunnel: Tunnel, bytes: usize, length: u32): u32 {
  // The part of a head that is kept aside is not delivered yet.
  const keptBefore = tunnel.headBytes;
  let at: u32 = 0;
  /** How far what is delivered has been granted. */
  let granted: u32 = 0;
  while (at < length) {
    const left = length - at;
    let part: u32;
    if (tunnel.messageRest) {
      part = min<u32>(tunnel.messageRest, left);
      put(bytes + at, part);
      tunnel.messageRest -= part;
    } else if (tunnel.skipRest) {
      part = min<u32>(tunnel.skipRest, left);
      tunnel.skipRest -= part;
    } else {
      if (connection.ordered && !tunnel.messageOpen && !isTurn(connection, tunnel)) break;
      if (tunnel.grantedAhead) {
        // Before the next answer asks for as much.
        grant(connection, tunnel, at - granted);
        granted = at;
      }
      part = feedHead(connection, tunnel, bytes + at, left);
      if (!part && tunnel.headNeed) break;
    }
    at += part;
    if (connection.closing != CloseReason.NONE) return length;
  }
  grant(connection, tunnel, at - granted + keptBefore - tunnel.headBytes);
  deliverRest(connection, tunnel);
  return at;
}

/** Some bytes of the tunnel are with the client: the rest of a message that has begun comes before anything else. */
export function deliverRest(connection: Connection, tunnel: Tunnel): void {
  const delivering = isDelivering(tunnel);
  connection.delivering = delivering ? tunnel : null;
  // It may have been its last.
  if (tunnel.retiring && !delivering) wakeConnection(connection);
}

/**
 * Decodes the head of the next message, which may have come in parts; returns how many of the bytes it took. A head that is
 * not whole is kept aside, so that nothing of its message is with the client yet; one that is too long for that stays where it is
 * (`tunnel.headNeed`).
 */
function feedHead(connection: Connection, tunnel: Tunnel, bytes: usize, length: u32): u32 {
  let head = bytes;
  let available = length;
  const kept = tunnel.headBytes;
  if (kept) {
    head = headOf(tunnel);
    const more = min<u32>(SHORT_HEAD_BYTES - kept, length);
    memory.copy(head + kept, bytes, more);
    available = kept + more;
  }
  if (tunnel.fated && !tunnel.messageOpen) expectNews(connection, tunnel);
  const codec = tunnel.codec;
  const word0 = codec.word0;
  const word1 = codec.word1;
  let step = decodeResponse(connection.protocol, codec, head, available, message);
  const changes = step == Step.DONE && tunnel.changing != 0 && message.kind == Kind.ANSWER;
  if (changes) {
    step = changeAnswer(connection, tunnel, head, available);
    if (step == Step.MORE) {
      // It is decoded once more.
      codec.word0 = word0;
      codec.word1 = word1;
      return awaitHead(tunnel, bytes, length, available, editNeed);
    }
  }
  if (step == Step.MORE && message.need <= MAX_HEAD_BYTES) {
    return awaitHead(tunnel, bytes, length, available, message.need);
  }
  if (step != Step.DONE) {
    countFailure(tunnel.cluster, tunnel.host, FailureReason.BAD_ANSWER);
    if (giveUpCopies(connection, tunnel)) return length;
    closeSoon(connection, CloseReason.BAD_ANSWER);
    return length;
  }
  tunnel.headBytes = 0;
  tunnel.headNeed = 0;
  if (message.kind == Kind.PART) {
    tunnel.messageOpen = message.open;
    passOrSkip(tunnel);
  } else beginAnswer(connection, tunnel, changes && answerRefused);
  if (changes && tunnel.messageRest) {
    const changed = changedBytes(kept);
    putEdited(head, changed);
    tunnel.messageRest -= changed;
    return changed - kept;
  }
  // What was kept belongs to this message, or is all of it and to be passed over.
  const front = min<u32>(kept, message.total);
  if (tunnel.messageRest) {
    put(head, front);
    tunnel.messageRest -= front;
  } else tunnel.skipRest -= front;
  return 0;
}

/** The `available` bytes of a head are not all that is needed; the last `length` of them are at `bytes`. Returns how many are kept aside. */
function awaitHead(tunnel: Tunnel, bytes: usize, length: u32, available: u32, need: u32): u32 {
  if (available < SHORT_HEAD_BYTES) {
    if (!tunnel.headBytes) memory.copy(headOf(tunnel), bytes, length);
    tunnel.headBytes = available;
    return length;
  }
  tunnel.headNeed = need;
  return 0;
}

/** Decides for whom the message is whose head is in `message`; `refused`: an answer that cannot be changed as it is to be. */
function beginAnswer(connection: Connection, tunnel: Tunnel, refused: bool): void {
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
      tunnel.messageOpen = message.open;
      if (refused) refuseAnswer(connection, tunnel);
      tunnel.skipping = refused || !endCall(connection, tunnel);
      passOrSkip(tunnel);
      break;
    default:
      // A frame of a stream, or a call of the upstream's own (Dubbo's callbacks), or news (Redis's pushes).
      connection.usedAt_ms = tick_ms;
      if (isAwaitedNews(tunnel)) endCall(connection, tunnel);
      else if (message.ends) endListening(connection, tunnel);
      tunnel.skipping = false;
      tunnel.messageRest = message.total;
      tunnel.messageOpen = message.open;
      break;
  }
}

/** The message in `message`, or its part, goes to the client or nowhere. */
function passOrSkip(tunnel: Tunnel): void {
  if (tunnel.skipping) tunnel.skipRest = message.total;
  else tunnel.messageRest = message.total;
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
  if (tunnel.grantedAhead) {
    const before = min<u32>(bytes, tunnel.grantedAhead);
    tunnel.grantedAhead -= before;
    bytes -= before;
  }
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
  let goesOn = connection.heldTunnels != 0 && feedHeld(connection);
  // Where answers come in order, each may be what another one has waited for.
  while (connection.ordered && goesOn && !connection.delivering) {
    putReplies(connection);
    goesOn = connection.heldTunnels != 0 && feedHeld(connection);
  }
  if (connection.delivering || connection.closing != CloseReason.NONE) return;
  if (!putReplies(connection) || !connection.ordered || !connection.heldTunnels) return;
  atBoundary(connection);
}

/** What tunnels hold goes out, as far as it is their turn. False: nothing did. */
function feedHeld(connection: Connection): bool {
  let any = false;
  let tunnel = connection.tunnels;
  while (tunnel && !connection.delivering && connection.closing == CloseReason.NONE) {
    const next = tunnel.next;
    if (tunnel.heldBytes && tunnel.heldBytes >= tunnel.headNeed) {
      const taken = feed(connection, tunnel, heldOf(tunnel), tunnel.heldBytes);
      if (taken) any = true;
      unhold(tunnel, taken);
      if (!tunnel.heldBytes) {
        connection.heldTunnels--;
        if (tunnel.ended) finishTunnel(connection, tunnel);
      }
    }
    tunnel = next;
  }
  return any;
}
