import type { Mesh, OutboundListener, Route, Service } from "../model/model.js";
import {
  type DestinationPolicy,
  type DestinationRule,
  type ListenerPolicy,
  mention,
  problemOf,
  type Resource,
  type ServiceEntry,
  type VirtualService,
  type WorkloadEntry,
} from "../resource/resource.js";
import { compareText, formatResourceName, type Problem } from "../status/problem.js";
import { advise } from "./advise.js";
import { chooseDestinationPolicies, type DestinationPolicies } from "./choose-destination-policies.js";
import { chooseListenerPolicies } from "./choose-listener-policies.js";
import { chooseRules } from "./choose-rules.js";
import { draftServices } from "./draft-services.js";
import { layerPolicy } from "./layer-policy.js";
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
}

export const NOTHING_IN_FORCE: InForce = {
  destinationRules: new Map(),
  virtualServices: new Map(),
  destinationPolicies: new Map(),
  listenerPolicies: new Map(),
};

export interface Translated {
  readonly mesh: Mesh;
  readonly problems: readonly Problem[];
  readonly inForce: InForce;
  /** Where each route was written. */
  readonly origins: ReadonlyMap<Route, RouteOrigin>;
}

/**
 * Makes the mesh of resources, in the order given: where two of them conflict the first stays. What refers to something that
 * does not exist is refused as a whole, and its version in `before` taken instead. `refusals` are VirtualServices that are not
 * to be taken, with the reason.
 */
export function translate(
  resources: readonly Resource[],
  before: InForce = NOTHING_IN_FORCE,
  refusals: ReadonlyMap<VirtualService, Problem> = new Map(),
): Translated {
  const entries = resources.filter((one): one is ServiceEntry => one.kind === "ServiceEntry");
  const workloads = resources.filter((one): one is WorkloadEntry => one.kind === "WorkloadEntry");
  const rules = resources.filter((one): one is DestinationRule => one.kind === "DestinationRule");
  const written = resources.filter((one): one is VirtualService => one.kind === "VirtualService");
  const listenerPolicies = resources.filter((one): one is ListenerPolicy => one.kind === "ListenerPolicy");
  const destinationPolicies = resources.filter((one): one is DestinationPolicy => one.kind === "DestinationPolicy");

  const drafted = draftServices(entries, workloads);
  const bare = new ServiceIndex(drafted.drafts);
  const chosen = chooseRules(rules, bare, before.destinationRules);
  const services = bare.withRules(chosen.byHost);
  const resolved = resolveAll(written, services, before.virtualServices, refusals);
  const speaking = new PortProtocols(services);
  const taken = resolved.virtualServices.filter((one) => speaking.take(one));
  const destinations = chooseDestinationPolicies(destinationPolicies, services, before.destinationPolicies);
  const built = buildListeners(taken, services, speaking, destinations.byDestination);
  const { listeners, ...policies } = chooseListenerPolicies(
    listenerPolicies,
    built.listeners,
    destinations.byDestination,
    before.listenerPolicies,
  );

  return {
    mesh: {
      services: [...services.all]
        .map((draft) => toService(draft, services.rule(draft.host), speaking))
        .sort((a, b) => compareText(a.host, b.host)),
      listeners,
    },
    problems: [
      ...drafted.problems,
      ...chosen.problems,
      ...resolved.problems,
      ...speaking.problems,
      ...destinations.problems,
      ...built.problems,
      ...policies.problems,
    ],
    inForce: {
      destinationRules: chosen.inForce,
      virtualServices: new Map(taken.map((one) => [formatResourceName(one.resource), one])),
      destinationPolicies: destinations.inForce,
      listenerPolicies: policies.inForce,
    },
    origins: new Map(taken.flatMap(({ routes }) => routes.map(({ route, origin }) => [route, origin]))),
  };
}

function resolveAll(
  written: readonly VirtualService[],
  services: ServiceIndex,
  before: ReadonlyMap<string, ResolvedVirtualService>,
  refusals: ReadonlyMap<VirtualService, Problem>,
): { readonly virtualServices: readonly ResolvedVirtualService[]; readonly problems: readonly Problem[] } {
  const virtualServices: ResolvedVirtualService[] = [];
  const problems: Problem[] = [];
  for (const resource of written) {
    const refusal = refusals.get(resource);
    const found: Problem[] = refusal === undefined ? [] : [refusal];
    const now = resolveVirtualService(resource, services, (path, reason) => {
      found.push(problemOf(resource, path, reason));
    });
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
  readonly #said = new Map<string, { readonly protocol: string; readonly by: VirtualService }>();

  constructor(services: ServiceIndex) {
    this.#services = services;
  }

  of(host: string, port: number): string | undefined {
    const said = this.#said.get(`${host}:${port}`);
    return said?.protocol ?? this.#services.get(host)?.ports.find(({ number }) => number === port)?.protocol;
  }

  /** False where another VirtualService has said otherwise of the same port. */
  take({ resource, protocol, routes }: ResolvedVirtualService): boolean {
    const destinations = routes.flatMap(({ route }) => route.destinations);
    for (const { host, port } of destinations) {
      const said = this.#said.get(`${host}:${port}`);
      if (said === undefined || said.protocol === protocol) continue;
      const reason = `protocol ${protocol}: port ${port} of ${host} speaks ${said.protocol} by ${mention(said.by)}`;
      this.problems.push(problemOf(resource, ["spec", "protocol"], reason));
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
      const tunnels = tunnelsOf(built.virtualHosts, services, policies);
      const { virtualHosts } = built;
      return { protocol, port, mode: "call", ...(tunnels.length > 0 && { tunnels }), virtualHosts };
    });
  return { listeners, problems };
}

function toService(draft: ServiceDraft, rule: DestinationRule | undefined, speaking: PortProtocols): Service {
  const trafficPolicy = rule?.spec.trafficPolicy ?? {};
  const subsets = (rule?.spec.subsets ?? []).map(({ name, labels, trafficPolicy: own }) => {
    return { name, labels, trafficPolicy: layerPolicy(trafficPolicy, own) };
  });
  return {
    namespace: draft.entry.namespace,
    host: draft.host,
    ports: draft.ports
      .map((port) => ({ ...port, protocol: speaking.of(draft.host, port.number) }))
      .sort((a, b) => a.number - b.number),
    resolution: draft.entry.spec.resolution,
    endpoints: [...draft.endpoints].sort((a, b) => compareText(JSON.stringify(a), JSON.stringify(b))),
    subsets: subsets.sort((a, b) => compareText(a.name, b.name)),
    trafficPolicy,
  };
}
