import { addToMetric, defineMetric, MetricType } from "../../host/metric";
import { equalBytes, hashBytes } from "../../memory/bytes";
import { MAX_GATES, MAX_METHOD_GATES } from "../../memory/limits";
import { intern, Name, nameBytes, release, retain } from "../../memory/name";
import { writeName, writeNameLabel } from "../label";
import { noteTold } from "../ledger";

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
  inFlight: u32;
  /** What the host was told of it, and its id of the gauge; 0 until it is needed. */
  told: u32;
  metric: u32;
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
export function enterMethod(listener: Name, breaker: Name, method: usize, methodBytes: u32): Gate | null {
  methodBytes = min<u32>(methodBytes, MAX_METHOD_BYTES);
  const hash = hashOf(listener, breaker) ^ ~hashBytes(method, methodBytes);
  let gate = find(listener, breaker, true, method, methodBytes, hash);
  if (!gate) {
    if (methodGates >= MAX_METHOD_GATES) return null;
    gate = newGate(listener, breaker, intern(method, methodBytes), hash);
  }
  gate.inFlight++;
  return gate;
}

export function leave(gate: Gate): void {
  gate.inFlight--;
  if (!gate.inFlight && !gate.stays) freeGate(gate);
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
    if (gate.inFlight || gate.told) tell(gate);
    gate = gate.next;
  }
}

function tell(gate: Gate): void {
  const named = writeName(nameText, "meltemi_circuit_breaker_requests_in_flight", gate.listener);
  const bytes = <u32>(writeNameLabel(named, ";service=", gate.breaker) - nameText);
  if (!gate.metric) gate.metric = defineMetric(MetricType.GAUGE, nameText, bytes);
  if (gate.inFlight != gate.told) addToMetric(gate.metric, <u64>gate.inFlight - <u64>gate.told);
  gate.told = gate.inFlight;
  noteTold(nameText, bytes, gate.inFlight);
}

/** Somebody has taken back what this VM had told: it is to be told again. */
export function forgetGatesTold(): void {
  let gate = firstThatStays;
  while (gate) {
    gate.told = 0;
    gate = gate.next;
  }
}
