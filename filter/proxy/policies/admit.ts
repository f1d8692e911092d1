import { Name } from "../../memory/name";
import { Policy } from "../../route/policy";
import { Connection } from "../connection";
import { heldCall, setStage, stageOf } from "../hold";
import { Lead } from "../lead";
import { delay } from "./delay";
import { abort } from "./fault";
import { limitGlobally } from "./global-rate-limit";
import { limitRate } from "./rate-limit";
import { Stage } from "./stage";

/**
 * Does to the call in `message` what its route asks for before it is sent, from the stage on to which it has come. Lead.READY: it goes on.
 */
export function admit(connection: Connection, policy: Policy, host: Name): Lead {
  const held = heldCall(connection);
  if (held && !held.ready) return Lead.LATER;
  if (stageOf(connection) <= Stage.LIMIT_LOCALLY) {
    const limits = policy.rateLimits;
    if (limits && !limitRate(connection, limits, host)) return Lead.REFUSED;
    setStage(connection, Stage.LIMIT_GLOBALLY);
  }
  if (stageOf(connection) <= Stage.LIMIT_GLOBALLY) {
    const limit = policy.globalRateLimit;
    if (limit) {
      const lead = limitGlobally(connection, limit, host);
      if (lead != Lead.READY) return lead;
    }
    setStage(connection, Stage.DELAY);
  }
  if (stageOf(connection) <= Stage.DELAY) {
    const fault = policy.delay;
    if (fault) {
      const lead = delay(connection, fault);
      if (lead != Lead.READY) return lead;
    }
    setStage(connection, Stage.ABORT);
  }
  if (stageOf(connection) <= Stage.ABORT) {
    const fault = policy.abort;
    if (fault && abort(connection, fault)) return Lead.REFUSED;
    setStage(connection, Stage.SEND);
  }
  return Lead.READY;
}
