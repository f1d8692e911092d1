import { destinationsOf } from "../model/destinations.js";
import { connectionRoutes, requestDestinations, rpcListeners } from "../model/gateway.js";
import type { Mesh, OutboundListener, Route, Service } from "../model/model.js";
import { AUTO } from "../model/protocols.js";
import { MESH_GATEWAY } from "../resource/http/spec.js";
import type { Report } from "../resource/report.js";
import {
  type ApplicationProtocol,
  type AuthorizationPolicy,
  conflict,
  type DestinationPolicy,
  type DestinationRule,
  type EndpointSlice,
  type Gateway,
  type IstioVirtualService,
  isRouter,
  type KubernetesService,
  type ListenerPolicy,
  type MeshPolicy,
  mention,
  type Pod,
  problemOf,
  type Resource,
  type Router,
  type ServiceEntry,
  type Sidecar,
  type WorkloadEntry,
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
import { chooseDeclared, type DeclaredProtocols, keepDeclared } from "./declared-protocols.js";
import { detectedProtocols } from "./detected-protocols.js";
import { draftServices } from "./draft-services.js";
import { isOfMesh } from "./edge/attachment.js";
import { buildEdge, type EdgeInForce, NO_EDGE_IN_FORCE } from "./edge/build-edge.js";
import { exportsOf } from "./exports.js";
import { buildGatewayApi, type GatewayApiInForce, NO_GATEWAY_API_IN_FORCE } from "./gateway-api/build.js";
import { gatewayPorts } from "./gateway-ports.js";
import { kubernetesDrafts } from "./kubernetes-drafts.js";
import { layerPolicy } from "./layer-policy.js";
import { networksOf } from "./networks.js";
import { protocolNames } from "./port-protocol.js";
import { type ResolvedVirtualService, type RouteOrigin, resolveVirtualService } from "./resolve-virtual-service.js";
import { type ServiceDraft, ServiceIndex } from "./service-index.js";
import { stillInForce } from "./still-in-force.js";
import { tunnelsOf } from "./tunnels.js";
import { buildVirtualHosts } from "./virtual-hosts.js";

/** The last good version, by name, of resources whose goodness depends on others. */
export interface InForce {
  readonly destinationRules: ReadonlyMap<string, DestinationRule>;
  readonly virtualServices: ReadonlyMap<string, ResolvedVirtualService>;
  readonly destinationPolicies: ReadonlyMap<string, DestinationPolicy>;
  readonly listenerPolicies: ReadonlyMap<string, ListenerPolicy>;
  readonly declaredProtocols: DeclaredProtocols;
  readonly edge: EdgeInForce;
  readonly gatewayApi: GatewayApiInForce;
}

export const NOTHING_IN_FORCE: InForce = {
  destinationRules: new Map(),
  virtualServices: new Map(),
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

/**
 * Makes the mesh of resources, in the order given: where two of them conflict the first stays. What refers to something that
 * does not exist is refused as a whole, and its version in `before` taken instead. `refusals` are VirtualServices that are not
 * to be taken, with the reason. `rootNamespace` is Istio's; with `istiosGateways` what gateways get is not for VirtualServices to say.
 */
export function translate(
  resources: readonly Resource[],
  before: InForce = NOTHING_IN_FORCE,
  refusals: ReadonlyMap<Router, Problem> = new Map(),
  rootNamespace = DEFAULT_ROOT_NAMESPACE,
  istiosGateways = false,
): Translated {
  const entries = resources.filter((one): one is ServiceEntry => one.kind === "ServiceEntry");
  const workloads = resources.filter((one): one is WorkloadEntry => one.kind === "WorkloadEntry");
  const rules = resources.filter((one): one is DestinationRule => one.kind === "DestinationRule");
  const sidecars = resources.filter((one): one is Sidecar => one.kind === "Sidecar");
  const protocols = resources.filter((one): one is ApplicationProtocol => one.kind === "ApplicationProtocol");
  const written = resources.filter(isRouter);
  const listenerPolicies = resources.filter((one): one is ListenerPolicy => one.kind === "ListenerPolicy");
  const authorization = resources.filter((one): one is AuthorizationPolicy => one.kind === "AuthorizationPolicy");
  const destinationPolicies = resources.filter((one): one is DestinationPolicy => one.kind === "DestinationPolicy");

  const gateways = resources.filter((one): one is Gateway => one.kind === "Gateway");

  const declaring = chooseDeclared(protocols, before.declaredProtocols);
  const named = protocolNames(protocols, declaring.declared);
  const drafted = draftServices(
    entries,
    workloads,
    kubernetesDrafts(
      resources.filter((one): one is KubernetesService => one.kind === "Service"),
      resources.filter((one): one is EndpointSlice => one.kind === "EndpointSlice"),
      resources.filter((one): one is Pod => one.kind === "Pod"),
      named.names,
    ),
    named.names,
  );
  const bare = new ServiceIndex(drafted.drafts);
  const chosen = chooseRules(rules, bare, before.destinationRules);
  const services = bare.withRules(chosen.byHost);
  const resolved = resolveAll(written, services, declaring.declared, before.virtualServices, refusals, istiosGateways);
  const speaking = new PortProtocols(services);
  const taken = resolved.virtualServices.filter((one) => speaking.take(one));
  const nodes = chooseMeshPolicies(
    resources.filter((one): one is MeshPolicy => one.kind === "MeshPolicy"),
    sidecars,
    rootNamespace,
  );
  const planes = new Set(nodes.policies.flatMap((policy) => policy.planes ?? []).map(({ name }) => name));
  const destinations = chooseDestinationPolicies(destinationPolicies, services, before.destinationPolicies, planes);
  const ofMesh = taken.filter(({ resource }) => isOfMesh(resource));
  const built = buildListeners(ofMesh, services, speaking, declaring.declared, destinations.byDestination);
  const { inbound, ...inboundSide } = chooseInbound(authorization, listenerPolicies, rootNamespace);
  const { listeners, ...policies } = chooseListenerPolicies(
    listenerPolicies.filter(({ spec }) => spec.inbound === undefined),
    built.listeners,
    destinations.byDestination,
    before.listenerPolicies,
  );

  const istioVirtualServices = resources.filter(
    (one): one is IstioVirtualService => one.kind === "VirtualService.networking.istio.io",
  );
  const edge = buildEdge(
    istiosGateways ? [] : gateways,
    {
      services,
      names: named.names,
      declared: declaring.declared,
      policies: destinations.byDestination,
      virtualServices: taken,
      istioVirtualServices,
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
  const said = new Set(built.problems.map((one) => JSON.stringify(one)));
  const ports = gatewayPorts(gateways, named.names);
  const carried = new Set([
    ...atEdge.flatMap(connectionRoutes).flatMap(({ destinations }) => destinations.map(({ host }) => host)),
    ...api.gateways.flatMap(requestDestinations).map(({ host }) => host),
  ]);
  const relevant = [...services.all].filter((draft) => carried.has(draft.host) || concerns(draft, speaking));
  const networks = networksOf(relevant, services, destinations.byDestination);
  return {
    mesh: {
      services: relevant
        .map((draft) => toService(draft, services.rule(draft.host), speaking))
        .sort((a, b) => compareText(a.host, b.host)),
      listeners,
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
      ...speaking.problems,
      ...destinations.problems,
      ...built.problems,
      ...policies.problems,
      ...inboundSide.problems,
      ...scoping.problems,
      ...nodes.problems,
      ...[...edge.problems, ...api.problems].filter((one) => !said.has(JSON.stringify(one))),
      ...relevant.flatMap(withoutEndpoints),
    ],
    statuses: api.statuses,
    inForce: {
      destinationRules: chosen.inForce,
      virtualServices: new Map(taken.map((one) => [formatResourceName(one.resource), one])),
      destinationPolicies: destinations.inForce,
      listenerPolicies: policies.inForce,
      declaredProtocols: kept.inForce,
      edge: edge.inForce,
      gatewayApi: api.inForce,
    },
    origins: new Map(taken.flatMap(({ routes }) => routes.map(({ route, origin }) => [route, origin]))),
  };
}

function resolveAll(
  written: readonly Router[],
  services: ServiceIndex,
  declared: DeclaredProtocols,
  before: ReadonlyMap<string, ResolvedVirtualService>,
  refusals: ReadonlyMap<Router, Problem>,
  istiosGateways: boolean,
): { readonly virtualServices: readonly ResolvedVirtualService[]; readonly problems: readonly Problem[] } {
  const virtualServices: ResolvedVirtualService[] = [];
  const problems: Problem[] = [];
  for (const resource of written) {
    const refusal = refusals.get(resource);
    const found: Problem[] = refusal === undefined ? [] : [refusal];
    const report: Report = (path, reason, cause) => {
      found.push({ ...problemOf(resource, path, reason), ...(cause && { cause }) });
    };
    const { gateways = [], parents = [] } = resource.spec;
    const field = gateways.some((one) => one !== MESH_GATEWAY)
      ? "gateways"
      : parents.length > 0
        ? "parentRefs"
        : undefined;
    const misplaced = istiosGateways && field !== undefined;
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

/** What each port of each service speaks: what a VirtualService says, else what the port says. */
class PortProtocols {
  readonly problems: Problem[] = [];
  readonly #services: ServiceIndex;
  readonly #said = new Map<string, { readonly protocol: string; readonly by: Router }>();

  readonly #presumed = new Map<string, string>();

  constructor(services: ServiceIndex) {
    this.#services = services;
  }

  of(host: string, port: number): string | undefined {
    const key = `${host}:${port}`;
    const own = this.#services.get(host)?.ports.find(({ number }) => number === port)?.protocol;
    return this.#said.get(key)?.protocol ?? own ?? this.#presumed.get(key);
  }

  /** Of a port of which nothing else is said. */
  presume(host: string, port: number, protocol: string): void {
    if (this.of(host, port) === undefined) this.#presumed.set(`${host}:${port}`, protocol);
  }

  /** False where another VirtualService has said otherwise of the same port. */
  take({ resource, protocol, routes }: ResolvedVirtualService): boolean {
    const destinations = routes.flatMap(({ route }) => destinationsOf(route));
    for (const { host, port } of destinations) {
      const said = this.#said.get(`${host}:${port}`);
      if (said === undefined || said.protocol === protocol) continue;
      const reason = `protocol ${protocol}: port ${port} of ${host} speaks ${said.protocol} by ${mention(said.by)}`;
      const path = resource.spec.protocol === undefined ? ["spec"] : ["spec", "protocol"];
      this.problems.push(conflict(resource, path, reason));
      return false;
    }
    for (const { host, port } of destinations) this.#said.set(`${host}:${port}`, { protocol, by: resource });
    return true;
  }
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
      if (protocol !== undefined) at(protocol, number).defaults.push(draft);
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
