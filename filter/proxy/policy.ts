import { Kind, message } from "../codec/message";
import { ReplyCode } from "../codec/reply";
import { Name } from "../memory/name";
import { Policy, takeToken } from "../route/policy";
import { Call } from "./call-in-flight";
import { Connection } from "./connection";
import { Count } from "./count";
import { arm } from "./deadline";
import { count } from "./listener";
import { random32 } from "./random";
import { readTime_us } from "./read";
import { addBytes, addName, addText, beginText, callerOfMessage, replyError } from "./reply";

/** Whether the call in `message` goes on, by what its route asks for. False: it has had its answer. */
export function admit(connection: Connection, policy: Policy, host: Name): bool {
  const bucket = policy.rateLimit;
  if (bucket && !takeToken(bucket, readTime_ms())) {
    beginText();
    addText("meltemi: more calls than the rate limit of ");
    addName(host);
    addText(" allows");
    refuse(connection, ReplyCode.RATE_LIMITED, 0);
    return false;
  }
  if (policy.abortShare && draws(policy.abortShare)) {
    beginText();
    if (policy.abortTextBytes) addBytes(policy.abortText, policy.abortTextBytes);
    else addText("meltemi: a fault that the route has for calls");
    refuse(connection, ReplyCode.ABORTED, policy.abortStatus);
    return false;
  }
  return true;
}

/** The call goes on: it has from now on as long as its route allows, if it is no stream. */
export function limitTime(connection: Connection, policy: Policy, call: Call): void {
  if (!policy.timeout_ms || message.opensStream) return;
  call.connection = changetype<usize>(connection);
  const time_ms = readTime_ms();
  arm(call, time_ms, time_ms + policy.timeout_ms);
}

function refuse(connection: Connection, code: ReplyCode, status: u32): void {
  if (message.kind == Kind.ONE_WAY) {
    count(connection.listener, Count.ONE_WAY_DROPPED + code);
    return;
  }
  const caller = callerOfMessage(connection);
  caller.status = status;
  replyError(connection, caller, code);
}

/** True for about `share` of a million. */
function draws(share: u32): bool {
  return <u32>((<u64>random32() * 1_000_000) >> 32) < share;
}

function readTime_ms(): u32 {
  return <u32>(readTime_us() / 1000);
}
