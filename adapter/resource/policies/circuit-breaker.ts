import type { CircuitBreaker, RoutePolicy } from "../../model/model.js";
import type { FieldPath } from "../../status/field-path.js";
import { optionalDuration_ms } from "../duration.js";
import type { Report } from "../report.js";

export interface WrittenCircuitBreaker {
  readonly maxRequests?: number;
  readonly maxRequestsPerMethod?: number;
  readonly maxPendingRequests?: number;
  readonly pendingTimeout?: string;
}

/** What the route says itself; else what is said for all routes of its VirtualService, which its calls share. */
export function withServiceBreaker(
  policy: RoutePolicy | undefined,
  circuitBreaker: CircuitBreaker | undefined,
): RoutePolicy | undefined {
  if (circuitBreaker === undefined || policy?.circuitBreaker !== undefined) return policy;
  return { ...policy, circuitBreaker };
}

export function parseCircuitBreaker(
  { pendingTimeout, ...counts }: WrittenCircuitBreaker,
  scope: CircuitBreaker["scope"],
  path: FieldPath,
  report: Report,
): CircuitBreaker {
  if (counts.maxRequests === undefined && counts.maxRequestsPerMethod === undefined) {
    report(path, "write one of maxRequests, maxRequestsPerMethod");
  }
  if (pendingTimeout !== undefined && counts.maxPendingRequests === undefined) {
    report([...path, "pendingTimeout"], "is for maxPendingRequests, of which there are none");
  }
  const pendingTimeout_ms = optionalDuration_ms(pendingTimeout, 1, [...path, "pendingTimeout"], report);
  return { scope, ...counts, ...(pendingTimeout_ms !== undefined && { pendingTimeout_ms }) };
}
