import type { CircuitBreaker, RoutePolicy } from "../model/model.js";

export interface FilterCircuitBreaker {
  readonly name: string;
  readonly max_requests?: number;
  readonly max_requests_per_method?: number;
}

export interface FilterRoutePolicy {
  readonly timeout_ms?: number;
  readonly abort?: { readonly per_million: number; readonly status?: number; readonly message?: string };
  readonly rate_limit?: {
    readonly max_tokens: number;
    readonly tokens_per_fill: number;
    readonly fill_interval_ms: number;
  };
  readonly circuit_breaker?: FilterCircuitBreaker;
  readonly sticky?: { readonly attribute: string };
  readonly timeout_attribute?: { readonly attribute: string; readonly max_ms: number };
}

/** `service` and `route` are the names of the virtual host and of its route. */
export function toFilterPolicy(
  { timeout_ms, abort, localRateLimit, circuitBreaker, sticky, timeoutFrom }: RoutePolicy,
  service: string,
  route: string,
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
    ...(localRateLimit && {
      rate_limit: {
        max_tokens: localRateLimit.maxTokens,
        tokens_per_fill: localRateLimit.tokensPerFill,
        fill_interval_ms: Math.max(1, Math.round(localRateLimit.fillInterval_ms)),
      },
    }),
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
