import { clusterName } from "../model/cluster-name.js";
import type { ListenerSettings, WeightedDestination } from "../model/model.js";
import type { Family } from "../model/node-profile.js";
import { wantFamilyOfConnections } from "./client-family.js";
import { any, duration, type JsonObject } from "./json.js";
import { CONNECT_RETRIES } from "./routes.js";

/**
 * Envoy reads on until tcp_proxy has so much for an upstream that is not connected yet; the rest waits in the client's socket. Without
 * the field it would read nothing before, and the filter would wait for ever.
 */
export const MAX_EARLY_DATA_BYTES = 64 << 10;

/** tcp_proxy insists on a cluster. There is none of this name: a connection for which the filter has chosen none goes nowhere. */
export const NO_CLUSTER = "meltemi_none";

/** Carries a whole connection to the cluster that the filter chooses by its first call. */
export function connectionFilter(statPrefix: string, settings?: ListenerSettings, family?: Family): JsonObject {
  return tcpProxy(statPrefix, settings, {
    cluster: NO_CLUSTER,
    max_early_data_bytes: MAX_EARLY_DATA_BYTES,
    ...wantFamilyOfConnections(family),
  });
}

/** Carries all connections to one cluster, of which the filter only takes note. */
export function observedFilter(
  statPrefix: string,
  cluster: string,
  settings?: ListenerSettings,
  family?: Family,
): JsonObject {
  return tcpProxy(statPrefix, settings, { cluster, ...wantFamilyOfConnections(family) });
}

/** Carries each connection to one of the destinations, by their weights. */
export function routedFilter(
  statPrefix: string,
  destinations: readonly WeightedDestination[],
  family?: Family,
): JsonObject {
  const [first, ...others] = destinations;
  const wanted = wantFamilyOfConnections(family);
  if (first !== undefined && others.length === 0) {
    return tcpProxy(statPrefix, {}, { cluster: clusterName(first), ...wanted });
  }
  const clusters = destinations.map((one): JsonObject => ({ name: clusterName(one), weight: one.weight }));
  return tcpProxy(statPrefix, {}, { weighted_clusters: { clusters }, ...wanted });
}

/** Unless it is said otherwise a connection lives as long as its client's: Dubbo's are idle for hours, with or without heartbeats. */
function tcpProxy(statPrefix: string, settings: ListenerSettings = {}, fields: JsonObject): JsonObject {
  const { idleTimeout_ms = 0, maxConnectionAge_ms: age_ms } = settings;
  return {
    name: "envoy.filters.network.tcp_proxy",
    typed_config: any("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", {
      stat_prefix: statPrefix,
      idle_timeout: duration(idleTimeout_ms),
      max_downstream_connection_duration: age_ms === undefined ? undefined : duration(age_ms),
      max_connect_attempts: 1 + CONNECT_RETRIES,
      // For RING_HASH and MAGLEV, as the tunnels' route has it.
      hash_policy: [{ source_ip: {} }],
      ...fields,
    }),
  };
}
