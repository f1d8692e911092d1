import { isHttp2 } from "../../model/http.js";
import type {
  HttpConnectionPool,
  LoadBalancer,
  OutlierDetection,
  ServicePort,
  TrafficPolicy,
} from "../../model/model.js";
import { any, type JsonObject } from "../json.js";
import type { Placement } from "../placement.js";
import { hasStandbys } from "../plane-failover.js";
import { connections, loadBalancing, optionalDuration, outlierDetection, standsIn } from "../traffic-policy.js";

const OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** What of a cluster is otherwise where requests go to it, and not tunnels: Envoy sees them, and what is answered. */
export function httpSettings(
  policy: Omit<TrafficPolicy, "ports">,
  port: ServicePort,
  placement: Placement,
): JsonObject {
  const { loadBalancer, connectionPool, outlierDetection: outlier } = policy;
  const pool = connectionPool?.http ?? {};
  return {
    ...balancing(loadBalancer),
    ...connections(connectionPool, placement, pool),
    ...(outlier ? detection(outlier) : leaveOut(placement)),
    ...httpProtocol(pool, port),
  };
}

export function protocolOptions(options: JsonObject): JsonObject {
  return { typed_extension_protocol_options: { [OPTIONS]: any(OPTIONS, options) } };
}

/** Requests are short: of two hosts the one with fewer of them, which is Envoy's own default. */
function balancing(balancer: LoadBalancer | undefined): JsonObject {
  const isDefault = balancer === undefined || balancer.kind === "LEAST_REQUEST" || balancer.kind === "PASSTHROUGH";
  return isDefault ? { lb_policy: "LEAST_REQUEST" } : loadBalancing(balancer);
}

function httpProtocol(pool: HttpConnectionPool, { protocol }: ServicePort): JsonObject {
  const { maxRequestsPerConnection, idleTimeout_ms, upgradesToHttp2, usesClientProtocol, maxConcurrentStreams } = pool;
  const http2 = { http2_protocol_options: { max_concurrent_streams: maxConcurrentStreams } };
  const isHttp2Spoken = isHttp2(protocol) || upgradesToHttp2 === true;
  const common = {
    max_requests_per_connection: maxRequestsPerConnection,
    idle_timeout: optionalDuration(idleTimeout_ms),
  };
  const hasCommon = maxRequestsPerConnection !== undefined || idleTimeout_ms !== undefined;
  // HTTP/1.1 is what Envoy speaks where nothing is said.
  if (!isHttp2Spoken && !usesClientProtocol && !hasCommon) return {};
  return protocolOptions({
    ...(hasCommon && { common_http_protocol_options: common }),
    ...(usesClientProtocol
      ? { use_downstream_protocol_config: { http_protocol_options: {}, ...http2 } }
      : { explicit_http_config: isHttp2Spoken ? http2 : { http_protocol_options: {} } }),
  });
}

/** Where hosts wait for others to fail it has to be noticed that these cannot be reached. Answers are not judged. */
function leaveOut(placement: Placement): JsonObject {
  if (!hasStandbys(placement) && !standsIn(placement)) return {};
  const { outlier_detection, ...rest } = outlierDetection(undefined, placement);
  const unjudged = { enforcing_consecutive_5xx: 0, enforcing_success_rate: 0 };
  return { outlier_detection: { ...(outlier_detection as JsonObject), ...unjudged }, ...rest };
}

/** By the statuses of answers, as Istio has it. Nothing is judged by rate, and without being asked. */
function detection(outlier: OutlierDetection): JsonObject {
  const { consecutive5xx, consecutiveGatewayErrors } = outlier;
  return {
    outlier_detection: {
      consecutive_5xx: consecutive5xx,
      enforcing_consecutive_5xx: consecutive5xx === undefined ? undefined : consecutive5xx === 0 ? 0 : 100,
      consecutive_gateway_failure: consecutiveGatewayErrors,
      enforcing_consecutive_gateway_failure:
        consecutiveGatewayErrors === undefined ? undefined : consecutiveGatewayErrors === 0 ? 0 : 100,
      enforcing_success_rate: 0,
      interval: optionalDuration(outlier.interval_ms),
      base_ejection_time: optionalDuration(outlier.baseEjectionTime_ms),
      max_ejection_percent: outlier.maxEjectionPercent,
    },
    common_lb_config: { healthy_panic_threshold: { value: outlier.minHealthPercent ?? 0 } },
  };
}
