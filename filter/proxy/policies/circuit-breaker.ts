import { message } from "../../codec/message";
import { ReplyCode } from "../../codec/reply";
import { CircuitBreaker } from "../../route/policies/circuit-breaker";
import { nameOf, Table } from "../../route/table";
import { Call } from "../call-in-flight";
import { Connection } from "../connection";
import { addBytes, addName, addText, beginText } from "../reply";
import { enterBreaker, enterMethod, gateOfBreaker, gateOfMethod } from "./gate";
import { refuse } from "./refuse";

/**
 * Whether the breaker has a place for the call in `message`. It takes it when it is sent (`takePlaces`), which is within the same callback
 * or not at all: so there are never more in flight than are allowed. False: it has had its answer.
 */
export function hasPlace(connection: Connection, table: Table, breaker: CircuitBreaker): bool {
  const listener = connection.listener.name;
  const name = nameOf(table, breaker);
  if (breaker.maxRequests) {
    const gate = gateOfBreaker(listener, name);
    if (gate && gate.inFlight >= breaker.maxRequests) return overflow(connection, breaker, table, false);
  }
  if (breaker.maxRequestsPerMethod) {
    const gate = gateOfMethod(listener, name, message.method, message.methodBytes);
    if (gate && gate.inFlight >= breaker.maxRequestsPerMethod) return overflow(connection, breaker, table, true);
  }
  return true;
}

/** The call in `message` is in flight, as `call`. */
export function takePlaces(connection: Connection, table: Table, breaker: CircuitBreaker, call: Call): void {
  const listener = connection.listener.name;
  const name = nameOf(table, breaker);
  call.gate = enterBreaker(listener, name);
  if (breaker.maxRequestsPerMethod) {
    call.methodGate = enterMethod(listener, name, message.method, message.methodBytes);
  }
}

function overflow(connection: Connection, breaker: CircuitBreaker, table: Table, ofMethod: bool): bool {
  beginText();
  addText("meltemi: more calls in flight than the circuit breaker of ");
  addName(nameOf(table, breaker));
  addText(" allows");
  if (ofMethod) {
    addText(", method ");
    addBytes(message.method, message.methodBytes);
  }
  refuse(connection, ReplyCode.OVERFLOW, 0);
  return false;
}
