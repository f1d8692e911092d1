import { clusterName } from "../model/cluster-name.js";
import type { CircuitBreaker, Retry, RetryCondition, RoutePolicy } from "../model/model.js";
import { type FilterMutations, toFilterMutations } from "./mutations.js";
import {
  type FilterGlobalRateLimit,
  type FilterLocalRateLimit,
  toFilterGlobalRateLimit,
  toFilterLocalRateLimit,
} from "./rate-limits.js";
import { perMillion, wholeMs } from "./units.js";

export interface FilterCircuitBreaker {
  readonly name: string;
  readonly max_requests?: number;
  readonly max_requests_per_method?: number;
  readonly max_pending_requests?: number;
  readonly pending_timeout_ms?: number;
}

export interface FilterRetry {
  readonly attempts: number;
  /** The sum of RETRY_BITS. */
  readonly on?: number;
  readonly statuses?: readonly string[];
  readonly per_try_timeout_ms?: number;
  readonly back_off_ms: number;
  readonly max_back_off_ms: number;
  readonly max_bytes?: number;
  readonly budget_percent: number;
  readonly min_budget: number;
}

const RETRY_BITS: Readonly<Record<RetryCondition, number>> = {
  "connect-failure": 1,
  reset: 2,
  timeout: 4,
  refused: 8,
  error: 16,
};

export interface FilterRoutePolicy extends FilterMutations {
  readonly timeout_ms?: number;
  readonly abort?: { readonly per_million: number; readonly status?: number; readonly message?: string };
  readonly rate_limits?: readonly FilterLocalRateLimit[];
  readonly global_rate_limit?: FilterGlobalRateLimit;
  readonly circuit_breaker?: FilterCircuitBreaker;
  readonly sticky?: { readonly attribute: string };
  readonly delay?: { readonly per_million: number; readonly fixed_ms: number };
  readonly retry?: FilterRetry;
  readonly mirrors?: readonly { readonly cluster: string; readonly per_million?: number }[];
  readonly timeout_attribute?: { readonly attribute: string; readonly max_ms: number };
}

/** `service` and `route` are the names of the virtual host and of its route, `origin` the resource that it comes from. */
export function toFilterPolicy(
  {
    timeout_ms,
    abort,
    localRateLimits,
    globalRateLimit,
    circuitBreaker,
    sticky,
    timeoutFrom,
    delay,
    retry,
    mirrors,
    mutations,
  }: RoutePolicy,
  service: string,
  route: string,
  origin: string,
): FilterRoutePolicy {
  return {
    ...(timeout_ms !== undefined && { timeout_ms: wholeMs(timeout_ms) }),
    ...(abort && {
      abort: {
        per_million: perMillion(abort.percentage),
        ...(abort.status !== undefined && { status: abort.status }),
        ...(abort.message !== undefined && { message: abort.message }),
      },
    }),
    ...(mutations && toFilterMutations(mutations)),
    ...(localRateLimits && { rate_limits: localRateLimits.map((limit) => toFilterLocalRateLimit(limit, origin)) }),
    ...(globalRateLimit && { global_rate_limit: toFilterGlobalRateLimit(globalRateLimit) }),
    ...(delay && { delay: { per_million: perMillion(delay.percentage), fixed_ms: wholeMs(delay.fixedDelay_ms) } }),
    ...(retry && { retry: toFilterRetry(retry) }),
    ...(mirrors && {
      mirrors: mirrors.map(({ percentage, ...to }) => ({
        cluster: clusterName(to),
        ...(percentage !== 100 && { per_million: perMillion(percentage) }),
      })),
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
        max_ms: wholeMs(timeoutFrom.max_ms),
      },
    }),
  };
}

function toFilterBreaker(breaker: CircuitBreaker, name: string): FilterCircuitBreaker {
  const { maxRequests, maxRequestsPerMethod, maxPendingRequests, pendingTimeout_ms } = breaker;
  return {
    name,
    ...(maxRequests !== undefined && { max_requests: maxRequests }),
    ...(maxRequestsPerMethod !== undefined && { max_requests_per_method: maxRequestsPerMethod }),
    ...(maxPendingRequests !== undefined && { max_pending_requests: maxPendingRequests }),
    ...(pendingTimeout_ms !== undefined && { pending_timeout_ms: wholeMs(pendingTimeout_ms) }),
  };
}

function toFilterRetry({ attempts, on, statuses, budget, ...rest }: Retry): FilterRetry {
  const bits = on.reduce((sum, condition) => sum | RETRY_BITS[condition], 0);
  return {
    attempts,
    ...(bits > 0 && { on: bits }),
    ...(statuses.length > 0 && { statuses: statuses.map(String) }),
    ...(rest.perTryTimeout_ms !== undefined && { per_try_timeout_ms: wholeMs(rest.perTryTimeout_ms) }),
    back_off_ms: wholeMs(rest.backoff_ms),
    max_back_off_ms: wholeMs(rest.maxBackoff_ms),
    ...(rest.maxMessageBytes !== undefined && { max_bytes: rest.maxMessageBytes }),
    budget_percent: budget.percent,
    min_budget: budget.minRetryConcurrency,
  };
}
