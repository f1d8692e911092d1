import { toFilterConfig } from "../filter-config/filter-config.js";
import { type Gateway, type HttpTraffic, type RpcTraffic, rpcListener } from "../model/gateway.js";
import {
  type CarriedTraffic,
  type GatewayChain,
  type GatewayListener,
  gatewayListeners,
} from "../model/gateway-listeners.js";
import type { OutboundListener } from "../model/model.js";
import type { Family } from "../model/node-profile.js";
import type { NodeShape } from "../model/node-shape.js";
import type { BindAddress } from "./bind.js";
import { chainsByFamily } from "./client-family.js";
import { buildExtensionConfig, type WasmCode } from "./extension-configs.js";
import { gatewaySecrets, gatewayTls } from "./gateway-tls.js";
import { httpConnectionManager } from "./http/connection-manager.js";
import { type BalancerOf, buildHttpRoutes } from "./http/routes.js";
import { any, type JsonObject } from "./json.js";
import { meltemiFilter, READ_BUFFER_BYTES } from "./listeners.js";
import { makeResource, type Resource } from "./resource.js";
import type { TableVersions } from "./table-versions.js";
import { routedFilter } from "./tcp-proxy.js";
import { tunnelFilter } from "./tunnel.js";
import { anyAddress, listenerAddresses, wildcard } from "./wildcard.js";

/** What a node at the edge of the mesh has of a mesh. */
export interface EdgeResources {
  readonly resources: readonly Resource[];
  /** What its clusters are wanted for. */
  readonly rpc: readonly OutboundListener[];
  readonly carried: readonly CarriedTraffic[];
  /** Of its listeners. */
  readonly addresses: readonly BindAddress[];
  readonly http: readonly HttpTraffic[];
}

export interface GatewayOptions {
  readonly code: WasmCode;
  readonly versions: Pick<TableVersions, "of">;
  readonly balancerOf: BalancerOf;
}

/** Listeners of the gateways that a node is of, with all that they refer to but clusters. `preservesFamily`: as of other listeners. */
export function buildGateways(
  edge: readonly Gateway[],
  { gateways = [], binds = [], families, planes }: NodeShape,
  preservesFamily: boolean,
  { code, versions, balancerOf }: GatewayOptions,
): EdgeResources {
  const { listeners } = gatewayListeners(edge.filter(({ origin }) => gateways.includes(origin)));
  // At an address that it has not a node would refuse the listener.
  const own = listeners.filter(({ bind }) => bind === undefined || binds.includes(bind));
  const resources: Resource[] = [];
  const rpc: OutboundListener[] = [];
  const carried: CarriedTraffic[] = [];
  const http: HttpTraffic[] = [];
  for (const listener of own) {
    resources.push(buildGatewayListener(listener, families, preservesFamily));
    for (const { name, tls, traffic } of listener.chains) {
      if (tls?.mode === "terminate") resources.push(...gatewaySecrets(tls));
      if (traffic.kind === "tcp") carried.push(traffic);
      if (traffic.kind === "http") {
        http.push(traffic);
        resources.push(buildHttpRoutes(name, traffic.virtualHosts, { balancerOf, hasPlanes: planes !== undefined }));
      }
      if (traffic.kind !== "rpc") continue;
      const served = rpcListener(traffic, listener.port);
      const config = toFilterConfig(served);
      // Nodes of other gateways may have another one of that name.
      const version = versions.of(`${gateways.join()} ${name}`, config);
      rpc.push(served);
      resources.push(buildExtensionConfig(filterOf(name, traffic), { ...config, version }, code));
    }
  }
  return { resources, rpc, carried, http, addresses: own.flatMap((listener) => addressesOf(listener, families)) };
}

function addressesOf({ bind, port }: GatewayListener, families: readonly Family[]): ReturnType<typeof wildcard> {
  return bind === undefined ? wildcard(families, port) : [{ ip: bind, port }];
}

function buildGatewayListener(
  listener: GatewayListener,
  families: readonly Family[],
  preservesFamily: boolean,
): Resource {
  const { port, bind = anyAddress("IPv4"), chains } = listener;
  const name = `${bind}_${port}`;
  const isTls = chains.some(({ tls }) => tls !== undefined);
  return makeResource("LDS", name, {
    name,
    ...listenerAddresses(addressesOf(listener, families)),
    stat_prefix: name,
    traffic_direction: "OUTBOUND",
    per_connection_buffer_limit_bytes: READ_BUFFER_BYTES,
    listener_filters: isTls ? [tlsInspector()] : undefined,
    filter_chains: chains.flatMap((chain) => chainsByFamily(preservesFamily, (family) => buildChain(chain, family))),
  });
}

function buildChain({ name, sni, tls, traffic }: GatewayChain, family: Family | undefined): JsonObject {
  return {
    name,
    filter_chain_match: sni.length > 0 ? { server_names: sni } : undefined,
    filters: filtersFor(name, traffic, family),
    ...(tls?.mode === "terminate" && gatewayTls(tls, traffic.kind === "http")),
  };
}

function filtersFor(name: string, traffic: GatewayChain["traffic"], family: Family | undefined): readonly JsonObject[] {
  switch (traffic.kind) {
    case "rpc":
      return [meltemiFilter(name), tunnelFilter(name, family)];
    case "tcp":
      return [routedFilter(name, traffic.destinations, family)];
    case "http":
      return [
        httpConnectionManager({
          statPrefix: name,
          routes: name,
          virtualHosts: traffic.virtualHosts,
          isEdge: true,
          ...(family && { family }),
        }),
      ];
  }
}

function filterOf(listener: string, { protocol, mode }: RpcTraffic) {
  return { listener, protocol, mode };
}

/** Finds the name that TLS asks for; where it finds none the connection goes on without. */
function tlsInspector(): JsonObject {
  return {
    name: "envoy.filters.listener.tls_inspector",
    typed_config: any("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", {}),
  };
}
