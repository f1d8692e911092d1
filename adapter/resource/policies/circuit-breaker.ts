import type { CircuitBreaker, RoutePolicy } from "../../model/model.js";

export type WrittenCircuitBreaker = Pick<CircuitBreaker, "maxRequests" | "maxRequestsPerMethod">;

/** What the route says itself; else what is said for all routes of its VirtualService, which its calls share. */
export function withServiceBreaker(
  policy: RoutePolicy | undefined,
  ofService: WrittenCircuitBreaker | undefined,
): RoutePolicy | undefined {
  if (ofService === undefined || policy?.circuitBreaker !== undefined) return policy;
  return { ...policy, circuitBreaker: { ...ofService, scope: "service" } };
}

export function parseCircuitBreaker(written: WrittenCircuitBreaker): CircuitBreaker {
  return { ...written, scope: "route" };
}
