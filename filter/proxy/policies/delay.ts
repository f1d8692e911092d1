import { MAX_HELD_MESSAGE_BYTES } from "../../memory/limits";
import { Delay } from "../../route/policies/fault";
import { Connection } from "../connection";
import { Count } from "../count";
import { hold, isWhole, setStage } from "../hold";
import { Lead } from "../lead";
import { count } from "../listener";
import { draws } from "../random";
import { readTime_ms } from "../read";
import { Flag, raiseFlag } from "../response-flags";
import { Stage } from "./stage";

/** Whether the call in `message` goes on at once, by the route's delay. */
export function delay(connection: Connection, fault: Delay): Lead {
  // Before the draw: a call that is led once more when it is whole is to have one draw, not two.
  if (!isWhole(connection, MAX_HELD_MESSAGE_BYTES)) return Lead.LATER;
  setStage(connection, Stage.ABORT);
  if (!draws(fault.share)) return Lead.READY;
  count(connection.listener, Count.DELAYED);
  raiseFlag(connection, Flag.DELAYED);
  return hold(connection, Stage.ABORT, readTime_ms() + fault.fixed_ms, "DI");
}
