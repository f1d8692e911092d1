import { destinationsOf } from "./destinations.js";
import { type Exports, sees } from "./exports.js";
import {
  connectionRoutes,
  type Gateway,
  type GatewayServer,
  type GatewayTraffic,
  httpServers,
  rpcListener,
  rpcListeners,
  type TcpRoute,
} from "./gateway.js";
import { viewHttpListener } from "./http-view.js";
import { inboundNamespaces, inboundOf } from "./inbound.js";
import type { Destination, DestinationTunnels, Mesh, OutboundListener, Route, Service, VirtualHost } from "./model.js";
import { portsInScope, scopedNamespaces, scopeOf, type Viewer } from "./scope.js";

/** Whether all nodes get the same. */
export function isSameForAll(mesh: Mesh): boolean {
  return (
    mesh.scopes === undefined && inboundNames(mesh).length === 0 && exportsIn(mesh).every((one) => one === undefined)
  );
}

/** Namespaces whose nodes may get what others do not, or not get what they do. */
export function namedNamespaces(mesh: Mesh): ReadonlySet<string> {
  return new Set([...exportsIn(mesh).flatMap((one) => one ?? []), ...scopedNamespaces(mesh), ...inboundNames(mesh)]);
}

function inboundNames({ inbound }: Mesh): readonly string[] {
  return inbound === undefined ? [] : inboundNamespaces(inbound);
}

function exportsIn({ services, listeners, http = [], edge = [], opaque = [] }: Mesh): readonly Exports[] {
  const all = [...listeners, ...http, ...edge.flatMap(rpcListeners), ...edge.flatMap(httpServers)];
  const hosts = all.flatMap((listener): readonly WithExports[] => listener.virtualHosts);
  return [
    ...[...services, ...opaque].flatMap(({ exports, policyExports }) => [exports, policyExports]),
    ...hosts.flatMap(({ nameExports = {} }) => Object.values(nameExports)),
    ...hosts.flatMap(({ routes }) => routes.map(({ exports }) => exports)),
    ...edge.flatMap(connectionRoutes).map(({ exports }) => exports),
  ];
}

interface WithExports {
  readonly nameExports?: Readonly<Record<string, readonly string[]>>;
  readonly routes: readonly { readonly exports?: readonly string[] }[];
}

/**
 * What the nodes of a namespace are to have of a mesh. Listeners stay, also where nothing of theirs is left: an Envoy of Istio's
 * may have been told to ask for them.
 */
export function viewOf(mesh: Mesh, viewer: Viewer): Mesh {
  const { namespace } = viewer;
  const scope = scopeOf(mesh, viewer);
  const services = new Map<string, Service>();
  const hidden = new Set<string>();
  for (const service of mesh.services) {
    const ports = scope === undefined ? service.ports : portsInScope(scope, service, namespace);
    if (ports.length === 0 || !sees(namespace, service.exports)) hidden.add(service.host);
    else if (sees(namespace, service.policyExports)) services.set(service.host, { ...service, ports });
    else services.set(service.host, { ...service, ports, trafficPolicy: {}, subsets: [] });
  }
  const view: View = { namespace, services, hidden };
  const http = mesh.http?.flatMap((one) => viewHttpListener(one, view) ?? []);
  return {
    services: [...services.values()],
    listeners: mesh.listeners.map((one) => viewListener(one, view)),
    ...(mesh.networks && { networks: mesh.networks }),
    // What is no gateway has no use for it.
    ...(viewer.gateway && mesh.edge && { edge: mesh.edge.map((one) => viewGateway(one, view)) }),
    ...(http && { http }),
    ...(mesh.opaque && { opaque: mesh.opaque.filter(({ exports }) => sees(namespace, exports)) }),
    ...(mesh.inbound && { inbound: inboundOf(mesh.inbound, namespace) }),
  };
}

interface View {
  readonly namespace: string | undefined;
  /** By host, as they are seen. */
  readonly services: ReadonlyMap<string, Service>;
  readonly hidden: ReadonlySet<string>;
}

function viewListener(listener: OutboundListener, view: View): OutboundListener {
  const virtualHosts = listener.virtualHosts.flatMap((host) => viewVirtualHost(host, listener, view));
  const used = new Set(virtualHosts.flatMap(({ routes }) => routes.flatMap((route) => destinationsOf(route).map(key))));
  const tunnels = listener.tunnels?.filter((one) => used.has(key(one)));
  // What is only observed goes to one cluster. Without a VirtualService that they have in common services go to their own.
  const mode = listener.mode === "observe" && used.size > 1 ? "call" : listener.mode;
  return { ...listener, mode, ...(tunnels && { tunnels }), virtualHosts };
}

function viewVirtualHost(host: VirtualHost, { protocol, port }: OutboundListener, view: View): readonly VirtualHost[] {
  const { nameExports = {} } = host;
  const names = host.services.filter((name) => sees(view.namespace, nameExports[name]) && !view.hidden.has(name));
  const routes = host.routes.filter(
    (route) => sees(view.namespace, route.exports) && destinationsOf(route).every(reach),
  );
  if (routes.length > 0) return names.length > 0 ? [{ ...host, services: names, routes: upToCatchAll(routes) }] : [];
  // No VirtualService is seen: its services are as without one.
  return names.flatMap((name) => {
    const ports = view.services.get(name)?.ports ?? [];
    return ports.some((one) => one.number === port && one.protocol === protocol)
      ? [defaultVirtualHost(name, port)]
      : [];
  });

  function reach(destination: Destination): boolean {
    return reaches(destination, view);
  }
}

function reaches({ host, subset, port }: Destination, { services }: View): boolean {
  const service = services.get(host);
  if (!service?.ports.some(({ number }) => number === port)) return false;
  return subset === undefined || service.subsets.some(({ name }) => name === subset);
}

function viewGateway(gateway: Gateway, view: View): Gateway {
  return { ...gateway, servers: gateway.servers.map((one) => ({ ...one, traffic: viewTraffic(one, view) })) };
}

function viewTraffic({ traffic, port }: GatewayServer, view: View): GatewayTraffic {
  switch (traffic.kind) {
    case "rpc": {
      const { port: _, tls: __, ...seen } = viewListener(rpcListener(traffic, port), view);
      return { ...seen, kind: "rpc" };
    }
    case "tcp": {
      const isSeen = ({ exports, destinations }: TcpRoute) =>
        sees(view.namespace, exports) && destinations.every((one) => reaches(one, view));
      return { ...traffic, routes: traffic.routes.filter(isSeen) };
    }
    case "http": {
      const { virtualHosts = [] } = viewHttpListener({ port, virtualHosts: traffic.virtualHosts }, view) ?? {};
      return { ...traffic, virtualHosts };
    }
  }
}

/** Several routes for every call may be there, each for other namespaces: the first that is seen is the last that is of use. */
function upToCatchAll(routes: readonly Route[]): readonly Route[] {
  const end = routes.findIndex(({ match }) => match.length === 0);
  return end < 0 ? routes : routes.slice(0, end + 1);
}

/** A service without a VirtualService: calls go to its whole cluster. */
export function defaultVirtualHost(host: string, port: number): VirtualHost {
  const destinations = [{ host, subset: undefined, port, weight: 100 }];
  return {
    name: `${host}:${port}`,
    services: [host],
    routes: [{ name: "default", match: [], destinations, origin: undefined }],
  };
}

function key({ host, subset, port }: Destination | DestinationTunnels): string {
  return `${host} ${subset ?? ""} ${port}`;
}
