import { replyStatus } from "../../codec/codec";
import { message } from "../../codec/message";
import { ReplyCode } from "../../codec/reply";
import { now_us } from "../../host/clock";
import { Tunnel } from "../../http2/tunnel";
import { release, retain } from "../../memory/name";
import { backOffOf, beginRetried, hasBudget, isRetried, Retry, RetryOn } from "../../route/policies/retry";
import { findCall } from "../call";
import { Call } from "../call-in-flight";
import { Connection } from "../connection";
import { Count } from "../count";
import { arm, disarm } from "../deadline";
import { enlist, makeReady } from "../hold";
import { Kept } from "../kept-call";
import { CloseReason } from "../label";
import { count } from "../listener";
import { random32 } from "../random";
import { Flag, raiseFlag } from "../response-flags";
import { addNameValue, addNumber, beginLine, endLine, tracing } from "../trace";
import { Stage } from "./stage";

/** The call, just sent, may be sent once more with the message that is kept. */
export function follow(call: Call, kept: Kept, retry: Retry): void {
  if (!kept.retry) {
    beginRetried(retry);
    kept.retry = retry;
  }
  kept.awaited = true;
  kept.order = call.order;
  kept.started_us = call.started_us;
  kept.call = changetype<usize>(call);
  call.kept = kept;
  call.tunnel.keptCalls++;
}

/** The kept message is no longer that of the call. */
export function unfollow(call: Call): Kept | null {
  const kept = call.kept;
  if (!kept) return null;
  kept.call = 0;
  call.kept = null;
  call.tunnel.keptCalls--;
  return kept;
}

/** Whether the answer in `message`, which has come on the tunnel, is one to try for a better one; nothing is done yet. */
export function isPoorAnswer(connection: Connection, tunnel: Tunnel): bool {
  const call = connection.ordered ? changetype<Call | null>(tunnel.firstCall) : findCall(tunnel, message.id);
  const kept = call ? call.kept : null;
  return kept != null && isPoor(connection, kept);
}

/** Whether the answer in `message` to the kept call is one to try for a better one. */
export function isPoor(connection: Connection, kept: Kept): bool {
  return isRetried(kept.retry!, message.ok, message.status, replyStatus(connection.protocol, ReplyCode.OVERLOADED));
}

/** Whether the route has calls retried on this. */
export function retriesOn(kept: Kept, on: RetryOn): bool {
  return (kept.retry!.on & on) != 0;
}

/**
 * Whether a call of the tunnel may be sent there once more, which has `calls` in flight yet: where answers come in order, what was sent behind it
 * would be answered first.
 */
export function isLast(connection: Connection, tunnel: Tunnel, calls: u32): bool {
  if (!connection.ordered || tunnel.callCount == calls) return true;
  count(connection.listener, Count.RETRY_ORDER);
  return false;
}

/**
 * Has the call sent once more, after a pause and to another host than `tunnel`'s if there is one. It is no longer in flight there. False: it
 * has been often enough, or too many others are being retried, or it could not be any more.
 */
export function retry(connection: Connection, kept: Kept, tunnel: Tunnel): bool {
  const policy = kept.retry!;
  if (connection.closing != CloseReason.NONE) return false;
  if (kept.retries == policy.attempts) {
    count(connection.listener, Count.RETRY_LIMIT);
    raiseFlag(connection, Flag.RETRY_LIMIT);
    return false;
  }
  if (!kept.retries) {
    if (!hasBudget(policy)) {
      count(connection.listener, Count.RETRY_OVERFLOW);
      return false;
    }
    policy.retrying++;
  }
  kept.retries++;
  kept.stage = Stage.SEND;
  noteTried(kept, tunnel);
  const pause_ms = random32() % (backOffOf(policy, kept.retries) + 1);
  pause(connection, kept, pause_ms);
  count(connection.listener, Count.RETRIES);
  if (tracing) traceRetry(connection.traceId, kept, pause_ms);
  return true;
}

function noteTried(kept: Kept, tunnel: Tunnel): void {
  const before = kept.triedHost;
  const host = tunnel.host;
  kept.triedHost = host ? retain(host) : null;
  if (before) release(before);
}

function pause(connection: Connection, kept: Kept, pause_ms: u32): void {
  enlist(connection, kept);
  if (!pause_ms) {
    makeReady(connection, kept);
    return;
  }
  // Mostly it is an upstream that was heard of, and the last read of the client's is long ago.
  const time_ms = <u32>(now_us() / 1000);
  const until_ms = time_ms + pause_ms;
  if (kept.limited && <i32>(until_ms - kept.limit_ms) > 0) return;
  if (kept.timed) disarm(kept);
  arm(kept, time_ms, until_ms);
}

function traceRetry(connection: u64, kept: Kept, pause_ms: u32): void {
  beginLine(connection, "retry");
  addNumber(" retries=", kept.retries);
  addNumber(" pause_ms=", pause_ms);
  const host = kept.triedHost;
  if (host) addNameValue(" tried=", host);
  endLine();
}
