import type { RoutePolicy, Sticky } from "../../model/model.js";
import type { FieldPath } from "../../status/field-path.js";
import { optionalDuration_ms } from "../duration.js";
import type { Report } from "../report.js";
import { parseCircuitBreaker, type WrittenCircuitBreaker } from "./circuit-breaker.js";
import { parseFault, type WrittenFault } from "./fault.js";
import { parseTokenBucket, type WrittenTokenBucket } from "./local-rate-limit.js";
import { parseTimeoutFrom, type WrittenTimeoutFrom } from "./timeout-from.js";

/** What a route says besides conditions and destinations, as it is written. */
export interface WrittenPolicy {
  readonly timeout?: string;
  readonly fault?: WrittenFault;
  readonly localRateLimit?: WrittenTokenBucket;
  readonly circuitBreaker?: WrittenCircuitBreaker;
  readonly sticky?: Sticky;
  readonly timeoutFrom?: WrittenTimeoutFrom;
}

/** Undefined where the route asks for nothing. */
export function parsePolicy(
  { timeout, fault, localRateLimit: limit, circuitBreaker, sticky, timeoutFrom: from }: WrittenPolicy,
  path: FieldPath,
  report: Report,
): RoutePolicy | undefined {
  const timeout_ms = optionalDuration_ms(timeout, 1, [...path, "timeout"], report);
  const localRateLimit = limit && parseTokenBucket(limit, [...path, "localRateLimit"], report);
  const timeoutFrom = from && parseTimeoutFrom(from, [...path, "timeoutFrom"], report);
  const policy: RoutePolicy = {
    ...(timeout_ms !== undefined && { timeout_ms }),
    ...(fault && parseFault(fault)),
    ...(localRateLimit && { localRateLimit }),
    ...(circuitBreaker && { circuitBreaker: parseCircuitBreaker(circuitBreaker) }),
    ...(sticky && { sticky }),
    ...(timeoutFrom && { timeoutFrom }),
  };
  return Object.keys(policy).length > 0 ? policy : undefined;
}
