import { replyStatus } from "../codec/codec";
import { ReplyCode } from "../codec/reply";
import { RetryOn } from "../route/policies/retry";
import { Call } from "./call-in-flight";
import { Connection, wakeConnection } from "./connection";
import { arm, takeDue } from "./deadline";
import { releaseCall } from "./hold";
import { freeKept, Kept } from "./kept-call";
import { CloseReason } from "./label";
import { noteFault } from "./policies/outlier-detection";
import { isLast, retriesOn, retry, unfollow } from "./policies/retry";
import { callerOfCall, describeTimeout, replyError } from "./reply";
import { endWaiting } from "./resume";
import { countCall } from "./series";
import { swallow } from "./swallow";

/** Does what the passed deadlines are for: calls are answered with the protocol's error or sent once more, or go on that were held. */
export function endOverdue(time_ms: u32): void {
  for (let due = takeDue(time_ms); due; due = takeDue(time_ms)) {
    const connection = changetype<Connection>(due.connection);
    if (connection.closing != CloseReason.NONE) continue;
    if (due.isKept) endPause(connection, changetype<Kept>(changetype<usize>(due)), time_ms);
    else endTry(connection, changetype<Call>(changetype<usize>(due)));
  }
}

/** A try has taken too long, or the call itself where it has one try only. */
function endTry(connection: Connection, call: Call): void {
  if (call.swallowed) return;
  if (call.tunnel.at) noteFault(connection, call.tunnel);
  const kept = call.kept;
  const tunnel = call.tunnel;
  if (kept && retriesOn(kept, RetryOn.TIMEOUT) && isLast(connection, tunnel, 1) && retry(connection, kept, tunnel)) {
    unfollow(call);
    swallow(connection, call);
    // The client still waits.
    connection.callCount++;
  } else endCallAt(connection, call);
}

/** The call's time is over, whatever becomes of its try. An answer that comes later goes nowhere. */
function endCallAt(connection: Connection, call: Call): void {
  const kept = unfollow(call);
  if (kept) freeKept(kept);
  countCall(call.series, replyStatus(connection.protocol, ReplyCode.TIMEOUT));
  describeTimeout(call.tunnel);
  replyError(connection, callerOfCall(call), ReplyCode.TIMEOUT);
  swallow(connection, call);
  wakeConnection(connection);
}

function endPause(connection: Connection, kept: Kept, time_ms: u32): void {
  if (kept.call) {
    const call = changetype<Call>(kept.call);
    if (call.tunnel.at) noteFault(connection, call.tunnel);
    endCallAt(connection, call);
    return;
  }
  if (!kept.limited || <i32>(time_ms - kept.limit_ms) < 0) {
    if (kept.limited) arm(kept, time_ms, kept.limit_ms);
    releaseCall(kept);
    return;
  }
  endWaiting(connection, kept, ReplyCode.TIMEOUT);
}
