import { DEFAULT_PENDING_TIMEOUT_MS } from "../../memory/limits";
import { keepText, takeOfTable } from "../../route/builder";
import { CircuitBreaker } from "../../route/policies/circuit-breaker";
import { enterObject, isField, nextField, otherField, readString, text, textBytes } from "../json";
import { MAX_DURATION_MS, readNumber } from "../number";
import { failAt } from "../problem";

/** Bits of the fields of CircuitBreaker. */
const NAME: u32 = 0;
const MAX_REQUESTS: u32 = 1;
const MAX_REQUESTS_PER_METHOD: u32 = 2;
const MAX_PENDING_REQUESTS: u32 = 3;
const PENDING_TIMEOUT: u32 = 4;

/** Null: it is refused. */
export function readCircuitBreaker(): CircuitBreaker | null {
  if (!enterObject()) return null;
  const breaker = changetype<CircuitBreaker>(takeOfTable(offsetof<CircuitBreaker>()));
  while (nextField()) {
    if (isField("name", NAME)) readName(breaker);
    else if (isField("max_requests", MAX_REQUESTS)) breaker.maxRequests = readNumber(u32.MAX_VALUE);
    else if (isField("max_requests_per_method", MAX_REQUESTS_PER_METHOD)) {
      breaker.maxRequestsPerMethod = readNumber(u32.MAX_VALUE);
    } else if (isField("max_pending_requests", MAX_PENDING_REQUESTS)) {
      breaker.maxPendingRequests = readNumber(u32.MAX_VALUE);
    } else if (isField("pending_timeout_ms", PENDING_TIMEOUT)) {
      breaker.pendingTimeout_ms = readNumber(MAX_DURATION_MS);
    } else otherField();
  }
  if (!breaker.pendingTimeout_ms) breaker.pendingTimeout_ms = DEFAULT_PENDING_TIMEOUT_MS;
  if (!breaker.textLength) failAt("name", "must not be empty");
  else if (!breaker.maxRequests && !breaker.maxRequestsPerMethod) failAt("max_requests", "must be 1 or more");
  return breaker;
}

function readName(breaker: CircuitBreaker): void {
  if (!readString()) return;
  breaker.text = keepText(text, textBytes);
  breaker.textLength = textBytes;
}
