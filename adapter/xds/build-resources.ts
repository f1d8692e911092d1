import { toFilterConfig } from "../filter-config/filter-config.js";
import { destinationsOf } from "../model/destinations.js";
import { inFamilies } from "../model/families.js";
import { type HttpListener, httpDestinationsOf, isHttp } from "../model/http.js";
import type { Mesh, Service, ServicePort } from "../model/model.js";
import { preservesFamily } from "../model/network.js";
import { PLAIN_NODE } from "../model/node-profile.js";
import { type NodeShape, shapesIn } from "../model/node-shape.js";
import { portOfService, rateLimitServices } from "../model/rate-limit-services.js";
import { bindListeners, type Listen } from "./bind.js";
import { buildCluster, type Carried, clusterPolicy } from "./clusters.js";
import { buildEndpoints } from "./endpoints.js";
import { buildExtensionConfig, type WasmCode } from "./extension-configs.js";
import { buildGateways } from "./gateways.js";
import { bindHttp, buildHttpListener, redirectHttp } from "./http/listeners.js";
import type { BalancerOf } from "./http/routes.js";
import { buildInbound } from "./inbound.js";
import { buildListener } from "./listeners.js";
import { buildLocalWorkload } from "./local-workload.js";
import { comesBack, withoutLoops } from "./loop-guard.js";
import { opaquePorts } from "./opaque.js";
import { placementsIn } from "./placement.js";
import { bindRedirected } from "./redirected.js";
import type { Resource } from "./resource.js";
import { buildTunnelRoute } from "./routes.js";
import { secretsOf } from "./secrets.js";
import type { TableVersions } from "./table-versions.js";
import { buildVirtualListeners } from "./virtual-listeners.js";

export interface XdsOptions {
  readonly listen: readonly Listen[];
  readonly code: WasmCode;
}

/** What `buildResources` needs besides: kept from one mesh to the next. */
export interface XdsState {
  readonly versions: Pick<TableVersions, "of">;
}

/** Of which node. */
export interface XdsNode {
  /** Default: that of a node that has said nothing of itself. */
  readonly shape?: NodeShape;
  /** What of the mesh its own workload may serve, where that is more. */
  readonly served?: Mesh;
}

interface Built {
  readonly resources: readonly Resource[];
  readonly problems: readonly string[];
}

/** All of Envoy's resources for a mesh, and in words what of the mesh could not be served as it is. */
export function buildResources(whole: Mesh, options: XdsOptions & XdsState & XdsNode): Built {
  const { listen, code, versions, served = whole, shape = shapesIn(whole)(PLAIN_NODE) } = options;
  const { families, captured, own } = shape;
  const reached = inFamilies(whole, families);
  if (shape.gateways !== undefined) return buildEdge(reached, shape, code, versions);
  const { bound, problems: unbound } = captured
    ? bindRedirected(reached, families)
    : bindListeners(reached.listeners, listen, families);
  const problems = [...unbound];
  const resources: Resource[] = [];
  // A node of one family has one chain: nothing else comes.
  const byFamily = families.length > 1 && preservesFamily(reached, shape.ipFamily);
  for (const bind of bound) {
    const { name, listener } = bind;
    const config = toFilterConfig(listener);
    const table = { ...config, version: versions.of(name, config) };
    const filter = { listener: name, protocol: listener.protocol, mode: listener.mode };
    resources.push(
      buildListener(bind, byFamily),
      buildExtensionConfig(filter, table, code),
      ...secretsOf(listener.tls),
    );
  }
  const http = captured
    ? redirectHttp(reached, bound, shape, problems)
    : bindHttp(reached, bound, options, families, problems);
  const hasPlanes = shape.planes !== undefined;
  const httpOptions = { preservesFamily: byFamily, balancerOf: balancersOf(reached.services), hasPlanes };
  for (const listener of http) resources.push(...buildHttpListener(listener, reached.services, httpOptions));
  const inbound = captured
    ? buildRedirectedInbound(served, shape, { code, versions })
    : buildInbound(reached, { bound, families, own, code, versions });
  resources.push(...inbound.resources);
  if (inbound.hasTunnels || bound.some(({ listener }) => listener.mode === "call")) {
    resources.push(buildTunnelRoute(hasPlanes));
  }
  const taken = {
    outbound: [...bound, ...http].flatMap(({ addresses }) => addresses),
    inbound: inbound.addresses,
    own,
  };
  const { mesh, problems: loops } = captured
    ? { mesh: reached, problems: [] }
    : withoutLoops(reached, comesBack(taken));
  const destinations = destinationsIn(mesh);
  const httpDestinations = httpDestinationsIn(mesh.http ?? []);
  const asked = rateLimitServices(mesh);
  const placementOf = placementsIn(mesh, shape);
  const carried = (service: Service, port: ServicePort): Carried | undefined => {
    const key = portOfService(service.host, port.number);
    if (isHttp(port.protocol) || (port.protocol === undefined && httpDestinations.has(key))) return "http";
    if (asked.has(key)) return "grpc";
    // Of a port that speaks nothing of ours no cluster is wanted, unless a route leads there.
    return port.protocol !== undefined || destinations.has(key) ? "tunnels" : undefined;
  };
  for (const service of mesh.services) {
    for (const port of service.ports) {
      const carries = carried(service, port);
      if (carries !== undefined) resources.push(...buildPort(service, port, placementOf, carries));
    }
  }
  if (captured) {
    for (const { service, port, listener } of opaquePorts(mesh, taken.outbound)) {
      const carries = carried(service, port) ?? "tunnels";
      resources.push(listener, ...buildPort(service, port, placementOf, carries));
    }
  }
  return { resources: withoutDuplicates(resources), problems: [...problems, ...inbound.problems, ...loops] };
}

function buildRedirectedInbound(
  served: Mesh,
  shape: NodeShape,
  options: Pick<XdsOptions & XdsState, "code" | "versions">,
) {
  const { chains, resources, hasTunnels } = buildLocalWorkload(served, shape, options);
  const virtual = buildVirtualListeners(shape.families, shape.unknownDestinations, chains);
  return { resources: [...resources, ...virtual], problems: [], hasTunnels, addresses: [] };
}

/** For a node at the edge: its listeners, and clusters of the ports that they lead to alone. */
function buildEdge(reached: Mesh, shape: NodeShape, code: WasmCode, versions: Pick<TableVersions, "of">): Built {
  const byFamily = shape.families.length > 1 && preservesFamily(reached, shape.ipFamily);
  const balancerOf = balancersOf(reached.services);
  const gateways = buildGateways(reached.edge ?? [], shape, byFamily, { code, versions, balancerOf });
  const { resources, rpc, carried, http, addresses } = gateways;
  const taken = { outbound: addresses, inbound: [], own: shape.own };
  const { mesh, problems } = withoutLoops(reached, comesBack(taken));
  const wanted = { services: mesh.services, listeners: rpc };
  const destinations = new Set([
    ...destinationsIn(wanted),
    ...carried.flatMap((one) => one.destinations).map(({ host, port }) => portOfService(host, port)),
  ]);
  const httpDestinations = httpDestinationsIn(http);
  const asked = rateLimitServices(wanted);
  const placementOf = placementsIn(mesh, shape);
  const clusters = mesh.services.flatMap((service) =>
    service.ports.flatMap((port) => {
      const key = portOfService(service.host, port.number);
      const isAsked = asked.has(key);
      if (!isAsked && !destinations.has(key) && !httpDestinations.has(key)) return [];
      return buildPort(service, port, placementOf, httpDestinations.has(key) ? "http" : isAsked ? "grpc" : "tunnels");
    }),
  );
  const routes = rpc.length > 0 ? [buildTunnelRoute(shape.planes !== undefined)] : [];
  return { resources: withoutDuplicates([...resources, ...routes, ...clusters]), problems };
}

/** The port's cluster and those of all subsets, wanted or not: a route that turns to another subset then changes ECDS alone. */
function buildPort(
  service: Service,
  port: ServicePort,
  placementOf: ReturnType<typeof placementsIn>,
  carries: Carried,
): readonly Resource[] {
  return [undefined, ...service.subsets].flatMap((subset) => {
    const placement = placementOf({ service, port: port.number, subset: subset?.name });
    const cluster = buildCluster(service, port, subset, placement, carries);
    const endpoints = service.resolution === "STATIC" ? [buildEndpoints(service, port, subset, placement)] : [];
    return [cluster, ...endpoints, ...secretsOf(clusterPolicy(service, port, subset).tls)];
  });
}

/** Several listeners and clusters may name the same files. */
function withoutDuplicates(resources: readonly Resource[]): readonly Resource[] {
  return [...new Map(resources.map((resource) => [`${resource.type} ${resource.name}`, resource])).values()];
}

function destinationsIn(mesh: Mesh): ReadonlySet<string> {
  const routes = mesh.listeners
    .flatMap(({ virtualHosts }) => virtualHosts)
    .flatMap((virtualHost) => virtualHost.routes);
  return new Set(routes.flatMap((route) => destinationsOf(route).map(({ host, port }) => portOfService(host, port))));
}

function httpDestinationsIn(http: readonly Pick<HttpListener, "virtualHosts">[]): ReadonlySet<string> {
  const routes = http.flatMap(({ virtualHosts }) => virtualHosts).flatMap((virtualHost) => virtualHost.routes);
  return new Set(
    routes.flatMap((route) => httpDestinationsOf(route).map(({ host, port }) => portOfService(host, port))),
  );
}

/** How the hosts of a destination are picked. */
function balancersOf(services: readonly Service[]): BalancerOf {
  const byHost = new Map(services.map((service) => [service.host, service]));
  return ({ host, subset: name, port: number }) => {
    const service = byHost.get(host);
    const port = service?.ports.find((one) => one.number === number);
    if (service === undefined || port === undefined) return undefined;
    const subset = service.subsets.find((one) => one.name === name);
    return clusterPolicy(service, port, subset).loadBalancer;
  };
}
