import type { JsonObject } from "./json.js";

/**
 * How long an Envoy waits before it asks again a server that was away: a random time up to the first, which doubles up to the second. Envoy's
 * own longest is 30 s, for so long a control plane that is back would not be heard. Known since Envoy 1.23.
 */
const RETRY_BACK_OFF = { base_interval: "0.5s", max_interval: "5s" };

/** Configuration that an Envoy asks for at a cluster: all of a type with each change, or what has changed. */
export function grpcSource(cluster: string, apiType: "GRPC" | "DELTA_GRPC"): JsonObject {
  return {
    api_type: apiType,
    transport_api_version: "V3",
    set_node_on_first_message_only: true,
    grpc_services: [{ envoy_grpc: { cluster_name: cluster, retry_policy: { retry_back_off: RETRY_BACK_OFF } } }],
  };
}
