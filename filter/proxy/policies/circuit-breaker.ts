import { Kind, message } from "../../codec/message";
import { ReplyCode } from "../../codec/reply";
import { MAX_HELD_MESSAGE_BYTES } from "../../memory/limits";
import { CircuitBreaker } from "../../route/policies/circuit-breaker";
import { nameOf, Table } from "../../route/table";
import { Call } from "../call-in-flight";
import { Connection } from "../connection";
import { heldCall, hold, isWhole, releaseCall } from "../hold";
import { Kept } from "../kept-call";
import { Lead } from "../lead";
import { readTime_ms } from "../read";
import { addBytes, addName, addText, beginText } from "../reply";
import { resumed } from "../resumed";
import {
  callWaiter,
  enterBreaker,
  enterMethod,
  Gate,
  gateOfBreaker,
  gateOfMethod,
  isFull,
  openPlace,
  pendingOf,
  waitAt,
  waitNoLonger,
} from "./gate";
import { refuse } from "./refuse";
import { Stage } from "./stage";

/**
 * Whether the breaker has a place for the call in `message`. It takes it when it is sent (`takePlaces`), which is within the same callback
 * or not at all: so there are never more in flight than are allowed. Where there is none it waits, if it may, or has its answer.
 */
export function findPlace(connection: Connection, table: Table, breaker: CircuitBreaker): Lead {
  const listener = connection.listener.name;
  const name = nameOf(table, breaker);
  if (breaker.maxRequests) {
    const gate = gateOfBreaker(listener, name);
    if (gate && lacksPlace(connection, gate, breaker.maxRequests))
      return waitOrRefuse(connection, table, breaker, gate);
  }
  if (breaker.maxRequestsPerMethod) {
    const gate = gateOfMethod(listener, name, message.method, message.methodBytes);
    if (gate && lacksPlace(connection, gate, breaker.maxRequestsPerMethod)) {
      return waitOrRefuse(connection, table, breaker, gate);
    }
  }
  return Lead.READY;
}

function lacksPlace(connection: Connection, gate: Gate, most: u32): bool {
  const held = heldCall(connection);
  if (!held || held.gate != gate) return isFull(gate, most);
  return !held.called || gate.inFlight >= most;
}

function waitOrRefuse(connection: Connection, table: Table, breaker: CircuitBreaker, gate: Gate): Lead {
  const held = heldCall(connection);
  const waits = held ? held.gate == gate : false;
  const mayWait = waits ? <i32>(held!.until_ms - readTime_ms()) > 0 : pendingOf(gate) < breaker.maxPendingRequests;
  if (!mayWait || message.kind == Kind.ONE_WAY) {
    overflow(connection, table, breaker, gate);
    return Lead.REFUSED;
  }
  // It can be kept aside only when it is whole.
  if (!waits && !isWhole(connection, MAX_HELD_MESSAGE_BYTES)) return Lead.LATER;
  const until_ms = waits ? held!.until_ms : readTime_ms() + breaker.pendingTimeout_ms;
  const lead = hold(connection, Stage.BREAK, until_ms, "UO");
  const kept = keptOf(connection, lead);
  kept.until_ms = until_ms;
  // What it was called for it could not have.
  kept.called = false;
  if (kept.gate == gate) return lead;
  if (kept.gate) waitNoLonger(kept, false);
  waitAt(gate, kept);
  return lead;
}

/** The call that was held just now. */
function keptOf(connection: Connection, lead: Lead): Kept {
  const kept = resumed;
  if (kept) return kept;
  return lead == Lead.HELD ? connection.lastWaiting! : connection.front!;
}

/** The call in `message` is in flight, as `call`. */
export function takePlaces(connection: Connection, table: Table, breaker: CircuitBreaker, call: Call): void {
  const gate = enterBreaker(connection.listener.name, nameOf(table, breaker));
  call.gate = gate;
  if (breaker.maxRequestsPerMethod) call.methodGate = enterMethod(gate, message.method, message.methodBytes);
  const held = heldCall(connection);
  const waited = held ? held.gate : null;
  if (!held || !waited) return;
  waitNoLonger(held, true);
  // Where there are more places than before, one is freed for several.
  const most = waited.method ? breaker.maxRequestsPerMethod : breaker.maxRequests;
  if (waited.pending && waited.inFlight < most) openPlace(waited);
}

/** Once in a turn of the event loop: who has waited for places that have come free goes on. */
export function callWaiting(): void {
  for (let waiter = callWaiter(); waiter; waiter = callWaiter()) {
    releaseCall(changetype<Kept>(changetype<usize>(waiter)));
  }
}

function overflow(connection: Connection, table: Table, breaker: CircuitBreaker, gate: Gate): void {
  beginText();
  addText("meltemi: more calls in flight than the circuit breaker of ");
  addName(nameOf(table, breaker));
  addText(" allows");
  if (gate.method) {
    addText(", method ");
    addBytes(message.method, message.methodBytes);
  }
  refuse(connection, ReplyCode.OVERFLOW, 0);
}
