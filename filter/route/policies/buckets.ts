import { hashOn } from "../../memory/bytes";
import { freeKeyTable, getKey, KeyTable, newKeyTable, putKey, removeKey } from "../../memory/key-table";
import { MAX_VALUE_BUCKETS, OLD_BUCKETS_LOOKED_AT } from "../../memory/limits";
import { fill, fillUp, isFull, TokenBucket, Tokens } from "./token-bucket";

/**
 * One bucket of a rate limit in this VM. Of a limit that is each worker's own the tokens are what there is; of one that holds for all of Envoy
 * they are what this VM has taken out of the shared bucket in advance (proxy/policies/lease.ts).
 */
@unmanaged
export class Bucket extends Tokens {
  /** Which values it is for; 0: any. */
  key: u64;
  /** It was used: before that there is nothing in it. */
  begun: bool;
  /** The shared bucket was found empty: until then it is not asked again. */
  waiting: bool;
  waitingUntil_ms: u32;
  /** In the order in which they were last used. */
  older: Bucket | null;
  newer: Bucket | null;
}

/** The buckets of a limit. Limits of one id have them in common: routes, listeners, and the tables that follow each other. */
@unmanaged
export class Buckets {
  /** Hash of the id; 0: it has none, and they are the limit's own. */
  id: u64;
  /** Limits that refer to it. */
  references: u32;
  /** Of a limit that does not look at values, and of one that does for those beyond its greatest number. */
  common: Bucket;
  /** By value; null as long as there is none. */
  byKey: KeyTable | null;
  count: u32;
  oldest: Bucket | null;
  newest: Bucket | null;
}

/** Those that have an id. */
let byId: KeyTable | null = null;
/** Buckets for single values that this VM has, of all limits. */
let valueBuckets: u32 = 0;

/** With one reference more. `kind`: buckets of another kind are others, whatever their id. */
export function openBuckets(kind: u32, id: usize, length: u32): Buckets {
  const hash = length ? hashOn(kind, id, length) | 1 : 0;
  if (hash) {
    if (!byId) byId = newKeyTable(0);
    const known = getKey(byId!, hash);
    if (known) {
      const buckets = changetype<Buckets>(known);
      buckets.references++;
      return buckets;
    }
  }
  const buckets = changetype<Buckets>(heap.alloc(offsetof<Buckets>()));
  memory.fill(changetype<usize>(buckets), 0, offsetof<Buckets>());
  buckets.id = hash;
  buckets.references = 1;
  buckets.common = newBucket(0);
  if (hash) putKey(byId!, hash, changetype<usize>(buckets));
  return buckets;
}

/** Gives a reference back; the last one frees them. */
export function closeBuckets(buckets: Buckets): void {
  if (--buckets.references > 0) return;
  if (buckets.id) removeKey(byId!, buckets.id);
  let bucket = buckets.oldest;
  while (bucket) {
    const next = bucket.newer;
    heap.free(changetype<usize>(bucket));
    bucket = next;
  }
  valueBuckets -= buckets.count;
  const byKey = buckets.byKey;
  if (byKey) freeKeyTable(byKey);
  heap.free(changetype<usize>(buckets.common));
  heap.free(changetype<usize>(buckets));
}

function newBucket(key: u64): Bucket {
  const bucket = changetype<Bucket>(heap.alloc(offsetof<Bucket>()));
  memory.fill(changetype<usize>(bucket), 0, offsetof<Bucket>());
  bucket.key = key;
  return bucket;
}

/** The bucket of the values with this key, which is the newest from now on; null: there is none. */
export function findBucket(buckets: Buckets, key: u64): Bucket | null {
  const byKey = buckets.byKey;
  if (!byKey) return null;
  const bucket = changetype<Bucket | null>(getKey(byKey, key));
  if (bucket && bucket != buckets.newest) {
    detach(buckets, bucket);
    append(buckets, bucket);
  }
  return bucket;
}

/**
 * A bucket for values that have none, with whatever was in it: a new one as long as the limit has fewer than `most`. Then it is one that can be
 * spared: of those not used for longest, one that is as full as a new one would be, or any (`leased`: what is in it is small). Null: there is
 * none to spare. `seed`: any number.
 */
export function addBucket(
  buckets: Buckets,
  key: u64,
  most: u32,
  limit: TokenBucket,
  leased: bool,
  time_ms: u32,
  seed: u64,
): Bucket | null {
  if (!buckets.byKey) buckets.byKey = newKeyTable(seed);
  let bucket: Bucket | null = null;
  if (buckets.count < most && valueBuckets < MAX_VALUE_BUCKETS) {
    bucket = newBucket(key);
    buckets.count++;
    valueBuckets++;
  } else {
    bucket = leased ? buckets.oldest : sparedBucket(buckets, limit, time_ms);
    if (!bucket) return null;
    removeKey(buckets.byKey!, bucket.key);
    detach(buckets, bucket);
    bucket.key = key;
    bucket.waiting = false;
  }
  putKey(buckets.byKey!, key, changetype<usize>(bucket));
  append(buckets, bucket);
  bucket.begun = true;
  if (leased) bucket.tokens = 0;
  else fillUp(bucket, limit, time_ms);
  return bucket;
}

/** Taking it away forgets nothing. */
function sparedBucket(buckets: Buckets, limit: TokenBucket, time_ms: u32): Bucket | null {
  let bucket = buckets.oldest;
  for (let i: u32 = 0; bucket && i < OLD_BUCKETS_LOOKED_AT; i++) {
    fill(bucket, limit, time_ms);
    if (isFull(bucket, limit)) return bucket;
    bucket = bucket.newer;
  }
  return null;
}

function append(buckets: Buckets, bucket: Bucket): void {
  const last = buckets.newest;
  bucket.older = last;
  bucket.newer = null;
  if (last) last.newer = bucket;
  else buckets.oldest = bucket;
  buckets.newest = bucket;
}

function detach(buckets: Buckets, bucket: Bucket): void {
  const older = bucket.older;
  const newer = bucket.newer;
  if (older) older.newer = newer;
  else buckets.oldest = newer;
  if (newer) newer.older = older;
  else buckets.newest = older;
}
