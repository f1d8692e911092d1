import { clusterName, clustersOf } from "../model/cluster-name.js";
import type { Mesh, OutboundListener, Service } from "../model/model.js";
import { type WasmCode, wasmFilter } from "../xds/extension-configs.js";
import { filterName } from "../xds/filter-identity.js";
import type { JsonObject } from "../xds/json.js";
import { READ_BUFFER_BYTES } from "../xds/listeners.js";
import { MAX_EARLY_DATA_BYTES } from "../xds/tcp-proxy.js";
import { selfContainedTunnelFilter } from "../xds/tunnel.js";
import { discoveredFilter, PASS_THROUGH } from "./discovered-filter.js";
import {
  atListener,
  atTcpProxy,
  type Context,
  type EnvoyFilter,
  envoyFilter,
  type ListenerMatch,
  TCP_PROXY,
} from "./envoy-filter.js";
import { isSealed } from "./gateways.js";

/** istiod's listeners that a filter goes into, and whose service's calls come there; undefined: those of several services. */
interface Target {
  readonly context: Context;
  readonly match: ListenerMatch;
  readonly service: Service | undefined;
}

/**
 * Puts the filter before what carries the connections of a protocol's port. Every one of istiod's listeners on that port gets the same
 * filter: the virtual host is found by the service's name in the message. Listeners of services that speak something else on the
 * same port are left alone.
 */
export function outbound(
  namespace: string,
  listener: OutboundListener,
  { services, gateways }: Pick<Mesh, "services" | "gateways">,
  code: WasmCode,
): readonly EnvoyFilter[] {
  const onPort = services.filter(({ ports }) => ports.some(({ number }) => number === listener.port));
  const speaking = onPort.filter(({ ports }) =>
    ports.some(({ number, protocol }) => number === listener.port && protocol === listener.protocol),
  );
  const isShared = speaking.length < onPort.length;
  const wantsOwn = isShared || (code.kind === "file" && speaking.length > 1);
  const own = wantsOwn ? speaking.flatMap((service) => ownFilter(namespace, listener, service, code)) : [];
  if (isShared) return own;
  const service = speaking.length === 1 ? speaking[0] : undefined;
  const contexts: readonly Context[] = isSealed(listener.port, gateways)
    ? ["SIDECAR_OUTBOUND"]
    : ["SIDECAR_OUTBOUND", "GATEWAY"];
  return [...own, sharedFilter(namespace, listener, contexts, service, code)];
}

/** The same in gateways alone, at a port that no service has. */
export function gatewayOutbound(namespace: string, listener: OutboundListener, code: WasmCode): EnvoyFilter {
  return sharedFilter(namespace, listener, ["GATEWAY"], undefined, code);
}

/** All listeners of the port. `service`: the one that they are of. */
function sharedFilter(
  namespace: string,
  listener: OutboundListener,
  contexts: readonly Context[],
  service: Service | undefined,
  code: WasmCode,
): EnvoyFilter {
  const patches = contexts.flatMap((context) =>
    patch(listener, { context, match: { portNumber: listener.port }, service }, code),
  );
  return envoyFilter(namespace, resourceName(listener), patches);
}

/**
 * A listener of a service with an address of its own is named by it, which is wanted where it gets something of its own: what serves
 * while the adapter is away, or nothing, because others on the same port speak something else. One object for each service, since all of
 * them would be more than an API server takes; before the shared one, whose changes find nothing left to change there.
 */
function ownFilter(
  namespace: string,
  listener: OutboundListener,
  service: Service,
  code: WasmCode,
): readonly EnvoyFilter[] {
  const patches = (service.addresses ?? []).flatMap((address) =>
    patch(listener, { context: "SIDECAR_OUTBOUND", match: { name: `${address}_${listener.port}` }, service }, code),
  );
  if (patches.length === 0) return [];
  return [envoyFilter(namespace, `${resourceName(listener)}-${service.host.toLowerCase()}`, patches, BEFORE_SHARED)];
}

/** EnvoyFilters without a priority have 0. */
const BEFORE_SHARED = -1;

function resourceName(listener: OutboundListener): string {
  return outboundName(listener).replaceAll("_", "-").toLowerCase();
}

/** Name of the listener's filter, and of its configuration in ECDS. */
export function outboundName({ protocol, port }: Pick<OutboundListener, "protocol" | "port">): string {
  return `outbound_${protocol}_${port}`;
}

function patch(listener: OutboundListener, { context, match, service }: Target, code: WasmCode): readonly JsonObject[] {
  const name = outboundName(listener);
  const before = discoveredFilter(
    filterName({ listener: name, ...listener }),
    listener.mode === "call" ? wholeCluster(name, listener, service, code) : PASS_THROUGH,
  );
  const insert = atTcpProxy(context, match, "INSERT_BEFORE", before);
  // The filter is told how much Envoy reads: it would wait for the rest of a message that Envoy has no room for.
  const buffer = atListener(context, match, { per_connection_buffer_limit_bytes: READ_BUFFER_BYTES });
  switch (listener.mode) {
    case "call":
      return [buffer, insert, atTcpProxy(context, match, "REPLACE", selfContainedTunnelFilter(name))];
    case "connection":
      return [buffer, insert, atTcpProxy(context, match, "MERGE", tcpProxy(EARLY_DATA))];
    case "observe":
      // All routes lead to one cluster, which need not be the one that istiod has there.
      return [
        insert,
        ...clustersOf(listener).map((cluster) => atTcpProxy(context, match, "MERGE", tcpProxy({ cluster }))),
      ];
  }
}

/** While the adapter is away calls go to the service's whole cluster; the code must be on the node for that. */
function wholeCluster(
  name: string,
  { protocol, protocols, port, mode }: OutboundListener,
  service: Service | undefined,
  code: WasmCode,
): JsonObject | undefined {
  if (service === undefined || code.kind !== "file") return undefined;
  const cluster = clusterName({ host: service.host, subset: undefined, port });
  const virtual_hosts = [{ name: "default", services: ["*"], routes: [{ route: { cluster } }] }];
  // Under a name of its own: the filter knows listeners by their names, and this table is not for the port's other services.
  const listener = `${name}/${service.host}`;
  return wasmFilter(
    { listener, protocol, mode },
    { ...(protocols && { protocols }), virtual_hosts, stands_in_for: name },
    code,
  );
}

/** istiod's own tcp_proxy stays, with its cluster for connections for which the filter has chosen none. */
const EARLY_DATA: JsonObject = { max_early_data_bytes: MAX_EARLY_DATA_BYTES };

function tcpProxy(fields: JsonObject): JsonObject {
  const type = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
  return { name: TCP_PROXY, typed_config: { "@type": type, ...fields } };
}
