import type { RoutePolicy, Sticky } from "../../model/model.js";
import type { FieldPath } from "../../status/field-path.js";
import { optionalDuration_ms } from "../duration.js";
import type { Report } from "../report.js";
import { parseCircuitBreaker, type WrittenCircuitBreaker } from "./circuit-breaker.js";
import { parseFault, type WrittenFault } from "./fault.js";
import { parseHeaders, type WrittenHeaders } from "./headers.js";
import { parseLocalRateLimits, type WrittenLocalRateLimits } from "./local-rate-limit.js";
import { parseTimeoutFrom, type WrittenTimeoutFrom } from "./timeout-from.js";

/** What a route says besides conditions and destinations, as it is written. */
export interface WrittenPolicy extends WrittenLocalRateLimits {
  readonly timeout?: string;
  readonly fault?: WrittenFault;
  readonly circuitBreaker?: WrittenCircuitBreaker;
  readonly sticky?: Sticky;
  readonly timeoutFrom?: WrittenTimeoutFrom;
  readonly headers?: WrittenHeaders;
}

/** Undefined where the route asks for nothing. */
export function parsePolicy(
  { timeout, fault, circuitBreaker, sticky, timeoutFrom: from, headers, ...limits }: WrittenPolicy,
  path: FieldPath,
  report: Report,
): RoutePolicy | undefined {
  const timeout_ms = optionalDuration_ms(timeout, 1, [...path, "timeout"], report);
  const localRateLimits = parseLocalRateLimits(limits, path, report);
  const timeoutFrom = from && parseTimeoutFrom(from, [...path, "timeoutFrom"], report);
  const policy: RoutePolicy = {
    ...(timeout_ms !== undefined && { timeout_ms }),
    ...(fault && parseFault(fault, [...path, "fault"], report)),
    ...(localRateLimits.length > 0 && { localRateLimits }),
    ...(circuitBreaker && {
      circuitBreaker: parseCircuitBreaker(circuitBreaker, "route", [...path, "circuitBreaker"], report),
    }),
    ...(sticky && { sticky }),
    ...(timeoutFrom && { timeoutFrom }),
    ...(headers && { mutations: parseHeaders(headers, [...path, "headers"], report) }),
  };
  return Object.keys(policy).length > 0 ? policy : undefined;
}
