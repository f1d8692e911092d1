import { Tunnel } from "../http2/tunnel";
import { random32 } from "./random";
import { Series } from "./series";

/**
 * The calls in flight of this VM: what is needed when the answer comes (metrics), and when it does not (the error reply).
 * Found by tunnel and id, and kept for each tunnel in the order they were sent.
 */
@unmanaged
export class Call {
  nextInBucket: Call | null;
  previousInBucket: Call | null;
  next: Call | null;
  previous: Call | null;
  tunnel: Tunnel;
  id: u64;
  /** Microseconds since 1970; 0: the call's duration is not told. */
  started_us: u64;
  series: Series;
  dialect: u32;
}

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

export function addCall(tunnel: Tunnel, id: u64, series: Series, dialect: u32, started_us: u64): void {
  if (count >= mask) grow();
  let call = free;
  if (call) free = call.next;
  else call = changetype<Call>(heap.alloc(offsetof<Call>()));
  call.tunnel = tunnel;
  call.id = id;
  call.series = series;
  call.dialect = dialect;
  call.started_us = started_us;
  link(call);
  call.next = null;
  const last = changetype<Call | null>(tunnel.lastCall);
  call.previous = last;
  if (last) last.next = call;
  else tunnel.firstCall = changetype<usize>(call);
  tunnel.lastCall = changetype<usize>(call);
  tunnel.callCount++;
  count++;
}

/** The call that an answer with `id` on this tunnel ends, or null. It stays valid until the next `addCall`. */
export function takeCall(tunnel: Tunnel, id: u64): Call | null {
  if (!count) return null;
  let call = changetype<Call | null>(<usize>load<u32>(bucketOf(tunnel, id)));
  while (call && (call.tunnel != tunnel || call.id != id)) call = call.nextInBucket;
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
  let call = takeOldestCall(from);
  while (call) {
    addCall(to, call.id, call.series, call.dialect, call.started_us);
    call = takeOldestCall(from);
  }
}

function remove(call: Call): void {
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
  call.next = free;
  free = call;
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
