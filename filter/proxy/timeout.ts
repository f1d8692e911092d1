import { replyStatus } from "../codec/codec";
import { message } from "../codec/message";
import { ReplyCode } from "../codec/reply";
import { timeoutAsked_ms } from "../route/policies/timeout-attribute";
import { Policy } from "../route/policy";
import { Call } from "./call-in-flight";
import { Connection, wakeConnection } from "./connection";
import { arm, takeDue } from "./deadline";
import { CloseReason } from "./label";
import { readTime_ms } from "./read";
import { callerOfCall, describeTimeout, replyError } from "./reply";
import { countCall } from "./series";
import { swallow } from "./swallow";

/** Milliseconds that the call in `message` may take by its route; 0: any time. */
export function timeoutOf_ms(policy: Policy): u32 {
  const attribute = policy.timeoutAttribute;
  const asked_ms = attribute ? timeoutAsked_ms(attribute) : 0;
  return asked_ms ? asked_ms : policy.timeout_ms;
}

/** The call in `message` goes on, as `call`: it has from now on as long as its route allows, if it is no stream. */
export function limitTime(connection: Connection, call: Call, timeout_ms: u32): void {
  if (message.opensStream) return;
  call.connection = changetype<usize>(connection);
  const time_ms = readTime_ms();
  arm(call, time_ms, time_ms + timeout_ms);
}

/** Answers the calls whose deadlines have passed with the protocol's error. An answer that comes later goes nowhere. */
export function endOverdue(time_ms: u32): void {
  for (let call = takeDue(time_ms); call; call = takeDue(time_ms)) endCallAt(call);
}

function endCallAt(call: Call): void {
  const connection = changetype<Connection>(call.connection);
  if (call.swallowed || connection.closing != CloseReason.NONE) return;
  countCall(call.series, replyStatus(connection.protocol, ReplyCode.TIMEOUT));
  describeTimeout(call.tunnel);
  replyError(connection, callerOfCall(call), ReplyCode.TIMEOUT);
  swallow(connection, call);
  wakeConnection(connection);
}
