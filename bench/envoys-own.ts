import { socketAddress } from "../adapter/xds/address.js";
import { any, type JsonObject } from "../adapter/xds/json.js";
import { ANY_PORT } from "./bootstrap.js";
import { DEFAULT_CLUSTER, METHOD, SERVICE, type UserRoute } from "./routes.js";

/** Envoy's own Dubbo filter, with the same table: it matches attachments as headers. */
export function dubboProxy(name: string, routes: readonly UserRoute[]): JsonObject {
  // It wants a method in each route. An exact one is the cheapest.
  const method = { name: { exact: METHOD } };
  return listener(name, {
    name: "envoy.filters.network.dubbo_proxy",
    typed_config: any("envoy.extensions.filters.network.dubbo_proxy.v3.DubboProxy", {
      stat_prefix: name,
      protocol_type: "Dubbo",
      serialization_type: "Hessian2",
      multiple_route_config: {
        name,
        route_config: [
          {
            name,
            interface: SERVICE,
            routes: [
              ...routes.map(({ user, cluster }) => ({
                match: { method, headers: [{ name: "user", string_match: { exact: user } }] },
                route: { cluster },
              })),
              { match: { method }, route: { cluster: DEFAULT_CLUSTER } },
            ],
          },
        ],
      },
    }),
  });
}

/** Bytes to one server, unread: what no proxy of messages can go below. */
export function tcpProxy(name: string): JsonObject {
  return listener(name, {
    name: "envoy.filters.network.tcp_proxy",
    typed_config: any("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", {
      stat_prefix: name,
      cluster: DEFAULT_CLUSTER,
    }),
  });
}

function listener(name: string, filter: JsonObject): JsonObject {
  return { name, address: socketAddress(ANY_PORT.ip, ANY_PORT.port), filter_chains: [{ filters: [filter] }] };
}
