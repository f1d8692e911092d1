import type { CircuitBreaker, RoutePolicy } from "../model/model.js";
import { type FilterLocalRateLimit, toFilterLocalRateLimit } from "./rate-limits.js";

export interface FilterCircuitBreaker {
  readonly name: string;
  readonly max_requests?: number;
  readonly max_requests_per_method?: number;
}

export interface FilterRoutePolicy {
  readonly timeout_ms?: number;
  readonly abort?: { readonly per_million: number; readonly status?: number; readonly message?: string };
  readonly rate_limits?: readonly FilterLocalRateLimit[];
  readonly circuit_breaker?: FilterCircuitBreaker;
  readonly sticky?: { readonly attribute: string };
  readonly timeout_attribute?: { readonly attribute: string; readonly max_ms: number };
}

/** `service` and `route` are the names of the virtual host and of its route, `origin` the resource that it comes from. */
export function toFilterPolicy(
  { timeout_ms, abort, localRateLimits, circuitBreaker, sticky, timeoutFrom }: RoutePolicy,
  service: string,
  route: string,
  origin: string,
): FilterRoutePolicy {
  return {
    ...(timeout_ms !== undefined && { timeout_ms: Math.max(1, Math.round(timeout_ms)) }),
    ...(abort && {
      abort: {
        per_million: Math.round(abort.percentage * 10_000),
        ...(abort.status !== undefined && { status: abort.status }),
        ...(abort.message !== undefined && { message: abort.message }),
      },
    }),
    ...(localRateLimits && { rate_limits: localRateLimits.map((limit) => toFilterLocalRateLimit(limit, origin)) }),
    ...(circuitBreaker && {
      circuit_breaker: toFilterBreaker(
        circuitBreaker,
        circuitBreaker.scope === "service" ? service : `${service}/${route}`,
      ),
    }),
    ...(sticky && { sticky: { attribute: sticky.attribute } }),
    ...(timeoutFrom && {
      timeout_attribute: {
        attribute: timeoutFrom.attribute,
        max_ms: Math.max(1, Math.round(timeoutFrom.max_ms)),
      },
    }),
  };
}

function toFilterBreaker({ maxRequests, maxRequestsPerMethod }: CircuitBreaker, name: string): FilterCircuitBreaker {
  return {
    name,
    ...(maxRequests !== undefined && { max_requests: maxRequests }),
    ...(maxRequestsPerMethod !== undefined && { max_requests_per_method: maxRequestsPerMethod }),
  };
}
