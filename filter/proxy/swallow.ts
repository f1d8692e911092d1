import { Call } from "./call-in-flight";
import { Connection } from "./connection";
import { leavePlaces } from "./policies/places";

/**
 * From now on nobody waits for the answer of a call in flight: the client has had another one, or it was not the client that called. It is
 * still in flight on its tunnel, for the answer must be known to be taken out when it comes.
 */
export function swallow(connection: Connection, call: Call): void {
  call.swallowed = true;
  if (call.gate) leavePlaces(call);
  call.tunnel.swallowing++;
  connection.callCount--;
  connection.swallowing++;
}
