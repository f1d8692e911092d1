import { message } from "../codec/message";
import { Tunnel } from "../http2/tunnel";
import { copyBytes } from "../memory/bytes";
import { MAX_ECHO_BYTES } from "../memory/limits";
import { Name, release, retain } from "../memory/name";
import { Call } from "./call-in-flight";
import { disarm } from "./deadline";
import { leavePlaces } from "./policies/places";
import { random32 } from "./random";
import { Series } from "./series";

/** The calls in flight of this VM: found by tunnel and id, and kept for each tunnel in the order they were sent. */
const FIRST_BUCKETS: u32 = 1024;
let buckets: usize = 0;
let mask: u32 = 0;
let count: u32 = 0;
let free: Call | null = null;

/** The client chooses the ids, but not the seed: it cannot choose which calls share a bucket. */
let seed: u64 = 0;
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

function bucketOf(tunnel: Tunnel, id: u64): usize {
  let mixed = (id ^ seed ^ ((<u64>changetype<usize>(tunnel)) << 32)) * MIX;
  // Once more: multiplying carries upwards only, so that the upper bits of an id have not reached those that are taken yet.
  mixed = (mixed ^ (mixed >> 32)) * MIX;
  return buckets + ((<usize>(<u32>(mixed >> 32) & mask)) << 2);
}

function link(call: Call): void {
  const bucket = bucketOf(call.tunnel, call.id);
  const first = changetype<Call | null>(<usize>load<u32>(bucket));
  call.previousInBucket = null;
  call.nextInBucket = first;
  if (first) first.previousInBucket = call;
  store<u32>(bucket, <u32>changetype<usize>(call));
}

/** The call in `message` goes on this tunnel, as the one of number `order`. */
export function addCall(tunnel: Tunnel, series: Series, order: u32, started_us: u64): Call {
  if (count >= mask) grow();
  let call = free;
  if (call) free = call.next;
  else {
    call = changetype<Call>(heap.alloc(offsetof<Call>()));
    call.echoCapacity = 0;
  }
  call.id = message.id;
  call.series = series;
  call.dialect = message.dialect;
  call.order = order;
  call.started_us = started_us;
  call.swallowed = false;
  call.timed = false;
  call.isKept = false;
  call.kept = null;
  call.fate = 0;
  call.gate = null;
  call.methodGate = null;
  call.rules = null;
  call.echoBytes = message.echoBytes;
  if (call.echoBytes) keepEcho(call);
  put(tunnel, call);
  return call;
}

/** The answer to the call that was added last is changed by these rules, which the call holds on to. */
export function awaitChange(call: Call, rules: Name): void {
  call.rules = retain(rules);
  call.tunnel.changing++;
}

const FIRST_ECHO_BYTES: u32 = 64;

function keepEcho(call: Call): void {
  if (call.echoBytes > call.echoCapacity) {
    if (call.echoCapacity) heap.free(call.echo);
    call.echoCapacity = call.echoBytes <= FIRST_ECHO_BYTES ? FIRST_ECHO_BYTES : MAX_ECHO_BYTES;
    call.echo = heap.alloc(call.echoCapacity);
  }
  copyBytes(call.echo, message.echo, call.echoBytes);
}

function put(tunnel: Tunnel, call: Call): void {
  call.tunnel = tunnel;
  link(call);
  call.next = null;
  const last = changetype<Call | null>(tunnel.lastCall);
  call.previous = last;
  if (last) last.next = call;
  else tunnel.firstCall = changetype<usize>(call);
  tunnel.lastCall = changetype<usize>(call);
  tunnel.callCount++;
  if (call.swallowed) tunnel.swallowing++;
  if (call.fate) tunnel.fated++;
  if (call.rules) tunnel.changing++;
  if (call.kept) tunnel.keptCalls++;
  count++;
}

/** The call of this id in flight on the tunnel, or null. */
export function findCall(tunnel: Tunnel, id: u64): Call | null {
  if (!count) return null;
  let call = changetype<Call | null>(<usize>load<u32>(bucketOf(tunnel, id)));
  while (call && (call.tunnel != tunnel || call.id != id)) call = call.nextInBucket;
  return call;
}

/** The call that an answer with `id` on this tunnel ends, or null. It stays valid until the next `addCall`. */
export function takeCall(tunnel: Tunnel, id: u64): Call | null {
  const call = findCall(tunnel, id);
  if (call) remove(call);
  return call;
}

/** The oldest call of a tunnel, or null. It stays valid until the next `addCall`. */
export function takeOldestCall(tunnel: Tunnel): Call | null {
  const call = changetype<Call | null>(tunnel.firstCall);
  if (call) remove(call);
  return call;
}

/** All calls of one tunnel are on another now, in their order. */
export function moveCalls(from: Tunnel, to: Tunnel): void {
  for (;;) {
    const call = changetype<Call | null>(from.firstCall);
    if (!call) return;
    unlink(call);
    put(to, call);
  }
}

function remove(call: Call): void {
  unlink(call);
  if (call.timed) disarm(call);
  if (call.gate) leavePlaces(call);
  const rules = call.rules;
  if (rules) release(rules);
  call.next = free;
  free = call;
}

function unlink(call: Call): void {
  const before = call.previousInBucket;
  const after = call.nextInBucket;
  if (before) before.nextInBucket = after;
  else store<u32>(bucketOf(call.tunnel, call.id), <u32>changetype<usize>(after));
  if (after) after.previousInBucket = before;
  const tunnel = call.tunnel;
  const previous = call.previous;
  const next = call.next;
  if (previous) previous.next = next;
  else tunnel.firstCall = changetype<usize>(next);
  if (next) next.previous = previous;
  else tunnel.lastCall = changetype<usize>(previous);
  tunnel.callCount--;
  if (call.swallowed) tunnel.swallowing--;
  if (call.fate) tunnel.fated--;
  if (call.rules) tunnel.changing--;
  if (call.kept) tunnel.keptCalls--;
  count--;
}

function grow(): void {
  if (!seed) seed = ((<u64>random32()) << 32) | random32();
  const old = buckets;
  const oldSize = old ? mask + 1 : 0;
  const size = oldSize ? oldSize << 1 : FIRST_BUCKETS;
  buckets = heap.alloc((<usize>size) << 2);
  memory.fill(buckets, 0, (<usize>size) << 2);
  mask = size - 1;
  for (let i: u32 = 0; i < oldSize; i++) {
    let call = changetype<Call | null>(<usize>load<u32>(old + ((<usize>i) << 2)));
    while (call) {
      const next = call.nextInBucket;
      link(call);
      call = next;
    }
  }
  if (old) heap.free(old);
}
