import { Kind, message } from "../../codec/message";
import { ReplyCode } from "../../codec/reply";
import { Connection } from "../connection";
import { Count } from "../count";
import { count } from "../listener";
import { callerOfMessage, replyError } from "../reply";

/** Answers the call in `message` with the text that was begun. `status`: the protocol's number of the error; 0: that of the code. */
export function refuse(connection: Connection, code: ReplyCode, status: u32): void {
  if (message.kind == Kind.ONE_WAY) {
    count(connection.listener, Count.ONE_WAY_DROPPED + code);
    return;
  }
  const caller = callerOfMessage(connection);
  caller.status = status;
  replyError(connection, caller, code);
}
