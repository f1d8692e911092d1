import { takeOfTable } from "../route/builder";
import { Policy } from "../route/policy";
import { enterObject, isField, nextField, otherField } from "./json";
import { MAX_DURATION_MS, readNumber } from "./number";
import { readCircuitBreaker } from "./policies/read-circuit-breaker";
import { readAbort } from "./policies/read-fault";
import { addLimit, readRateLimits, readWorkerLimit } from "./policies/read-rate-limits";

/** Bits of the fields of RoutePolicy. */
const TIMEOUT: u32 = 0;
const ABORT: u32 = 1;
const RATE_LIMIT: u32 = 2;
const RATE_LIMITS: u32 = 8;
const CIRCUIT_BREAKER: u32 = 12;

/** Null: it is refused. */
export function readPolicy(): Policy | null {
  if (!enterObject()) return null;
  const policy = changetype<Policy>(takeOfTable(offsetof<Policy>()));
  while (nextField()) {
    if (isField("timeout_ms", TIMEOUT)) policy.timeout_ms = readNumber(MAX_DURATION_MS);
    else if (isField("abort", ABORT)) policy.abort = readAbort();
    else if (isField("rate_limit", RATE_LIMIT)) addLimit(policy, readWorkerLimit());
    else if (isField("rate_limits", RATE_LIMITS)) readRateLimits(policy);
    else if (isField("circuit_breaker", CIRCUIT_BREAKER)) policy.circuitBreaker = readCircuitBreaker();
    else otherField();
  }
  return policy;
}
