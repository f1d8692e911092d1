import { Name } from "../../memory/name";
import { Policy } from "../../route/policy";
import { Connection } from "../connection";
import { abort } from "./fault";
import { limitRate } from "./rate-limit";

/** Whether the call in `message` goes on, by what its route asks for. False: it has had its answer. */
export function admit(connection: Connection, policy: Policy, host: Name): bool {
  const limits = policy.rateLimits;
  if (limits && !limitRate(connection, limits, host)) return false;
  const fault = policy.abort;
  return !fault || !abort(connection, fault);
}
