import { grpcSource } from "../xds/grpc-source.js";
import { any, type JsonObject } from "../xds/json.js";

/** The cluster by which sidecars reach the adapter; an EnvoyFilter adds it. */
export const ADAPTER_CLUSTER = "meltemi_adapter";

/** How long a listener that is new waits for the adapter before it serves without it. */
const FETCH_TIMEOUT = "5s";

const WASM = "envoy.extensions.filters.network.wasm.v3.Wasm";

/** For filters behind which a tcp_proxy carries the connections: without ours they pass as they are. */
export const PASS_THROUGH = any("envoy.extensions.filters.network.set_filter_state.v3.Config", {});

/**
 * The filter of a listener of somebody else's: its configuration comes from the adapter, over a stream of its own. `fallback` serves until
 * the first has come, in an Envoy that starts while the adapter is away; without it such a listener resets its connections.
 */
export function discoveredFilter(name: string, fallback?: JsonObject): JsonObject {
  return {
    name,
    config_discovery: {
      config_source: {
        resource_api_version: "V3",
        initial_fetch_timeout: FETCH_TIMEOUT,
        api_config_source: grpcSource(ADAPTER_CLUSTER, "DELTA_GRPC"),
      },
      type_urls: [
        ...new Set([`type.googleapis.com/${WASM}`, ...(fallback === undefined ? [] : [String(fallback["@type"])])]),
      ],
      default_config: fallback,
    },
  };
}
