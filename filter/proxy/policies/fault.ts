import { ReplyCode } from "../../codec/reply";
import { Abort } from "../../route/policies/fault";
import { Connection } from "../connection";
import { draws } from "../random";
import { addBytes, addText, beginText } from "../reply";
import { refuse } from "./refuse";

/** Whether the fault has answered the call in `message`. */
export function abort(connection: Connection, fault: Abort): bool {
  if (!draws(fault.share)) return false;
  beginText();
  if (fault.textBytes) addBytes(fault.text, fault.textBytes);
  else addText("meltemi: a fault that the route has for calls");
  refuse(connection, ReplyCode.ABORTED, fault.status);
  return true;
}
