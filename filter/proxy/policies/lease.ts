import { Region } from "../../host/arena";
import { readShared, sharedBytes, sharedCas, writeShared } from "../../host/shared-data";
import { asciiOf } from "../../memory/ascii";
import { BUCKETS_PER_SET, LEASE_MS, LEASE_TRIES, LEASES_PER_BUCKET } from "../../memory/limits";
import { Bucket } from "../../route/policies/buckets";
import { RateLimit } from "../../route/policies/rate-limit";
import { fill, fillUp, isFull, TokenBucket, Tokens } from "../../route/policies/token-bucket";

/**
 * Buckets that all workers of this Envoy have in common lie in the host's shared data. A worker takes some tokens at once out of one, a hundredth
 * of a second's, and comes back when it has used them; of a bucket that is empty it knows when it is filled next. So what it asks of the host is
 * bounded by the rate of the limit and not by that of the calls, and what workers have taken and not used is little.
 *
 *     key:   [ "meltemi.rate." | id u64 | set u32 ]
 *     value: a set of buckets, each [ key u64 | tokens u32 | filled_ms u32 ]
 *
 * Shared data are never given back, so there is no key for each value: a value's bucket lies in the set that its key chooses. A set that is full
 * gives a bucket that is as full as a new one to another value; is there none, the value shares one with all others that find none.
 */
const KEY_BYTES: u32 = 25;
const sharedKey: usize = asciiOf("meltemi.rate.\0\0\0\0\0\0\0\0\0\0\0\0");
const ID_AT: usize = 13;
const SET_AT: usize = 21;

/** Half of its buckets, about: values do not spread evenly. */
const VALUES_PER_SET: u32 = BUCKETS_PER_SET >> 1;
/** The set of a limit that does not look at values, and of those that find no bucket. */
const COMMON: u32 = u32.MAX_VALUE;

const ENTRY_BYTES: u32 = 16;
const TOKENS_AT: u32 = 8;
const set: usize = memory.data(256); // BUCKETS_PER_SET * ENTRY_BYTES

/** The bucket that was looked at last was filled at a time to come. */
let clockWasSet: bool = false;

/** Takes tokens for this worker into `bucket`, which has none. False: there are none. */
export function lease(limit: RateLimit, bucket: Bucket, time_ms: u32): bool {
  // Of a clock that was set anew, and of a limit that is filled more often than before, it says nothing.
  if (bucket.waiting && bucket.waitingUntil_ms - time_ms - 1 < limit.bucket.fillInterval_ms) return false;
  const sets = (limit.maxBuckets + VALUES_PER_SET - 1) / VALUES_PER_SET;
  let which = bucket.key ? <u32>((bucket.key >> 32) % sets) : COMMON;
  for (let tries: u32 = 0; tries < LEASE_TRIES; tries++) {
    let bytes = readSet(limit, which);
    const tokens = tokensIn(bytes, which == COMMON ? 0 : bucket.key, limit.bucket, time_ms);
    if (!tokens) {
      which = COMMON;
      continue;
    }
    const taken = min(tokens.tokens, leaseOf(limit.bucket));
    // An empty bucket is as it was, but for one that goes on by a clock that was set anew.
    const written = taken || clockWasSet;
    tokens.tokens -= taken;
    bytes = max(bytes, <u32>(changetype<usize>(tokens) - set) - TOKENS_AT + ENTRY_BYTES);
    if (written && !writeShared(sharedKey, KEY_BYTES, set, bytes, sharedCas)) continue;
    bucket.tokens = taken;
    bucket.waiting = !tokens.tokens;
    bucket.waitingUntil_ms = tokens.filled_ms + limit.bucket.fillInterval_ms;
    return taken != 0;
  }
  return false;
}

/** Copies a set and returns its bytes. */
function readSet(limit: RateLimit, which: u32): u32 {
  store<u64>(sharedKey + ID_AT, limit.buckets.id);
  store<u32>(sharedKey + SET_AT, which);
  // What the call says still lies in the other regions.
  const value = readShared(sharedKey, KEY_BYTES, Region.ASIDE);
  const bytes = value ? min(sharedBytes, BUCKETS_PER_SET * ENTRY_BYTES) & ~(ENTRY_BYTES - 1) : 0;
  if (bytes) memory.copy(set, value, bytes);
  return bytes;
}

/** The tokens of that key in the set, of which `bytes` are in use, filled until now; null: there is no place for them. */
function tokensIn(bytes: u32, key: u64, bucket: TokenBucket, time_ms: u32): Tokens | null {
  let spared: usize = 0;
  for (let entry = set; entry < set + bytes; entry += ENTRY_BYTES) {
    const tokens = changetype<Tokens>(entry + TOKENS_AT);
    const found = load<u64>(entry) == key;
    if (!found && spared) continue;
    const before_ms = tokens.filled_ms;
    fill(tokens, bucket, time_ms);
    clockWasSet = <i32>(tokens.filled_ms - before_ms) < 0;
    if (found) return tokens;
    if (bytes == BUCKETS_PER_SET * ENTRY_BYTES && isFull(tokens, bucket)) spared = entry;
  }
  const entry = bytes < BUCKETS_PER_SET * ENTRY_BYTES ? set + bytes : spared;
  if (!entry) return null;
  store<u64>(entry, key);
  const tokens = changetype<Tokens>(entry + TOKENS_AT);
  fillUp(tokens, bucket, time_ms);
  return tokens;
}

function leaseOf(bucket: TokenBucket): u32 {
  const tokens = (<u64>bucket.tokensPerFill * LEASE_MS) / bucket.fillInterval_ms;
  return max<u32>(<u32>min<u64>(tokens, bucket.maxTokens / LEASES_PER_BUCKET), 1);
}
