import { asciiOf } from "../../memory/ascii";
import { equalBytes } from "../../memory/bytes";
import {
  DEFAULT_BUCKETS_PER_RATE_LIMIT,
  MAX_ATTRIBUTES_PER_RATE_LIMIT,
  MAX_BUCKETS_PER_RATE_LIMIT,
  MAX_RATE_LIMITS_PER_ROUTE,
} from "../../memory/limits";
import { conditionCount, finishRateLimit, keepText, slotOf, takeAlternative, takeOfTable } from "../../route/builder";
import { Alternative, RateLimit, Scope } from "../../route/policies/rate-limit";
import { Policy } from "../../route/policy";
import { integer, readInteger } from "../integer";
import {
  enterList,
  enterObject,
  fieldsSeen,
  isField,
  nextElement,
  nextField,
  otherField,
  readBool,
  readString,
  text,
  textBytes,
} from "../json";
import { fail, failed, failMissing, failWith } from "../problem";
import { readMatch } from "../read-match";
import { readTokenBucket } from "./read-token-bucket";

/** Bits of the fields of LocalRateLimit. */
const ID: u32 = 0;
const TOKEN_BUCKET: u32 = 1;
const MATCH: u32 = 2;
const ATTRIBUTES: u32 = 3;
const MAX_BUCKETS: u32 = 4;
const SCOPE: u32 = 5;
const LAST: u32 = 6;

const worker: usize = asciiOf("WORKER");
const envoy: usize = asciiOf("ENVOY");

export function readRateLimits(policy: Policy): void {
  if (!enterList()) return;
  for (let count: u32 = 0; nextElement(count); count++) addLimit(policy, readRateLimit());
}

/** Limits are looked at in the order in which they stand. */
export function addLimit(policy: Policy, limit: RateLimit | null): void {
  if (!limit) return;
  const first = policy.rateLimits;
  if (!first) {
    policy.rateLimits = limit;
    return;
  }
  let count: u32 = 1;
  let last = first;
  for (let next = last.next; next; next = last.next, count++) last = next;
  if (count == MAX_RATE_LIMITS_PER_ROUTE) fail("more than 32 rate limits");
  else last.next = limit;
}

/** A bucket and nothing else: each worker's own. */
export function readWorkerLimit(): RateLimit | null {
  const limit = newRateLimit();
  if (!readBucket(limit)) return null;
  finishRateLimit(limit);
  return limit;
}

function readRateLimit(): RateLimit | null {
  if (!enterObject()) return null;
  const limit = newRateLimit();
  limit.maxBuckets = DEFAULT_BUCKETS_PER_RATE_LIMIT;
  while (nextField()) {
    if (isField("id", ID)) readId(limit);
    else if (isField("token_bucket", TOKEN_BUCKET)) readBucket(limit);
    else if (isField("match", MATCH)) readMatches(limit);
    else if (isField("attributes", ATTRIBUTES)) readAttributes(limit);
    else if (isField("max_buckets", MAX_BUCKETS)) readMaxBuckets(limit);
    else if (isField("scope", SCOPE)) readScope(limit);
    else if (isField("last", LAST)) limit.last = readBool();
    else otherField();
  }
  if (failed) return null;
  if (!(fieldsSeen & (1 << TOKEN_BUCKET))) failMissing("token_bucket");
  else if (limit.scope == Scope.ENVOY && limit.idBytes == 0) failMissing("id");
  if (failed) return null;
  finishRateLimit(limit);
  return limit;
}

function newRateLimit(): RateLimit {
  return changetype<RateLimit>(takeOfTable(offsetof<RateLimit>()));
}

/** False: it is refused. */
function readBucket(limit: RateLimit): bool {
  const bucket = readTokenBucket();
  if (!bucket || failed) return false;
  limit.bucket = bucket;
  return true;
}

function readId(limit: RateLimit): void {
  if (!readString()) return;
  limit.id = keepText(text, textBytes);
  limit.idBytes = textBytes;
}

/** Any of them is enough. */
function readMatches(limit: RateLimit): void {
  limit.match = readAlternatives();
}

/** A list of RouteMatch. Null: it is empty, or refused. */
export function readAlternatives(): Alternative | null {
  let first: Alternative | null = null;
  let last: Alternative | null = null;
  if (!enterList()) return null;
  for (let count: u32 = 0; nextElement(count); count++) {
    const before = conditionCount();
    if (!readMatch()) return null;
    const one = takeAlternative(before);
    if (last) last.next = one;
    else first = one;
    last = one;
  }
  return first;
}

function readAttributes(limit: RateLimit): void {
  if (!enterList()) return;
  limit.slots = takeOfTable(MAX_ATTRIBUTES_PER_RATE_LIMIT << 2);
  for (let count: u32 = 0; nextElement(count); count++) {
    if (count == MAX_ATTRIBUTES_PER_RATE_LIMIT) {
      fail("more than 8 attributes");
      return;
    }
    if (!readString()) return;
    if (textBytes == 0) fail("must not be empty");
    const slot = slotOf(text, textBytes);
    if (slot < 0) fail("the routes name more than 64 different attributes");
    store<i32>(limit.slots + ((<usize>count) << 2), slot);
    limit.slotCount = count + 1;
  }
}

function readMaxBuckets(limit: RateLimit): void {
  // 0 is as good as absent: the default holds.
  if (readInteger(0, MAX_BUCKETS_PER_RATE_LIMIT) && integer > 0) limit.maxBuckets = <u32>integer;
}

function readScope(limit: RateLimit): void {
  if (!readString()) return;
  if (textBytes == 5 && equalBytes(text, envoy, 5)) limit.scope = Scope.ENVOY;
  else if (textBytes == 6 && equalBytes(text, worker, 6)) limit.scope = Scope.WORKER;
  else failWith("must be WORKER or ENVOY", text, textBytes);
}
