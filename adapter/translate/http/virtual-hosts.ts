import { isIP } from "node:net";
import type { Exports } from "../../model/exports.js";
import { type HttpListener, type HttpRoute, type HttpVirtualHost, isHttp, takesAll } from "../../model/http.js";
import { defaultHttpRoute } from "../../model/http-view.js";
import { MESH_GATEWAY } from "../../resource/http/spec.js";
import { conflict, mention, problemOf } from "../../resource/resource.js";
import { compareText, type Problem } from "../../status/problem.js";
import { exportsOf, together } from "../exports.js";
import { type Mergeable, mergeRoutes } from "../merge-routes.js";
import type { ServiceDraft, ServiceIndex } from "../service-index.js";
import { type LocatedHttpRoute, type ResolvedHttp, routesAt } from "./resolve.js";
import { namespaceOf, namespacesByShortName, shortNames } from "./service-names.js";

/** Where Istio serves names that are no services', and what a request is for that says no port: its listener is the first. */
const DEFAULT_PORT = 80;

/** Which port of a service speaks what. */
export interface Speaking {
  of(host: string, port: number): string | undefined;
}

/** The listeners of sidecars: one for each port at which a service speaks HTTP, or a VirtualService has a name served. */
export function buildHttpListeners(
  resolved: readonly ResolvedHttp[],
  services: ServiceIndex,
  speaking: Speaking,
): { readonly listeners: readonly HttpListener[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const ofMesh = resolved.filter(({ gateways }) => gateways.includes(MESH_GATEWAY));
  const claims = new Claims(ofMesh, services);
  const ports = new Map<number, ServiceDraft[]>();
  for (const draft of services.all) {
    for (const number of httpPorts(draft, speaking)) {
      const there = ports.get(number);
      if (there === undefined) ports.set(number, [draft]);
      else there.push(draft);
    }
  }
  const names = namesByPort(ofMesh, claims, speaking, problems);
  for (const port of names.keys()) if (!ports.has(port)) ports.set(port, []);
  const conflicts = new Map<string, Problem>();
  const listeners = [...ports].map(([port, drafts]): HttpListener => {
    const hosts = new ListenerHosts(port, drafts, conflicts);
    const virtualHosts = [
      ...drafts.map((draft) => hosts.ofService(draft, claims.of(draft.host))),
      ...[...(names.get(port) ?? [])].flatMap(([name, by]) => hosts.ofName(name, by) ?? []),
    ];
    return { port, virtualHosts: virtualHosts.sort((a, b) => compareText(a.name, b.name)) };
  });
  return {
    listeners: listeners
      .filter(({ virtualHosts }) => virtualHosts.length > 0)
      .sort((a, b) => Number(b.port === DEFAULT_PORT) - Number(a.port === DEFAULT_PORT) || a.port - b.port),
    problems: [...problems, ...conflicts.values()],
  };
}

function httpPorts({ host, ports }: ServiceDraft, speaking: Speaking): readonly number[] {
  return ports.map(({ number }) => number).filter((number) => isHttp(speaking.of(host, number)));
}

/** Which VirtualServices are for which service: those that name it, else those whose wildcard is the closest. */
class Claims {
  readonly #byService = new Map<string, { length: number; by: ResolvedHttp[] }>();
  readonly #services = new Map<ResolvedHttp, ServiceDraft[]>();

  constructor(resolved: readonly ResolvedHttp[], services: ServiceIndex) {
    for (const one of resolved) {
      for (const { name, service } of one.hosts) {
        const draft = service === undefined ? undefined : services.get(service);
        if (draft !== undefined) this.#claim(draft, Number.POSITIVE_INFINITY, one);
        if (!name.startsWith("*.")) continue;
        for (const other of services.all) {
          if (other.host.endsWith(name.slice(1))) this.#claim(other, name.length, one);
        }
      }
    }
  }

  #claim(draft: ServiceDraft, length: number, one: ResolvedHttp): void {
    const known = this.#byService.get(draft.host);
    if (known === undefined || known.length < length) this.#byService.set(draft.host, { length, by: [one] });
    else if (known.length === length && !known.by.includes(one)) known.by.push(one);
    const claimed = this.#services.get(one);
    if (claimed === undefined) this.#services.set(one, [draft]);
    else claimed.push(draft);
  }

  of(host: string): readonly ResolvedHttp[] {
    return this.#byService.get(host)?.by ?? [];
  }

  /** Services that it names, whether another one names them more closely or not. */
  servicesOf(one: ResolvedHttp): readonly ServiceDraft[] {
    return this.#services.get(one) ?? [];
  }
}

/** Names that are no services', by the ports at which they are served. */
function namesByPort(
  resolved: readonly ResolvedHttp[],
  claims: Claims,
  speaking: Speaking,
  problems: Problem[],
): ReadonlyMap<number, ReadonlyMap<string, ResolvedHttp[]>> {
  const found = new Map<number, Map<string, ResolvedHttp[]>>();
  for (const one of resolved) {
    const services = claims.servicesOf(one);
    const ports = new Set(services.flatMap((draft) => httpPorts(draft, speaking)));
    if (services.length > 0 && ports.size === 0) problems.push(withoutHttp(one, services));
    if (services.length === 0) ports.add(portOfNames(one));
    for (const { name, service, path } of one.hosts) {
      if (service !== undefined || services.some(({ host }) => name.startsWith("*.") && host.endsWith(name.slice(1)))) {
        continue;
      }
      if (name === "*" && one.resource.kind !== "VirtualService") {
        problems.push(problemOf(one.resource, path, "not for sidecars (the gateway mesh): name the hosts"));
        continue;
      }
      for (const port of ports) {
        const there = found.get(port) ?? new Map<string, ResolvedHttp[]>();
        found.set(port, there.set(name, [...(there.get(name) ?? []), one]));
      }
    }
  }
  return found;
}

function withoutHttp({ resource }: ResolvedHttp, services: readonly ServiceDraft[]): Problem {
  const hosts = services.map(({ host }) => host).join(", ");
  const reason = `without effect on sidecars: no port of ${hosts} speaks HTTP, by its appProtocol or a name such as http-main`;
  return problemOf(resource, ["spec", "hosts"], reason, "warning");
}

/** Istio has one for all; Meltemi's VirtualService is for the port of its destinations. */
function portOfNames({ resource, routes }: ResolvedHttp): number {
  const first = resource.kind === "VirtualService" ? routes[0]?.destinations[0] : undefined;
  return first?.port ?? DEFAULT_PORT;
}

/** The virtual hosts of one port. What one has another does not get: Envoy would refuse both. */
class ListenerHosts {
  readonly #names = new Set<string>();
  readonly #addresses = new Map<string, ServiceDraft>();
  readonly #short: ReadonlyMap<string, readonly string[]>;

  constructor(
    private readonly port: number,
    drafts: readonly ServiceDraft[],
    private readonly conflicts: Map<string, Problem>,
  ) {
    for (const { host } of drafts) this.#names.add(host);
    this.#short = namespacesByShortName(drafts);
  }

  ofService(draft: ServiceDraft, by: readonly ResolvedHttp[]): HttpVirtualHost {
    const { host } = draft;
    const routes = this.#routes(by);
    const nameExports: Record<string, Exports> = {};
    const hosts = [host];
    for (const name of shortNames(host)) {
      const namespaces = this.#short.get(name) ?? [];
      // What several services are called is for each namespace its own.
      if (namespaces.length > 1) nameExports[name] = [namespaceOf(host)];
      else if (this.#names.has(name)) continue;
      this.#names.add(name);
      hosts.push(name);
    }
    return {
      name: `${host}:${this.port}`,
      service: host,
      hosts,
      addresses: draft.addresses.filter((address) => this.#take(address, draft)),
      ...exported(nameExports),
      routes: routes.length > 0 ? routes : [defaultHttpRoute(host, this.port)],
    };
  }

  /** Undefined: there is no route for it at this port, or a service has it. */
  ofName(name: string, by: readonly ResolvedHttp[]): HttpVirtualHost | undefined {
    const routes = this.#routes(by);
    if (routes.length === 0 || this.#names.has(name)) return undefined;
    this.#names.add(name);
    const isAddress = isIP(name) !== 0;
    return {
      name: `${name}:${this.port}`,
      hosts: isAddress ? [] : [name],
      addresses: isAddress && !this.#addresses.has(name) ? [name] : [],
      ...exported({ [name]: together(by.map(({ resource }) => exportsOf(resource))) }),
      routes,
    };
  }

  #take(address: string, draft: ServiceDraft): boolean {
    if (isIP(address) === 0) return false;
    const owner = this.#addresses.get(address);
    if (owner === undefined) this.#addresses.set(address, draft);
    else {
      const reason = `${address} is ${owner.host}'s already, by ${mention(owner.by)}, which stays in force: requests to the address go there`;
      this.conflicts.set(`${draft.host} ${address}`, conflict(draft.by, ["spec", "addresses"], reason));
    }
    return owner === undefined;
  }

  #routes(by: readonly ResolvedHttp[]): readonly HttpRoute[] {
    const routes = by.flatMap((one) => routesAt(one, this.port, MESH_GATEWAY)).map((one) => new MergeableRoute(one));
    return mergeHttpRoutes(routes, this.conflicts);
  }
}

function exported(all: Readonly<Record<string, Exports>>): Pick<HttpVirtualHost, "nameExports"> {
  const kept = Object.entries(all).flatMap(([name, one]) => (one === undefined ? [] : [[name, one] as const]));
  return kept.length > 0 ? { nameExports: Object.fromEntries(kept) } : {};
}

/**
 * The routes of several VirtualServices for the same, in the order of the resources; those for every request come last, of which the first
 * stays in force.
 */
export function mergeHttpRoutes(
  routes: readonly MergeableRoute[],
  conflicts: Map<string, Problem>,
): readonly HttpRoute[] {
  const merged = mergeRoutes(routes, ({ located: { resource, path } }, before) => {
    const reason = `left out: ${mention(before.located.resource)} has a route for every request to the same host, which stays in force`;
    const problem = conflict(resource, path, reason);
    conflicts.set(`${problem.file}:${problem.line} ${problem.field}`, problem);
  });
  return merged.map(({ located }) => located.route);
}

export class MergeableRoute implements Mergeable {
  readonly exports: Exports;
  readonly takesAll: boolean;

  constructor(readonly located: LocatedHttpRoute) {
    this.exports = located.route.exports;
    this.takesAll = takesAll(located.route);
  }

  sameAs({ located: { route } }: MergeableRoute): boolean {
    const { action, policy } = this.located.route;
    return JSON.stringify([action, policy]) === JSON.stringify([route.action, route.policy]);
  }
}
