import { Tunnel } from "../http2/tunnel";
import { Series } from "./series";

/**
 * The calls in flight of this VM: what is needed when the answer comes (metrics), and when it does not (the error reply).
 * Found by tunnel and id, and kept for each tunnel in the order they were sent.
 */
@unmanaged
export class Call {
  nextInBucket: Call | null;
  next: Call | null;
  previous: Call | null;
  tunnel: Tunnel;
  id: u64;
  started_us: u64;
  series: Series;
  dialect: u32;
}

const FIRST_BUCKETS: u32 = 1024;
let buckets: usize = 0;
let mask: u32 = 0;
let count: u32 = 0;
let free: Call | null = null;

function bucketOf(tunnel: Tunnel, id: u64): usize {
  const mixed = (<u32>id ^ <u32>(id >> 32) ^ (<u32>changetype<usize>(tunnel) >> 4)) * 0x9e37_79b1;
  return buckets + ((<usize>((mixed >> 12) & mask)) << 2);
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
  const bucket = bucketOf(tunnel, id);
  call.nextInBucket = changetype<Call | null>(<usize>load<u32>(bucket));
  store<u32>(bucket, <u32>changetype<usize>(call));
  call.next = null;
  const last = changetype<Call | null>(tunnel.lastCall);
  call.previous = last;
  if (last) last.next = call;
  else tunnel.firstCall = changetype<usize>(call);
  tunnel.lastCall = changetype<usize>(call);
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

function remove(call: Call): void {
  let link = bucketOf(call.tunnel, call.id);
  while (load<u32>(link) != <u32>changetype<usize>(call))
    link = <usize>load<u32>(link) + offsetof<Call>("nextInBucket");
  store<u32>(link, <u32>changetype<usize>(call.nextInBucket));
  const tunnel = call.tunnel;
  const previous = call.previous;
  const next = call.next;
  if (previous) previous.next = next;
  else tunnel.firstCall = changetype<usize>(next);
  if (next) next.previous = previous;
  else tunnel.lastCall = changetype<usize>(previous);
  call.next = free;
  free = call;
  count--;
}

function grow(): void {
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
      const bucket = bucketOf(call.tunnel, call.id);
      call.nextInBucket = changetype<Call | null>(<usize>load<u32>(bucket));
      store<u32>(bucket, <u32>changetype<usize>(call));
      call = next;
    }
  }
  if (old) heap.free(old);
}
