import { keepText, newPolicy, newTokenBucket } from "../route/builder";
import { Policy, TokenBucket } from "../route/policy";
import { integer, readInteger } from "./integer";
import { enterObject, fieldsSeen, isField, nextField, otherField, readString, text, textBytes } from "./json";
import { failAt, failMissing } from "./problem";

/** Longest time that a call may be given: what 32 bits of milliseconds tell apart from a time that has passed. */
const MAX_TIMEOUT_MS: u32 = 0x7fff_ffff;
const MILLION: u32 = 1_000_000;

/** Bits of the fields of RoutePolicy, of Abort and of TokenBucket. */
const TIMEOUT: u32 = 0;
const ABORT: u32 = 1;
const RATE_LIMIT: u32 = 2;
const PER_MILLION: u32 = 0;
const STATUS: u32 = 1;
const MESSAGE: u32 = 2;
const MAX_TOKENS: u32 = 0;
const TOKENS_PER_FILL: u32 = 1;
const FILL_INTERVAL: u32 = 2;

/** Null: it is refused. */
export function readPolicy(): Policy | null {
  if (!enterObject()) return null;
  const policy = newPolicy();
  while (nextField()) {
    if (isField("timeout_ms", TIMEOUT)) policy.timeout_ms = readNumber(MAX_TIMEOUT_MS);
    else if (isField("abort", ABORT)) readAbort(policy);
    else if (isField("rate_limit", RATE_LIMIT)) policy.rateLimit = readTokenBucket();
    else otherField();
  }
  return policy;
}

function readAbort(policy: Policy): bool {
  if (!enterObject()) return false;
  while (nextField()) {
    if (isField("per_million", PER_MILLION)) policy.abortShare = readNumber(MILLION);
    else if (isField("status", STATUS)) policy.abortStatus = readNumber(u32.MAX_VALUE);
    else if (isField("message", MESSAGE)) readMessage(policy);
    else otherField();
  }
  return (fieldsSeen & (1 << PER_MILLION)) != 0 || failMissing("per_million");
}

function readMessage(policy: Policy): void {
  if (!readString()) return;
  policy.abortText = keepText(text, textBytes);
  policy.abortTextBytes = textBytes;
}

function readTokenBucket(): TokenBucket | null {
  if (!enterObject()) return null;
  const bucket = newTokenBucket();
  while (nextField()) {
    if (isField("max_tokens", MAX_TOKENS)) bucket.maxTokens = readNumber(u32.MAX_VALUE);
    else if (isField("tokens_per_fill", TOKENS_PER_FILL)) bucket.tokensPerFill = readNumber(u32.MAX_VALUE);
    else if (isField("fill_interval_ms", FILL_INTERVAL)) bucket.fillInterval_ms = readNumber(MAX_TIMEOUT_MS);
    else otherField();
  }
  if (bucket.maxTokens == 0) failAt("max_tokens", "must be 1 or more");
  else if (bucket.tokensPerFill == 0) failAt("tokens_per_fill", "must be 1 or more");
  else if (bucket.fillInterval_ms == 0) failAt("fill_interval_ms", "must be 1 or more");
  return bucket;
}

function readNumber(most: u32): u32 {
  return readInteger(0, most) ? <u32>integer : 0;
}
