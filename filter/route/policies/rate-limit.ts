import { slotAddress, slotLength } from "../../codec/attributes";
import { hashOn } from "../../memory/bytes";
import { Condition, holds } from "../condition";
import { Buckets } from "./buckets";
import { TokenBucket } from "./token-bucket";

/** For whom a limit holds. */
export enum Scope {
  /** This VM, which is one worker. */
  WORKER,
  /** All workers of this Envoy together. */
  ENVOY,
}

/** A limit that a route has for its calls. */
@unmanaged
export class RateLimit {
  next: RateLimit | null;
  bucket: TokenBucket;
  scope: Scope;
  /** Where it applies, those after it do not. */
  last: bool;
  /** Its calls are those for which one of these holds; null: all. */
  match: Alternative | null;
  /** Each value of these attributes has a bucket of its own, so many at most: [ slot i32 ] */
  slots: usize;
  slotCount: u32;
  maxBuckets: u32;
  buckets: Buckets;
  /** For the log; empty: it has none. */
  id: usize;
  idBytes: u32;
  /** The next one of the same table, whatever its route. */
  nextOfTable: RateLimit | null;
}

/** Conditions that must all hold. */
@unmanaged
export class Alternative {
  next: Alternative | null;
  count: u32;
  /** [ Condition u32 ] */
  conditions: usize;
}

/** Whether one of them holds for the call whose attributes are in their slots. */
export function anyHolds(first: Alternative | null): bool {
  if (!first) return true;
  for (let one: Alternative | null = first; one; one = one.next) {
    if (allHold(one)) return true;
  }
  return false;
}

function allHold(one: Alternative): bool {
  const end = one.conditions + ((<usize>one.count) << 2);
  for (let at = one.conditions; at < end; at += 4) {
    if (!holds(changetype<Condition>(<usize>load<u32>(at)))) return false;
  }
  return true;
}

/** What tells the call's values of the limit's attributes from others: never 0. An attribute that is not there has a value of its own. */
export function keyOfValues(limit: RateLimit): u64 {
  let key: u64 = 0;
  for (let i: u32 = 0; i < limit.slotCount; i++) {
    const slot = load<i32>(limit.slots + ((<usize>i) << 2));
    const value = slotAddress(slot);
    key = value ? hashOn(key, value, slotLength(slot)) : hashOn(key + 1, 0, 0);
  }
  return key | 1;
}
