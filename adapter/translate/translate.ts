import { connectionRoutes, requestDestinations, rpcListeners } from "../model/gateway.js";
import { isHttp } from "../model/http.js";
import type { Mesh, OutboundListener, Route, Service } from "../model/model.js";
import { AUTO } from "../model/protocols.js";
import { MESH_GATEWAY } from "../resource/http/spec.js";
import {
  type DestinationPolicy,
  type DestinationRule,
  ISTIO_VIRTUAL_SERVICE,
  isRouter,
  type ListenerPolicy,
  ofKind,
  problemOf,
  type Resource,
  type Router,
  reportInto,
} from "../resource/resource.js";
import type { ApiStatus } from "../status/api-status.js";
import { compareText, formatResourceName, type Problem } from "../status/problem.js";
import { advise } from "./advise.js";
import { chooseDestinationPolicies, type DestinationPolicies } from "./choose-destination-policies.js";
import { chooseInbound } from "./choose-inbound.js";
import { chooseListenerPolicies } from "./choose-listener-policies.js";
import { chooseMeshPolicies } from "./choose-mesh-policies.js";
import { chooseRules } from "./choose-rules.js";
import { chooseScopes, DEFAULT_ROOT_NAMESPACE } from "./choose-scopes.js";
import { contested } from "./contested.js";
import { chooseDeclared, type DeclaredProtocols, keepDeclared } from "./declared-protocols.js";
import { detectedProtocols } from "./detected-protocols.js";
import { draftServices } from "./draft-services.js";
import { isOfMesh } from "./edge/attachment.js";
import { buildEdge, type EdgeInForce, NO_EDGE_IN_FORCE } from "./edge/build-edge.js";
import { exportsOf } from "./exports.js";
import { buildGatewayApi, type GatewayApiInForce, NO_GATEWAY_API_IN_FORCE } from "./gateway-api/build.js";
import { gatewayPorts } from "./gateway-ports.js";
import type { ResolvedHttp } from "./http/resolve.js";
import { resolveAllHttp, speaksHttp } from "./http/resolve-all.js";
import { buildHttpListeners } from "./http/virtual-hosts.js";
import { kubernetesDrafts } from "./kubernetes-drafts.js";
import { layerPolicy } from "./layer-policy.js";
import { networksOf } from "./networks.js";
import { protocolNames } from "./port-protocol.js";
import { PortProtocols } from "./port-protocols.js";
import { type ResolvedVirtualService, type RouteOrigin, resolveVirtualService } from "./resolve-virtual-service.js";
import { type ServiceDraft, ServiceIndex } from "./service-index.js";
import { stillInForce } from "./still-in-force.js";
import { tunnelsOf } from "./tunnels.js";
import { buildVirtualHosts } from "./virtual-hosts.js";

/** The last good version, by name, of resources whose goodness depends on others. */
export interface InForce {
  readonly destinationRules: ReadonlyMap<string, DestinationRule>;
  readonly virtualServices: ReadonlyMap<string, ResolvedVirtualService>;
  readonly http: ReadonlyMap<string, ResolvedHttp>;
  readonly destinationPolicies: ReadonlyMap<string, DestinationPolicy>;
  readonly listenerPolicies: ReadonlyMap<string, ListenerPolicy>;
  readonly declaredProtocols: DeclaredProtocols;
  readonly edge: EdgeInForce;
  readonly gatewayApi: GatewayApiInForce;
}

export const NOTHING_IN_FORCE: InForce = {
  destinationRules: new Map(),
  virtualServices: new Map(),
  http: new Map(),
  destinationPolicies: new Map(),
  listenerPolicies: new Map(),
  declaredProtocols: new Map(),
  edge: NO_EDGE_IN_FORCE,
  gatewayApi: NO_GATEWAY_API_IN_FORCE,
};

export interface Translated {
  readonly mesh: Mesh;
  readonly problems: readonly Problem[];
  /** Of the Gateway API. */
  readonly statuses: readonly ApiStatus[];
  readonly inForce: InForce;
  /** Where each route was written. */
  readonly origins: ReadonlyMap<Route, RouteOrigin>;
}

export interface TranslateOptions {
  /** What was in force before. Default: nothing. */
  readonly before?: InForce;
  /** VirtualServices that are not to be taken, with the reason. Default: none. */
  readonly refusals?: ReadonlyMap<Router, Problem>;
  /** Istio's. Default: istio-system. */
  readonly rootNamespace?: string | undefined;
  /** The Envoys are an istiod's: their HTTP, and what comes in at gateways, is its own. Default: they are ours. */
  readonly isIstios?: boolean;
}

/**
 * Makes the mesh of resources, in the order given: where two of them conflict the first stays. What refers to something that
 * does not exist is refused as a whole, and its version in `before` taken instead.
 */
export function translate(
  resources: readonly Resource[],
  {
    before = NOTHING_IN_FORCE,
    refusals = new Map(),
    rootNamespace = DEFAULT_ROOT_NAMESPACE,
    isIstios = false,
  }: TranslateOptions = {},
): Translated {
  const entries = ofKind(resources, "ServiceEntry");
  const sidecars = ofKind(resources, "Sidecar");
  const protocols = ofKind(resources, "ApplicationProtocol");
  const listenerPolicies = ofKind(resources, "ListenerPolicy");
  const gateways = ofKind(resources, "Gateway");
  const istioVirtualServices = ofKind(resources, ISTIO_VIRTUAL_SERVICE);

  const declaring = chooseDeclared(protocols, before.declaredProtocols);
  const named = protocolNames(protocols, declaring.declared, !isIstios);
  const drafted = draftServices(
    entries,
    ofKind(resources, "WorkloadEntry"),
    kubernetesDrafts(
      ofKind(resources, "Service"),
      ofKind(resources, "EndpointSlice"),
      ofKind(resources, "Pod"),
      named.names,
    ),
    named.names,
  );
  const bare = new ServiceIndex(drafted.drafts);
  const chosen = chooseRules(ofKind(resources, "DestinationRule"), bare, before.destinationRules);
  const services = bare.withRules(chosen.byHost);
  const [httpRouters, routers] = partition(resources.filter(isRouter), (one) => speaksHttp(one, services));
  const resolved = resolveAll(routers, services, declaring.declared, before.virtualServices, refusals, isIstios);
  const httpInOrder = inOrder([...httpRouters, ...istioVirtualServices], resources);
  const resolvedHttp = resolveAllHttp(httpInOrder, services, before.http);
  const speaking = new PortProtocols(services);
  const claiming = inOrder([...resolved.virtualServices, ...resolvedHttp.resolved], resources);
  const accepted = new Set(claiming.filter((one) => speaking.take(one)));
  const taken = resolved.virtualServices.filter((one) => accepted.has(one));
  const takenHttp = resolvedHttp.resolved.filter((one) => accepted.has(one));
  const nodes = chooseMeshPolicies(ofKind(resources, "MeshPolicy"), sidecars, rootNamespace);
  const planes = new Set(nodes.policies.flatMap((policy) => policy.planes ?? []).map(({ name }) => name));
  const destinations = chooseDestinationPolicies(
    ofKind(resources, "DestinationPolicy"),
    services,
    before.destinationPolicies,
    planes,
  );
  const ofMesh = taken.filter(({ resource }) => isOfMesh(resource));
  const built = buildListeners(ofMesh, services, speaking, declaring.declared, destinations.byDestination);
  const http = buildHttpListeners(takenHttp, services, speaking);
  const { inbound, ...inboundSide } = chooseInbound(
    ofKind(resources, "AuthorizationPolicy"),
    listenerPolicies,
    rootNamespace,
  );
  const { listeners, ...policies } = chooseListenerPolicies(
    listenerPolicies.filter(({ spec }) => spec.inbound === undefined),
    built.listeners,
    destinations.byDestination,
    before.listenerPolicies,
  );

  const edge = buildEdge(
    isIstios ? [] : gateways,
    {
      services,
      names: named.names,
      declared: declaring.declared,
      policies: destinations.byDestination,
      virtualServices: taken,
      istioVirtualServices,
      http: takenHttp,
    },
    before.edge,
  );
  const api = buildGatewayApi(
    resources,
    {
      services,
      declared: declaring.declared,
      policies: destinations.byDestination,
      virtualServices: taken,
      spoken: (host, port) => speaking.of(host, port),
    },
    before.gatewayApi,
  );
  for (const { host, port } of api.grpc) speaking.presume(host, port, "grpc");
  const atEdge = [...edge.edge, ...api.gateways];
  const kept = keepDeclared(declaring.declared, protocols, [...listeners, ...atEdge.flatMap(rpcListeners)]);
  const { scopes, ...scoping } = chooseScopes(sidecars, rootNamespace);
  // Two that are at odds in the mesh are so at a gateway as well.
  const said = new Set([...built.problems, ...http.problems].map((one) => JSON.stringify(one)));
  const ports = gatewayPorts(gateways, named.names);
  const carried = new Set([
    ...atEdge.flatMap(connectionRoutes).flatMap(({ destinations }) => destinations.map(({ host }) => host)),
    ...atEdge.flatMap(requestDestinations).map(({ host }) => host),
  ]);
  const relevant = [...services.all].filter((draft) => carried.has(draft.host) || concerns(draft, speaking));
  const isBlocking = nodes.policies.some(({ unknownDestinations }) => unknownDestinations === "block");
  const opaque = opaqueBeside(services, relevant, [...listeners, ...http.listeners], isBlocking).map((draft) =>
    toService(draft, services.rule(draft.host), speaking),
  );
  const networks = networksOf(relevant, services, destinations.byDestination);
  return {
    mesh: {
      services: relevant
        .map((draft) => toService(draft, services.rule(draft.host), speaking))
        .sort((a, b) => compareText(a.host, b.host)),
      listeners,
      ...(http.listeners.length > 0 && { http: http.listeners }),
      ...(opaque.length > 0 && { opaque: opaque.sort((a, b) => compareText(a.host, b.host)) }),
      ...(scopes.length > 0 && { scopes }),
      ...(atEdge.length > 0 && { edge: atEdge }),
      ...(ports.length > 0 && { gateways: ports }),
      ...(inbound && { inbound }),
      ...(nodes.policies.length > 0 && { policies: nodes.policies }),
      ...(networks.length > 0 && { networks }),
    },
    problems: [
      ...declaring.problems,
      ...kept.problems,
      ...named.problems,
      ...drafted.problems,
      ...chosen.problems,
      ...resolved.problems,
      ...resolvedHttp.problems,
      ...speaking.problems,
      ...destinations.problems,
      ...built.problems,
      ...http.problems,
      ...policies.problems,
      ...inboundSide.problems,
      ...scoping.problems,
      ...nodes.problems,
      ...[...edge.problems, ...api.problems].filter((one) => !said.has(JSON.stringify(one))),
      ...relevant.flatMap(withoutEndpoints),
      // Whose an address or a port is in Istio's Envoys, istiod decides.
      ...(isIstios ? [] : contested(relevant, (host, port) => speaking.of(host, port))),
    ],
    statuses: api.statuses,
    inForce: {
      destinationRules: chosen.inForce,
      virtualServices: new Map(taken.map((one) => [formatResourceName(one.resource), one])),
      http: new Map(takenHttp.map((one) => [formatResourceName(one.resource), one])),
      destinationPolicies: destinations.inForce,
      listenerPolicies: policies.inForce,
      declaredProtocols: kept.inForce,
      edge: edge.inForce,
      gatewayApi: api.inForce,
    },
    origins: new Map(taken.flatMap(({ routes }) => routes.map(({ route, origin }) => [route, origin]))),
  };
}

/** Those of which it holds, and the others. */
function partition<T>(all: readonly T[], holds: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(holds), all.filter((one) => !holds(one))];
}

/** In the order of the resources that they are, or are made of. */
function inOrder<T extends Resource | { readonly resource: Resource }>(
  some: readonly T[],
  resources: readonly Resource[],
): readonly T[] {
  const place = new Map(resources.map((one, index) => [formatResourceName(one), index]));
  const of = (one: T) => place.get(formatResourceName("resource" in one ? one.resource : one)) ?? 0;
  return [...some].sort((a, b) => of(a) - of(b));
}

function resolveAll(
  written: readonly Router[],
  services: ServiceIndex,
  declared: DeclaredProtocols,
  before: ReadonlyMap<string, ResolvedVirtualService>,
  refusals: ReadonlyMap<Router, Problem>,
  isIstios: boolean,
): { readonly virtualServices: readonly ResolvedVirtualService[]; readonly problems: readonly Problem[] } {
  const virtualServices: ResolvedVirtualService[] = [];
  const problems: Problem[] = [];
  for (const resource of written) {
    const refusal = refusals.get(resource);
    const found: Problem[] = refusal === undefined ? [] : [refusal];
    const report = reportInto(found, resource);
    const { gateways = [], parents = [] } = resource.spec;
    const field = gateways.some((one) => one !== MESH_GATEWAY)
      ? "gateways"
      : parents.length > 0
        ? "parentRefs"
        : undefined;
    const misplaced = isIstios && field !== undefined;
    if (misplaced)
      report(["spec", field], "gateways of an istiod get the routes of all VirtualServices: write none, or mesh");
    const resolved = resolveVirtualService(resource, services, declared, report);
    const now = misplaced ? undefined : resolved;
    const last = before.get(formatResourceName(resource));
    const fallback = last !== undefined && !refusals.has(last.resource) ? last : undefined;
    const taken = refusal === undefined && now !== undefined ? now : fallback;
    if (taken !== undefined) virtualServices.push(taken);
    problems.push(...(taken !== undefined && taken !== now ? found.map(stillInForce) : found), ...advise(resource));
  }
  return { virtualServices, problems };
}

function buildListeners(
  virtualServices: readonly ResolvedVirtualService[],
  services: ServiceIndex,
  speaking: PortProtocols,
  declaredProtocols: DeclaredProtocols,
  policies: DestinationPolicies,
): { readonly listeners: readonly OutboundListener[]; readonly problems: readonly Problem[] } {
  interface Parts {
    readonly protocol: string;
    readonly port: number;
    readonly virtualServices: ResolvedVirtualService[];
    readonly defaults: ServiceDraft[];
  }
  const parts = new Map<string, Parts>();
  const at = (protocol: string, port: number): Parts => {
    const key = `${protocol} ${port}`;
    const found = parts.get(key) ?? { protocol, port, virtualServices: [], defaults: [] };
    parts.set(key, found);
    return found;
  };
  for (const one of virtualServices) at(one.protocol, one.port).virtualServices.push(one);
  for (const draft of services.all) {
    for (const { number } of draft.ports) {
      const protocol = speaking.of(draft.host, number);
      if (protocol !== undefined && !isHttp(protocol)) at(protocol, number).defaults.push(draft);
    }
  }
  const problems: Problem[] = [];
  const listeners = [...parts.values()]
    .sort((a, b) => compareText(a.protocol, b.protocol) || a.port - b.port)
    .map(({ protocol, port, virtualServices, defaults }): OutboundListener => {
      const built = buildVirtualHosts(port, virtualServices, defaults, services);
      problems.push(...built.problems);
      const tunnels = tunnelsOf(built.virtualHosts, protocol, services, policies);
      const { virtualHosts } = built;
      const detected = protocol === AUTO && { protocols: detectedProtocols(virtualServices) };
      const declared = declaredProtocols.get(protocol)?.spec.declared;
      const spoken = { protocol, ...detected, ...(declared && { declared }) };
      return { ...spoken, port, mode: "call", ...(tunnels.length > 0 && { tunnels }), virtualHosts };
    });
  return { listeners, problems };
}

/** A cluster is full of Services that speak nothing of ours. Who writes a ServiceEntry for Meltemi is to see it. */
function concerns({ by, host, ports }: ServiceDraft, speaking: PortProtocols): boolean {
  return by.kind === "ServiceEntry" || ports.some(({ number }) => speaking.of(host, number) !== undefined);
}

/**
 * Services that speak nothing of ours and have an address at a port of which our listeners take all others; where what is for nobody is blocked, all that
 * have an address.
 */
function opaqueBeside(
  services: ServiceIndex,
  relevant: readonly ServiceDraft[],
  listeners: readonly { readonly port: number }[],
  isBlocking: boolean,
): readonly ServiceDraft[] {
  const known = new Set(relevant);
  const ports = new Set(listeners.map(({ port }) => port));
  return [...services.all].filter(
    (draft) =>
      !known.has(draft) &&
      draft.addresses.length > 0 &&
      (isBlocking || draft.ports.some(({ number }) => ports.has(number))),
  );
}

/** Of ServiceEntries it is told where their endpoints are collected. */
function withoutEndpoints({ by, host, endpoints }: ServiceDraft): readonly Problem[] {
  if (by.kind === "ServiceEntry" || endpoints.length > 0) return [];
  return [problemOf(by, ["spec"], `${host} has no endpoint that is ready: every call to it fails`, "warning")];
}

function toService(draft: ServiceDraft, rule: DestinationRule | undefined, speaking: PortProtocols): Service {
  const trafficPolicy = rule?.spec.trafficPolicy ?? {};
  const exports = exportsOf(draft.by);
  const policyExports = rule && exportsOf(rule);
  const subsets = (rule?.spec.subsets ?? []).map(({ name, labels, trafficPolicy: own }) => {
    return { name, labels, trafficPolicy: layerPolicy(trafficPolicy, own) };
  });
  return {
    namespace: draft.by.namespace,
    host: draft.host,
    ...(draft.addresses.length > 0 && { addresses: draft.addresses }),
    ports: draft.ports
      .map((port) => ({ ...port, protocol: speaking.of(draft.host, port.number) }))
      .sort((a, b) => a.number - b.number),
    resolution: draft.resolution,
    endpoints: [...draft.endpoints].sort((a, b) => compareText(JSON.stringify(a), JSON.stringify(b))),
    ...(draft.unreadyPorts && draft.unreadyPorts.length > 0 && { unreadyPorts: draft.unreadyPorts }),
    subsets: subsets.sort((a, b) => compareText(a.name, b.name)),
    trafficPolicy,
    ...(exports && { exports }),
    ...(policyExports && { policyExports }),
  };
}
