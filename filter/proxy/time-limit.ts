import { message } from "../codec/message";
import { timeoutAsked_ms } from "../route/policies/timeout-attribute";
import { Policy } from "../route/policy";
import { Call } from "./call-in-flight";
import { Connection } from "./connection";
import { arm, disarm } from "./deadline";
import { readTime_ms } from "./read";

/** Milliseconds that the call in `message` may take by its route; 0: any time. */
function timeoutOf_ms(policy: Policy): u32 {
  const attribute = policy.timeoutAttribute;
  const asked_ms = attribute ? timeoutAsked_ms(attribute) : 0;
  return asked_ms ? asked_ms : policy.timeout_ms;
}

/**
 * The call in `message` was sent, as `call`: it has from now on as long as its route allows, if it is no stream. Of one that may be retried
 * that is the time for all tries together, of which each may have its own.
 */
export function limitTime(connection: Connection, call: Call, policy: Policy): void {
  if (message.opensStream) return;
  const timeout_ms = timeoutOf_ms(policy);
  const kept = call.kept;
  if (!kept) {
    if (timeout_ms) limit(connection, call, timeout_ms);
    return;
  }
  kept.connection = changetype<usize>(connection);
  const perTry_ms = kept.retry!.perTry_ms;
  if (perTry_ms) limit(connection, call, perTry_ms);
  const time_ms = readTime_ms();
  if (!kept.limited && timeout_ms) {
    kept.limited = true;
    kept.limit_ms = time_ms + timeout_ms;
  }
  if (!kept.limited) return;
  if (kept.timed) disarm(kept);
  arm(kept, time_ms, kept.limit_ms);
}

function limit(connection: Connection, call: Call, timeout_ms: u32): void {
  call.connection = changetype<usize>(connection);
  const time_ms = readTime_ms();
  arm(call, time_ms, time_ms + timeout_ms);
}
