import { MAX_HELD_MESSAGE_BYTES } from "../memory/limits";
import { takeOfTable } from "../route/builder";
import { RouteMutations } from "../route/policies/mutation";
import { Policy } from "../route/policy";
import { enterObject, isField, nextField, otherField } from "./json";
import { MAX_DURATION_MS, readNumber } from "./number";
import { readCircuitBreaker } from "./policies/read-circuit-breaker";
import { readAbort, readDelay } from "./policies/read-fault";
import { readGlobalRateLimit } from "./policies/read-global-rate-limit";
import { readMirrors } from "./policies/read-mirrors";
import { readMutation } from "./policies/read-mutation";
import { addLimit, readRateLimits, readWorkerLimit } from "./policies/read-rate-limits";
import { readRetry } from "./policies/read-retry";
import { readSticky } from "./policies/read-sticky";
import { readTimeoutAttribute } from "./policies/read-timeout-attribute";

/** Bits of the fields of RoutePolicy. */
const TIMEOUT: u32 = 0;
const ABORT: u32 = 1;
const RATE_LIMIT: u32 = 2;
const RATE_LIMITS: u32 = 8;
const GLOBAL_RATE_LIMIT: u32 = 9;
const CIRCUIT_BREAKER: u32 = 12;
const REQUEST_MUTATION: u32 = 6;
const RESPONSE_MUTATION: u32 = 7;
const STICKY: u32 = 10;
const TIMEOUT_ATTRIBUTE: u32 = 11;
const DELAY: u32 = 3;
const RETRY: u32 = 4;
const MIRRORS: u32 = 5;

/** Null: it is refused. */
export function readPolicy(): Policy | null {
  if (!enterObject()) return null;
  const policy = newPolicy();
  while (nextField()) {
    if (isField("timeout_ms", TIMEOUT)) policy.timeout_ms = readNumber(MAX_DURATION_MS);
    else if (isField("abort", ABORT)) policy.abort = readAbort();
    else if (isField("rate_limit", RATE_LIMIT)) addLimit(policy, readWorkerLimit());
    else if (isField("rate_limits", RATE_LIMITS)) readRateLimits(policy);
    else if (isField("global_rate_limit", GLOBAL_RATE_LIMIT)) policy.globalRateLimit = readGlobalRateLimit();
    else if (isField("circuit_breaker", CIRCUIT_BREAKER)) policy.circuitBreaker = readCircuitBreaker();
    else if (isField("request_mutation", REQUEST_MUTATION)) mutationsOf(policy).request = readMutation();
    else if (isField("response_mutation", RESPONSE_MUTATION)) mutationsOf(policy).response = readMutation();
    else if (isField("sticky", STICKY)) policy.sticky = readSticky();
    else if (isField("timeout_attribute", TIMEOUT_ATTRIBUTE)) policy.timeoutAttribute = readTimeoutAttribute();
    else if (isField("delay", DELAY)) policy.delay = readDelay();
    else if (isField("retry", RETRY)) policy.retry = readRetry();
    else if (isField("mirrors", MIRRORS)) policy.mirrors = readMirrors();
    else otherField();
  }
  const retry = policy.retry;
  if (policy.mirrors) policy.keptBytes = MAX_HELD_MESSAGE_BYTES;
  else if (retry) policy.keptBytes = retry.maxBytes;
  return policy;
}

/** What the policy changes in messages, to be filled. */
export function mutationsOf(policy: Policy): RouteMutations {
  const known = policy.mutations;
  if (known) return known;
  const fresh = changetype<RouteMutations>(takeOfTable(offsetof<RouteMutations>()));
  policy.mutations = fresh;
  return fresh;
}

export function newPolicy(): Policy {
  return changetype<Policy>(takeOfTable(offsetof<Policy>()));
}
