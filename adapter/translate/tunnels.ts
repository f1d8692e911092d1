import { clusterName } from "../model/cluster-name.js";
import { destinationsOf } from "../model/destinations.js";
import type { Destination, DestinationTunnels, TrafficPolicy, Tunnels, VirtualHost } from "../model/model.js";
import { resolveOutlierDetection } from "../resource/policies/outlier-detection.js";
import { compareText } from "../status/problem.js";
import { type DestinationPolicies, destinationPolicy } from "./choose-destination-policies.js";
import { layerPolicy } from "./layer-policy.js";
import { selects } from "./selects.js";
import type { ServiceIndex } from "./service-index.js";

/** So many tunnels spread one client over its hosts as well as it needs; each costs Envoy an upstream connection and 20 KB. */
const MOST_TUNNELS_BY_DEFAULT = 4;

/** What the filter has at most where nothing is said (filter.proto). */
const FILTER_MAX_TUNNELS = 16;

/** What is to be said of tunnels to the destinations of these virtual hosts, by the names of the clusters. */
export function tunnelsOf(
  virtualHosts: readonly VirtualHost[],
  protocol: string,
  services: ServiceIndex,
  policies: DestinationPolicies,
): readonly DestinationTunnels[] {
  const found = new Map<string, DestinationTunnels>();
  const routes = virtualHosts.flatMap(({ routes }) => routes);
  for (const destination of routes.flatMap(destinationsOf)) {
    const name = clusterName(destination);
    if (found.has(name)) continue;
    const { host, subset, port } = destination;
    const hashAttribute = limitsOf(destination, services).hashAttribute;
    const said = destinationPolicy(destination, policies)?.spec;
    const outlierDetection = said?.outlierDetection && resolveOutlierDetection(said.outlierDetection, protocol);
    found.set(name, {
      host,
      subset,
      port,
      tunnels: tunnelsTo(destination, services, said?.tunnels ?? {}),
      ...(hashAttribute !== undefined && { hashAttribute }),
      ...(outlierDetection && { outlierDetection }),
    });
  }
  return [...found]
    .filter(([, { tunnels, hashAttribute, outlierDetection }]) => {
      return Object.keys(tunnels).length > 0 || hashAttribute !== undefined || outlierDetection !== undefined;
    })
    .sort(([a], [b]) => compareText(a, b))
    .map(([, tunnels]) => tunnels);
}

function tunnelsTo(destination: Destination, services: ServiceIndex, said: Tunnels): Tunnels {
  const { maxConnections, balancer } = limitsOf(destination, services);
  // A tunnel beyond the cluster's limit waits for a connection that may never be free, and its calls with it.
  const most = Math.min(maxConnections ?? FILTER_MAX_TUNNELS, FILTER_MAX_TUNNELS);
  const maximum = said.maximum ?? (most < FILTER_MAX_TUNNELS ? Math.max(most, said.minimum ?? 1) : undefined);
  // Where the client's address picks the host, all tunnels of a client lead to one; where a value of the call does, there are as many as hosts.
  const single = maxConnections !== undefined || balancer === "RING_HASH" || balancer === "MAGLEV";
  const hosts = single
    ? 1
    : Math.min(endpointsOf(destination, services), MOST_TUNNELS_BY_DEFAULT, said.maximum ?? most);
  const minimum = said.minimum ?? (hosts > 1 ? hosts : undefined);
  return { ...said, ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }) };
}

/** Hosts that tunnels to the destination can reach. Of names only Envoy knows how many there are. */
function endpointsOf({ host, subset }: Destination, services: ServiceIndex): number {
  const service = services.get(host);
  if (service === undefined || service.resolution === "DNS") return 1;
  const labels = services.subset(host, subset)?.labels ?? {};
  return service.endpoints.filter((endpoint) => selects(labels, endpoint.labels)).length;
}

function limitsOf({ host, subset, port }: Destination, services: ServiceIndex) {
  const rule = services.rule(host)?.spec.trafficPolicy ?? {};
  const own = services.subset(host, subset)?.trafficPolicy;
  const policy: TrafficPolicy = own === undefined ? rule : layerPolicy(rule, own);
  const { connectionPool, loadBalancer } = policy.ports?.[port] ?? policy;
  const hashAttribute = loadBalancer && "attribute" in loadBalancer ? loadBalancer.attribute : undefined;
  return { maxConnections: connectionPool?.maxConnections, balancer: loadBalancer?.kind, hashAttribute };
}
