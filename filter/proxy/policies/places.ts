import { Call } from "../call-in-flight";
import { leave } from "./gate";

/** The call is over, or nobody waits for it any more: others may take its places. */
export function leavePlaces(call: Call): void {
  const gate = call.gate;
  const methodGate = call.methodGate;
  call.gate = null;
  call.methodGate = null;
  if (gate) leave(gate);
  if (methodGate) leave(methodGate);
}
