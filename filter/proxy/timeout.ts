import { replyStatus } from "../codec/codec";
import { ReplyCode } from "../codec/reply";
import { Call } from "./call-in-flight";
import { Connection, wakeConnection } from "./connection";
import { takeDue } from "./deadline";
import { CloseReason } from "./label";
import { callerOfCall, describeTimeout, replyError } from "./reply";
import { countCall } from "./series";
import { swallow } from "./swallow";

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
