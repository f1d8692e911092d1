import { decodeResponse, replyStatus } from "../codec/codec";
import { message } from "../codec/message";
import { ReplyCode } from "../codec/reply";
import { Step } from "../codec/step";
import { now_us } from "../host/clock";
import { removeTunnel } from "../http2/session";
import { dropHeld, freeTunnel, heldOf, Tunnel, TunnelState } from "../http2/tunnel";
import { dropState, State } from "../memory/state";
import { RetryOn } from "../route/policies/retry";
import { tick_ms } from "./age";
import { takeCall, takeOldestCall } from "./call";
import { Call } from "./call-in-flight";
import { Connection, closeSoon, isReceiving, wakeConnection } from "./connection";
import { Count } from "./count";
import { Fate, losePin, meetFate, missFate } from "./fate";
import { freeKept, Kept } from "./kept-call";
import { CloseReason } from "./label";
import { count, countMore } from "./listener";
import { noteAnswer, noteFault } from "./policies/outlier-detection";
import { isLast, isPoor, retriesOn, retry } from "./policies/retry";
import { callerOfCall, describeFailure, replyError } from "./reply";
import { countCall, tellDuration } from "./series";
import { traceAnswer, traceMessage, tracing } from "./trace";
import { noteEnd, TunnelEnd } from "./tunnel-end";
import { resend } from "./unsent";

/** Microseconds since 1970 of this write; 0 until a call needs it. */
let time_us: u64 = 0;

export function beginWrite(): void {
  time_us = 0;
}

/** The call is answered by what is in `message`. False: nobody waits for it. */
export function endCall(connection: Connection, tunnel: Tunnel): bool {
  connection.unprovenBytes = 0;
  const call = connection.ordered ? takeOldestCall(tunnel) : takeCall(tunnel, message.id);
  if (!call) {
    count(connection.listener, Count.UNMATCHED_ANSWERS);
    if (tracing) traceMessage(connection.traceId, "unmatched_answer");
    return true;
  }
  if (call.fate) meetFate(connection, tunnel, call);
  if (call.swallowed) {
    connection.swallowing--;
    if (call.fate == Fate.MIRROR) recordAnswer(call, message.status);
    if (call.fate) return false;
    count(connection.listener, Count.DROPPED_LATE_ANSWER);
    if (tracing) traceMessage(connection.traceId, "late_answer");
    return false;
  }
  if (tunnel.at) noteAnswer(connection, tunnel);
  const kept = call.kept;
  if (kept) {
    kept.call = 0;
    if (isPoor(connection, kept) && isLast(connection, tunnel, 0) && retry(connection, kept, tunnel)) return false;
    endKept(connection, kept, message.ok);
  }
  connection.callCount--;
  if (connection.blocked && (connection.ordered || call.rules)) wakeConnection(connection);
  connection.usedAt_ms = tick_ms;
  tunnel.usedAt_ms = tick_ms;
  const duration_us = recordAnswer(call, message.status);
  if (tracing) traceAnswer(connection.traceId, tunnel, message.status, duration_us);
  return true;
}

/** The call has its answer, or its error. */
function endKept(connection: Connection, kept: Kept, ok: bool): void {
  if (ok && kept.retries) count(connection.listener, Count.RETRY_SUCCESS);
  freeKept(kept);
}

/** Returns how long it took, 0 if that was not measured. */
export function recordAnswer(call: Call, status: u32): u64 {
  const entry = countCall(call.series, status);
  if (!call.started_us) return 0;
  if (!time_us) time_us = now_us();
  const duration_us = time_us > call.started_us ? time_us - call.started_us : 0;
  tellDuration(entry, duration_us);
  return duration_us;
}

/** HCM is done with the tunnel's stream. What it held still goes to the client when its turn comes. */
export function endTunnel(connection: Connection, tunnel: Tunnel, how: TunnelEnd): void {
  if (tunnel.ended) return;
  tunnel.ended = true;
  noteEnd(connection, tunnel, how);
  if (!tunnel.probe && (tunnel.state == TunnelState.OPENING || tunnel.state == TunnelState.REFUSED)) {
    connection.spareRefused = true;
    connection.spareRefusedAt_ms = tick_ms;
    resend(connection, tunnel);
  }
  if (connection.messageTunnel == tunnel) {
    if (isReceiving(connection)) count(connection.listener, Count.DROPPED_REST_OF_CALL);
    connection.messageTunnel = null;
  }
  if (connection.pin == tunnel || tunnel.listened) losePin(connection, tunnel);
  // What waited for the tunnel's window goes another way now, or is dropped if it had begun.
  if (connection.blocked || connection.readyCalls) wakeConnection(connection);
  if (tunnel.heldBytes) dropCutMessage(connection, tunnel);
  if (connection.delivering == tunnel) closeSoon(connection, CloseReason.ANSWER_CUT);
  else if (!tunnel.heldBytes) finishTunnel(connection, tunnel);
}

/** For a look at what is held, which begins with a message. */
const held: State = changetype<State>(memory.data(offsetof<State>(), 8));

/** The tunnel has ended: a message that is not whole in what is held will never be, and the client has seen nothing of it. */
function dropCutMessage(connection: Connection, tunnel: Tunnel): void {
  let whole: u32 = 0;
  let at: u32 = 0;
  while (at < tunnel.heldBytes) {
    const left = tunnel.heldBytes - at;
    const step = decodeResponse(connection.protocol, held, heldOf(tunnel) + at, left, message);
    if (step != Step.DONE || message.total > left) break;
    at += message.total;
    if (!message.open) whole = at;
  }
  dropState(held);
  held.word0 = 0;
  held.word1 = 0;
  if (whole < tunnel.heldBytes) count(connection.listener, Count.DROPPED_CUT_ANSWER);
  tunnel.heldBytes = whole;
  if (whole) return;
  dropHeld(tunnel);
  connection.heldTunnels--;
}

/** The calls that are left have no answer coming: each gets the protocol's error. */
export function finishTunnel(connection: Connection, tunnel: Tunnel): void {
  for (;;) {
    const call = takeOldestCall(tunnel);
    if (!call) break;
    if (call.fate) missFate(connection, tunnel, call);
    if (call.swallowed) {
      connection.swallowing--;
      if (call.fate == Fate.MIRROR)
        countCall(call.series, replyStatus(connection.protocol, ReplyCode.UPSTREAM_FAILURE));
      continue;
    }
    if (tunnel.at) noteFault(connection, tunnel);
    const kept = call.kept;
    if (kept) {
      kept.call = 0;
      const on = tunnel.state == TunnelState.OPEN ? RetryOn.RESET : RetryOn.CONNECT_FAILURE;
      if (retriesOn(kept, on) && retry(connection, kept, tunnel)) continue;
      endKept(connection, kept, false);
    }
    recordAnswer(call, replyStatus(connection.protocol, ReplyCode.UPSTREAM_FAILURE));
    connection.callCount--;
    describeFailure(tunnel, tunnel.state != TunnelState.OPEN);
    replyError(connection, callerOfCall(call), ReplyCode.UPSTREAM_FAILURE);
  }
  // One-way calls that had not left Envoy are lost with their tunnel.
  countMore(connection.listener, Count.ONE_WAY_DROPPED + ReplyCode.UPSTREAM_FAILURE, tunnel.oneWayCalls);
  if (tunnel.retiring) connection.retiringTunnels--;
  removeTunnel(connection, tunnel);
  freeTunnel(tunnel);
}
