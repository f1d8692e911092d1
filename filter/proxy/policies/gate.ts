import { addToMetric, defineMetric, MetricType } from "../../host/metric";
import { wake } from "../../host/queue";
import { equalBytes, hashBytes } from "../../memory/bytes";
import { MAX_GATES, MAX_METHOD_GATES } from "../../memory/limits";
import { intern, Name, nameBytes, release, retain } from "../../memory/name";
import { writeName, writeNameLabel } from "../label";
import { noteTold } from "../ledger";
import { Timed } from "../timed";

/**
 * Calls in flight of one circuit breaker of a listener, or of one method of it. They are counted in this VM, which is one worker's, and
 * apart from tables: calls go on when their table is replaced.
 *
 * Those of methods are there while they have calls: names of methods come from the wire. Those of breakers stay, for their gauges do.
 */
@unmanaged
export class Gate {
  nextInBucket: Gate | null;
  /** The next one of those that stay, or of those that are free. */
  next: Gate | null;
  /** Of a breaker, and one of the first MAX_GATES: it stays, and has a gauge. */
  stays: bool;
  hash: u32;
  listener: Name;
  breaker: Name;
  /** Null: of all methods. */
  method: Name | null;
  /** Of a method: that of its breaker. */
  breakerGate: Gate | null;
  inFlight: u32;
  /** Calls that wait for a place here, those that came first first; of a breaker how many wait at its methods. */
  firstWaiter: Waiter | null;
  lastWaiter: Waiter | null;
  pending: u32;
  pendingOfMethods: u32;
  /** Places that have come free and for which nobody was called yet; the next gate that has any, and whether this one is listed. */
  places: u32;
  nextWithPlaces: Gate | null;
  hasPlaces: bool;
  /** What the host was told of it, and its ids of the gauges; 0 until they are needed. */
  toldInFlight: u32;
  inFlightMetric: u32;
  toldPending: u32;
  pendingMetric: u32;
}

/** A call that may have to wait for a place. */
@unmanaged
export class Waiter extends Timed {
  /** Where it waits; null: nowhere. */
  gate: Gate | null;
  nextAtGate: Waiter | null;
  previousAtGate: Waiter | null;
  /** A place is there for it. */
  called: bool;
  /** By the clock of `now_us`: it waits no longer. */
  until_ms: u32;
}

const BUCKETS: u32 = 1024;
const buckets: usize = memory.data(1024 * 4);
/** Of a method's name; those that are equal so far are counted together. */
const MAX_METHOD_BYTES: u32 = 128;
const nameText: usize = memory.data(640);

let free: Gate | null = null;
let firstThatStays: Gate | null = null;
let breakerGates: u32 = 0;
let methodGates: u32 = 0;

/** Null: nothing is in flight there. */
export function gateOfBreaker(listener: Name, breaker: Name): Gate | null {
  return find(listener, breaker, false, 0, 0, hashOf(listener, breaker));
}

export function gateOfMethod(listener: Name, breaker: Name, method: usize, methodBytes: u32): Gate | null {
  methodBytes = min<u32>(methodBytes, MAX_METHOD_BYTES);
  const hash = hashOf(listener, breaker) ^ ~hashBytes(method, methodBytes);
  return find(listener, breaker, true, method, methodBytes, hash);
}

/** A call more of the breaker. */
export function enterBreaker(listener: Name, breaker: Name): Gate {
  const hash = hashOf(listener, breaker);
  let gate = find(listener, breaker, false, 0, 0, hash);
  if (!gate) gate = newGate(listener, breaker, null, hash);
  gate.inFlight++;
  return gate;
}

/** A call more of the method; null where so many methods have calls in flight that this one is not counted. */
export function enterMethod(breakerGate: Gate, method: usize, methodBytes: u32): Gate | null {
  methodBytes = min<u32>(methodBytes, MAX_METHOD_BYTES);
  const hash = breakerGate.hash ^ ~hashBytes(method, methodBytes);
  let gate = find(breakerGate.listener, breakerGate.breaker, true, method, methodBytes, hash);
  if (!gate) {
    if (methodGates >= MAX_METHOD_GATES) return null;
    gate = newGate(breakerGate.listener, breakerGate.breaker, intern(method, methodBytes), hash);
    gate.breakerGate = breakerGate;
  }
  gate.inFlight++;
  return gate;
}

export function leave(gate: Gate): void {
  gate.inFlight--;
  if (gate.pending) openPlace(gate);
  else dropIdle(gate);
}

function dropIdle(gate: Gate): void {
  if (gate.stays || gate.hasPlaces || gate.inFlight || gate.pending || gate.pendingOfMethods) return;
  freeGate(gate);
}

/** Calls that wait at all gates of the breaker. */
export function pendingOf(gate: Gate): u32 {
  const breakerGate = gate.breakerGate || gate;
  return breakerGate.pending + breakerGate.pendingOfMethods;
}

/** Whether there is no place for one that does not wait here: those that do come before it. */
export function isFull(gate: Gate, most: u32): bool {
  return gate.inFlight + gate.pending >= most;
}

/** Waits behind those that do already. */
export function waitAt(gate: Gate, waiter: Waiter): void {
  waiter.gate = gate;
  waiter.called = false;
  waiter.nextAtGate = null;
  const last = gate.lastWaiter;
  waiter.previousAtGate = last;
  if (last) last.nextAtGate = waiter;
  else gate.firstWaiter = waiter;
  gate.lastWaiter = waiter;
  gate.pending++;
  const breakerGate = gate.breakerGate;
  if (breakerGate) breakerGate.pendingOfMethods++;
}

/** Waits no longer. `used`: it has taken a place; else one that was there for it is another's. */
export function waitNoLonger(waiter: Waiter, used: bool): void {
  const gate = waiter.gate;
  if (!gate) return;
  waiter.gate = null;
  const before = waiter.previousAtGate;
  const after = waiter.nextAtGate;
  if (before) before.nextAtGate = after;
  else gate.firstWaiter = after;
  if (after) after.previousAtGate = before;
  else gate.lastWaiter = before;
  gate.pending--;
  const breakerGate = gate.breakerGate;
  if (breakerGate) breakerGate.pendingOfMethods--;
  if (waiter.called && !used && gate.pending) openPlace(gate);
  dropIdle(gate);
  if (breakerGate) dropIdle(breakerGate);
}

let firstWithPlaces: Gate | null = null;

/** Somebody may have a place here: who that is is found out in the next turn of the event loop. */
export function openPlace(gate: Gate): void {
  gate.places++;
  if (gate.hasPlaces) return;
  gate.hasPlaces = true;
  gate.nextWithPlaces = firstWithPlaces;
  firstWithPlaces = gate;
  wake();
}

/** Calls the one that has waited longest for one of the places that have come free; null: nobody is left to be called. */
export function callWaiter(): Waiter | null {
  let gate = firstWithPlaces;
  while (gate) {
    const waiter = gate.places ? firstUncalled(gate) : null;
    if (waiter) {
      gate.places--;
      waiter.called = true;
      return waiter;
    }
    firstWithPlaces = gate.nextWithPlaces;
    gate.places = 0;
    gate.hasPlaces = false;
    dropIdle(gate);
    gate = firstWithPlaces;
  }
  return null;
}

function firstUncalled(gate: Gate): Waiter | null {
  let waiter = gate.firstWaiter;
  while (waiter) {
    if (!waiter.called) return waiter;
    waiter = waiter.nextAtGate;
  }
  return null;
}

function hashOf(listener: Name, breaker: Name): u32 {
  return breaker.hash ^ (listener.hash * 31);
}

function find(listener: Name, breaker: Name, ofMethod: bool, method: usize, methodBytes: u32, hash: u32): Gate | null {
  let gate = changetype<Gate | null>(<usize>load<u32>(bucketOf(hash)));
  while (gate) {
    if (gate.hash == hash && gate.breaker == breaker && gate.listener == listener) {
      const name = gate.method;
      if (!name) {
        if (!ofMethod) return gate;
      } else if (ofMethod && name.length == methodBytes && equalBytes(nameBytes(name), method, methodBytes)) {
        return gate;
      }
    }
    gate = gate.nextInBucket;
  }
  return null;
}

function bucketOf(hash: u32): usize {
  return buckets + ((<usize>(hash & (BUCKETS - 1))) << 2);
}

function newGate(listener: Name, breaker: Name, method: Name | null, hash: u32): Gate {
  let gate = free;
  if (gate) free = gate.next;
  else gate = changetype<Gate>(heap.alloc(offsetof<Gate>()));
  memory.fill(changetype<usize>(gate), 0, offsetof<Gate>());
  gate.hash = hash;
  gate.listener = retain(listener);
  gate.breaker = retain(breaker);
  gate.method = method;
  const bucket = bucketOf(hash);
  gate.nextInBucket = changetype<Gate | null>(<usize>load<u32>(bucket));
  store<u32>(bucket, <u32>changetype<usize>(gate));
  if (method) methodGates++;
  else if (breakerGates < MAX_GATES) {
    breakerGates++;
    gate.stays = true;
    gate.next = firstThatStays;
    firstThatStays = gate;
  }
  return gate;
}

function freeGate(gate: Gate): void {
  const bucket = bucketOf(gate.hash);
  let before = changetype<Gate>(<usize>load<u32>(bucket));
  if (before == gate) store<u32>(bucket, <u32>changetype<usize>(gate.nextInBucket));
  else {
    while (before.nextInBucket != gate) before = before.nextInBucket!;
    before.nextInBucket = gate.nextInBucket;
  }
  const method = gate.method;
  if (method) {
    methodGates--;
    release(method);
  }
  release(gate.listener);
  release(gate.breaker);
  gate.next = free;
  free = gate;
}

/** Tells the host what has changed since the last time. */
export function tellGates(): void {
  let gate = firstThatStays;
  while (gate) {
    const pending = gate.pending + gate.pendingOfMethods;
    gate.inFlightMetric = tell(gate, IN_FLIGHT, gate.inFlight, gate.toldInFlight, gate.inFlightMetric);
    gate.pendingMetric = tell(gate, PENDING, pending, gate.toldPending, gate.pendingMetric);
    gate.toldInFlight = gate.inFlight;
    gate.toldPending = pending;
    gate = gate.next;
  }
}

const IN_FLIGHT: string = "meltemi_circuit_breaker_requests_in_flight";
const PENDING: string = "meltemi_circuit_breaker_requests_pending";

/** Returns the host's id of the gauge. */
function tell(gate: Gate, gauge: string, now: u32, told: u32, metric: u32): u32 {
  if (!now && !told) return metric;
  const named = writeName(nameText, gauge, gate.listener);
  const bytes = <u32>(writeNameLabel(named, ";service=", gate.breaker) - nameText);
  if (!metric) metric = defineMetric(MetricType.GAUGE, nameText, bytes);
  if (now != told) addToMetric(metric, <u64>now - <u64>told);
  noteTold(nameText, bytes, now);
  return metric;
}

/** Somebody has taken back what this VM had told: it is to be told again. */
export function forgetGatesTold(): void {
  let gate = firstThatStays;
  while (gate) {
    gate.toldInFlight = 0;
    gate.toldPending = 0;
    gate = gate.next;
  }
}
