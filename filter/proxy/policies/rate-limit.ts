import { message } from "../../codec/message";
import { ReplyCode } from "../../codec/reply";
import { Name } from "../../memory/name";
import { addBucket, Bucket, findBucket } from "../../route/policies/buckets";
import { anyHolds, keyOfValues, RateLimit, Scope } from "../../route/policies/rate-limit";
import { fill, fillUp } from "../../route/policies/token-bucket";
import { Connection } from "../connection";
import { Count } from "../count";
import { count } from "../listener";
import { random32 } from "../random";
import { readTime_ms } from "../read";
import { addName, addText, beginText } from "../reply";
import { addNumber, addValue, addWord, beginLine, endLine, tracing } from "../trace";
import { lease } from "./lease";
import { refuse } from "./refuse";

/** The buckets that a call takes a token of. */
const taken: usize = memory.data(32 * 4); // MAX_RATE_LIMITS_PER_ROUTE

/** After `exceededLimit` has found none: there were some that applied, and the call has taken its tokens. */
let limitsApplied: bool = false;

/** Whether all limits let the call in `message` go on. False: it has had its answer. */
export function limitRate(connection: Connection, first: RateLimit, host: Name): bool {
  const exceeded = exceededLimit(first, readTime_ms());
  if (!exceeded) {
    if (limitsApplied) count(connection.listener, Count.ALLOWED_LOCALLY);
    return true;
  }
  count(connection.listener, Count.LIMITED_LOCALLY);
  if (tracing) traceLimit(connection.traceId, exceeded);
  beginText();
  addText("meltemi: more calls than the rate limit of ");
  addName(host);
  addText(" allows");
  refuse(connection, ReplyCode.RATE_LIMITED, 0);
  return false;
}

/**
 * The limit that keeps back the call whose attributes are in their slots; null: there is none, and the call has taken a token of each limit that
 * applies. A call that is kept back takes none.
 */
function exceededLimit(first: RateLimit, time_ms: u32): RateLimit | null {
  let applying: u32 = 0;
  for (let limit: RateLimit | null = first; limit; limit = limit.next) {
    if (!anyHolds(limit.match)) continue;
    const bucket = bucketOf(limit, time_ms);
    if (!hasToken(limit, bucket, time_ms)) return limit;
    store<u32>(taken + ((<usize>applying) << 2), <u32>changetype<usize>(bucket));
    applying++;
    if (limit.last) break;
  }
  for (let i: u32 = 0; i < applying; i++) {
    const bucket = changetype<Bucket>(<usize>load<u32>(taken + ((<usize>i) << 2)));
    // Of two limits of one id the second finds none.
    if (bucket.tokens) bucket.tokens--;
  }
  limitsApplied = applying != 0;
  return null;
}

function bucketOf(limit: RateLimit, time_ms: u32): Bucket {
  const buckets = limit.buckets;
  if (!limit.slotCount) return buckets.common;
  const key = keyOfValues(limit);
  const leased = limit.scope == Scope.ENVOY;
  const known = findBucket(buckets, key);
  if (known) return known;
  const seed = buckets.byKey ? 0 : ((<u64>random32()) << 32) | random32();
  return addBucket(buckets, key, limit.maxBuckets, limit.bucket, leased, time_ms, seed) || buckets.common;
}

function hasToken(limit: RateLimit, bucket: Bucket, time_ms: u32): bool {
  if (limit.scope == Scope.ENVOY) return bucket.tokens != 0 || lease(limit, bucket, time_ms);
  if (bucket.begun) fill(bucket, limit.bucket, time_ms);
  else {
    bucket.begun = true;
    fillUp(bucket, limit.bucket, time_ms);
  }
  return bucket.tokens != 0;
}

/** The call in `message` is kept back. */
function traceLimit(connection: u64, limit: RateLimit): void {
  beginLine(connection, "rate_limited");
  addNumber(" id=", message.id);
  addWord(" kind=", "local");
  if (limit.idBytes) addValue(" limit=", limit.id, limit.idBytes);
  addWord(" flags=", "RL");
  endLine();
}
