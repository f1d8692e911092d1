import type {
  ConnectionPool,
  HttpConnectionPool,
  LoadBalancer,
  OutlierDetection,
  ServicePort,
  TrafficPolicy,
} from "../model/model.js";
import { duration, type JsonObject } from "./json.js";
import type { Placement } from "./placement.js";
import { hasStandbys, PLANE_CONNECT_TIMEOUT_MS, upstreamOptions } from "./plane-failover.js";

/**
 * A tunnel is a connection, a pending request and a request to Envoy; its defaults of 1,024 (and 3 retries at a time) would be
 * reached by 1,024 clients. High on purpose, finite so that the gauges of what remains stay readable.
 */
const CIRCUIT_BREAKER_LIMIT = 100_000;

/** What holds for one port: its own settings stand instead of the others, as Istio's portLevelSettings do. */
export function policyOfPort(policy: TrafficPolicy, port: ServicePort): Omit<TrafficPolicy, "ports"> {
  return policy.ports?.[port.number] ?? policy;
}

/**
 * Of so many hosts the one with the fewest tunnels: with Envoy's two, tunnels of one client would often lead to one host. With many more
 * a host that cannot be connected, which has none, would be drawn again and again (`HOST_DRAWS`).
 */
const CHOICES = 8;

/**
 * Least requests by default, as Istio: a tunnel is one request that lasts, so it spreads connections. Where hosts have weights of
 * their own Envoy draws by them, and would divide them by the requests under way (the bias); of requests that last nothing but
 * the square root of the weights would be left. PASSTHROUGH has no
 * meaning where the message, not the caller's address, picks the host, and is served the same.
 */
export function loadBalancing(balancer: LoadBalancer | undefined): JsonObject {
  switch (balancer?.kind) {
    case "ROUND_ROBIN":
    case "RANDOM":
      return { lb_policy: balancer.kind };
    case "RING_HASH":
      return { lb_policy: "RING_HASH", ring_hash_lb_config: { minimum_ring_size: balancer.minimumRingSize } };
    case "MAGLEV":
      return { lb_policy: "MAGLEV", maglev_lb_config: { table_size: balancer.tableSize } };
    default:
      return {
        lb_policy: "LEAST_REQUEST",
        least_request_lb_config: {
          choice_count: CHOICES,
          active_request_bias: { default_value: 0, runtime_key: "meltemi.active_request_bias" },
        },
      };
  }
}

export function connections(
  pool: ConnectionPool | undefined,
  placement: Placement = {},
  http: HttpConnectionPool = {},
): JsonObject {
  const thresholds = {
    max_connections: pool?.maxConnections ?? CIRCUIT_BREAKER_LIMIT,
    max_pending_requests: http.maxPendingRequests ?? CIRCUIT_BREAKER_LIMIT,
    max_requests: http.maxRequests ?? CIRCUIT_BREAKER_LIMIT,
    max_retries: http.maxRetries ?? CIRCUIT_BREAKER_LIMIT,
  };
  const timeout_ms = pool?.connect_timeout_ms ?? (hasStandbys(placement) ? PLANE_CONNECT_TIMEOUT_MS : undefined);
  return {
    connect_timeout: timeout_ms === undefined ? undefined : duration(timeout_ms),
    circuit_breakers: { thresholds: [thresholds] },
    ...upstreamOptions(placement, pool),
  };
}

/**
 * Envoy keeps changes of health from its workers for a second after the last change of a cluster. A host that is dead and was let in
 * again would be the only one for that second, where others are out for another moment.
 */
const AT_ONCE: JsonObject = { update_merge_window: "0s" };

/**
 * Where no outlier detection is asked for. A host that is gone has no tunnels, and so would be the first choice of LEAST_REQUEST,
 * four of them all choices of a tunnel and its retries. So what cannot be connected twice is left out for some seconds, longer if
 * it goes on. If that leaves no host at all, all of them are tried (below one percent Envoy "panics").
 */
const LEAVE_OUT_UNREACHABLE: JsonObject = leaveOutUnreachable({ max_ejection_percent: 100 }, 1);

/**
 * Where hosts of one family stand in for those of the other, "panic" would keep calls with those that are gone. Without it the last host stays
 * whatever it does: there is one to be tried.
 */
const LEAVE_OUT_BUT_ONE: JsonObject = leaveOutUnreachable({ max_ejection_percent: 99 }, 0);

function leaveOutUnreachable(most: JsonObject, panic_percent: number): JsonObject {
  return {
    outlier_detection: {
      split_external_local_origin_errors: true,
      consecutive_local_origin_failure: 2,
      enforcing_consecutive_local_origin_failure: 100,
      enforcing_local_origin_success_rate: 0,
      interval: "1s",
      base_ejection_time: "5s",
      max_ejection_time: "60s",
      ...most,
    },
    common_lb_config: { healthy_panic_threshold: { value: panic_percent }, ...AT_ONCE },
  };
}

/** Whether hosts of one family are for clients of the other, where these have none. */
export function standsIn({ ipFamily }: Placement): boolean {
  return ipFamily?.mode === "preserve" && ipFamily.fallback === "other";
}

/**
 * Ejection of hosts. Envoy sees no answers of a tunnel, only whether it could be made: what Istio counts as gateway errors of
 * TCP (refused, reset, timed out) are failures of local origin here. Panic is off unless asked for, as in Istio.
 */
export function outlierDetection(outlier: OutlierDetection | undefined, placement: Placement): JsonObject {
  if (outlier === undefined) return standsIn(placement) ? LEAVE_OUT_BUT_ONE : LEAVE_OUT_UNREACHABLE;
  const failures = outlier.consecutive5xx ?? outlier.consecutiveGatewayErrors;
  return {
    outlier_detection: {
      split_external_local_origin_errors: true,
      consecutive_local_origin_failure: failures,
      enforcing_consecutive_local_origin_failure: failures === 0 ? 0 : 100,
      // By rate Envoy would eject hosts that the user has not asked to be judged so.
      enforcing_local_origin_success_rate: 0,
      interval: optionalDuration(outlier.interval_ms),
      base_ejection_time: optionalDuration(outlier.baseEjectionTime_ms),
      max_ejection_percent: outlier.maxEjectionPercent,
    },
    common_lb_config: { healthy_panic_threshold: { value: outlier.minHealthPercent ?? 0 }, ...AT_ONCE },
  };
}

export function optionalDuration(time_ms: number | undefined): string | undefined {
  return time_ms === undefined ? undefined : duration(time_ms);
}
