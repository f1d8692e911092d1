import { type FilterRoute, type FilterVirtualHost, toFilterConfig } from "../adapter/filter-config/filter-config.js";
import type { OutboundListener } from "../adapter/model/model.js";
import { socketAddress } from "../adapter/xds/address.js";
import { any, type JsonObject } from "../adapter/xds/json.js";
import { ANY_PORT } from "./bootstrap.js";
import { clusterOf, METHOD } from "./routes.js";

/** Envoy's own Dubbo filter, with the same table: it matches attachments as headers. */
export function dubboProxy(name: string, table: OutboundListener): JsonObject {
  return listener(name, {
    name: "envoy.filters.network.dubbo_proxy",
    typed_config: any("envoy.extensions.filters.network.dubbo_proxy.v3.DubboProxy", {
      stat_prefix: name,
      protocol_type: "Dubbo",
      serialization_type: "Hessian2",
      multiple_route_config: { name, route_config: toFilterConfig(table).virtual_hosts.map(dubboRoutes) },
    }),
  });
}

function dubboRoutes({ name, services: [service], routes }: FilterVirtualHost): JsonObject {
  return { name, interface: service, routes: routes.map(dubboRoute) };
}

/** It wants a method in each route. An exact one is the cheapest. */
function dubboRoute({ match, route }: FilterRoute): JsonObject {
  const attributes = match?.attributes ?? [];
  const method = attributes.find(({ name }) => name === "method")?.exact_match ?? METHOD;
  const headers = attributes
    .filter(({ name }) => name !== "method")
    .map(({ name, exact_match }) => ({ name, string_match: { exact: exact_match } }));
  return { match: { method: { name: { exact: method } }, headers }, route };
}

/** Envoy's own Thrift filter, with the same table. Payloads that nobody asks for it passes on unread, as it can be told to. */
export function thriftProxy(name: string, table: OutboundListener, protocol: "BINARY" | "COMPACT"): JsonObject {
  const routes = toFilterConfig(table).virtual_hosts.flatMap(({ routes }) => routes.map(thriftRoute));
  return listener(name, {
    name: "envoy.filters.network.thrift_proxy",
    typed_config: any("envoy.extensions.filters.network.thrift_proxy.v3.ThriftProxy", {
      stat_prefix: name,
      transport: "FRAMED",
      protocol,
      payload_passthrough: true,
      route_config: { name, routes },
    }),
  });
}

/** An empty method stands for all. */
function thriftRoute({ match, route }: FilterRoute): JsonObject {
  const method = match?.attributes.find(({ name }) => name === "method")?.exact_match ?? "";
  return { match: { method_name: method }, route };
}

/** Envoy's own Redis filter, with the same table. It sends the commands of all clients of a worker to a server on one connection. */
export function redisProxy(name: string, table: OutboundListener): JsonObject {
  const routes = toFilterConfig(table).virtual_hosts.flatMap(({ routes }) => routes);
  const withPrefix = routes.filter(({ match }) => match !== undefined);
  const last = routes.find(({ match }) => match === undefined);
  return listener(name, {
    name: "envoy.filters.network.redis_proxy",
    typed_config: any("envoy.extensions.filters.network.redis_proxy.v3.RedisProxy", {
      stat_prefix: name,
      settings: { op_timeout: "30s" },
      prefix_routes: {
        routes: withPrefix.map(({ match, route }) => ({ prefix: match?.attributes[0]?.prefix_match ?? "", ...route })),
        catch_all_route: last?.route ?? {},
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
      cluster: clusterOf("v1"),
    }),
  });
}

function listener(name: string, filter: JsonObject): JsonObject {
  return { name, address: socketAddress(ANY_PORT.ip, ANY_PORT.port), filter_chains: [{ filters: [filter] }] };
}
