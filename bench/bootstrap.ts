import { socketAddress } from "../adapter/xds/address.js";
import { buildBootstrap } from "../adapter/xds/bootstrap.js";
import type { JsonObject } from "../adapter/xds/json.js";
import { connections } from "../adapter/xds/traffic-policy.js";
import { clusterOf, VERSIONS } from "./routes.js";

/** The kernel chooses the port, and Envoy's admin interface tells which. */
export const ANY_PORT = { ip: "127.0.0.1", port: 0 };

/** One Envoy for all, set up as the adapter sets one up, but that everything stands in the bootstrap. */
export function bootstrap(listeners: readonly JsonObject[], servers: Readonly<Record<string, string>>): JsonObject {
  const { admin, node, stats_config, layered_runtime } = buildBootstrap({
    node: { id: "bench", cluster: "bench" },
    xds: { host: ANY_PORT.ip, port: ANY_PORT.port },
    admin: ANY_PORT,
    mode: "delta",
  });
  const clusters = VERSIONS.map((version) => cluster(clusterOf(version), servers[version] ?? ""));
  return { admin, node, stats_config, layered_runtime, static_resources: { listeners, clusters } };
}

/** The circuit breakers are the adapter's, for all proxies alike. */
function cluster(name: string, server: string): JsonObject {
  const { hostname, port } = new URL(`tcp://${server}`);
  return {
    name,
    type: "STATIC",
    ...connections(undefined),
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(hostname, Number(port)) } }] }],
    },
  };
}
