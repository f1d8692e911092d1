import { any, type JsonObject } from "./json.js";
import { CONNECT_RETRIES } from "./routes.js";

/**
 * Envoy reads on until tcp_proxy has so much for an upstream that is not connected yet; the rest waits in the client's socket. Without
 * the field it would read nothing before, and the filter would wait for ever.
 */
const MAX_EARLY_DATA_BYTES = 64 << 10;

/** tcp_proxy insists on a cluster. There is none of this name: a connection for which the filter has chosen none goes nowhere. */
export const NO_CLUSTER = "meltemi_none";

/** Carries a whole connection to the cluster that the filter chooses by its first call. */
export function connectionFilter(statPrefix: string): JsonObject {
  return tcpProxy(statPrefix, {
    cluster: NO_CLUSTER,
    max_early_data_bytes: { value: MAX_EARLY_DATA_BYTES },
  });
}

/** Carries all connections to one cluster, of which the filter only takes note. */
export function observedFilter(statPrefix: string, cluster: string): JsonObject {
  return tcpProxy(statPrefix, { cluster });
}

/** A connection lives as long as its client's: Dubbo's are idle for hours, with or without heartbeats. */
function tcpProxy(statPrefix: string, fields: JsonObject): JsonObject {
  return {
    name: "envoy.filters.network.tcp_proxy",
    typed_config: any("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", {
      stat_prefix: statPrefix,
      idle_timeout: "0s",
      max_connect_attempts: { value: 1 + CONNECT_RETRIES },
      // For RING_HASH and MAGLEV, as the tunnels' route has it.
      hash_policy: [{ source_ip: {} }],
      ...fields,
    }),
  };
}
