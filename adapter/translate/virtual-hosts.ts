import type { Exports } from "../model/exports.js";
import type { Route, VirtualHost } from "../model/model.js";
import { defaultVirtualHost } from "../model/view.js";
import { conflict, mention } from "../resource/resource.js";
import { compareText, type Problem } from "../status/problem.js";
import { exportsOf, together } from "./exports.js";
import { type Mergeable, mergeRoutes as merge } from "./merge-routes.js";
import type { ResolvedRoute, ResolvedVirtualService } from "./resolve-virtual-service.js";
import type { ServiceDraft, ServiceIndex } from "./service-index.js";

/** One service of a listener, under all its names, with the VirtualServices that are for it. */
interface Claim {
  readonly names: string[];
  /** Names that it has where nobody says otherwise. */
  readonly presumed: string[];
  readonly by: ResolvedVirtualService[];
}

/**
 * The virtual hosts of one listener: VirtualServices for the same service are merged, services with the same VirtualServices
 * share a virtual host, and services without one get a route to their whole cluster.
 */
export function buildVirtualHosts(
  port: number,
  virtualServices: readonly ResolvedVirtualService[],
  defaults: readonly ServiceDraft[],
  services: ServiceIndex,
): { readonly virtualHosts: readonly VirtualHost[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const { claims, owners } = collectClaims(virtualServices, services, problems);
  const order = new Map(virtualServices.map((one, index) => [one, index]));
  const groups = new Map<string, Claim>();
  for (const claim of claims) {
    const key = claim.by.map((one) => order.get(one)).join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, claim);
    else {
      group.names.push(...claim.names);
      group.presumed.push(...claim.presumed);
    }
  }
  const conflicts = new Map<ResolvedRoute, Problem>();
  const virtualHosts = [...groups.values()].map(({ names: given, presumed, by }): VirtualHost => {
    const names = [...given, ...presumed];
    const title = names.find((name) => services.get(name) !== undefined) ?? names[0];
    const nameExports = exportsOfNames(names, by, services);
    const routes = mergeRoutes(by, conflicts);
    return {
      name: `${title}:${port}`,
      services: names,
      ...(presumed.length > 0 && { presumed }),
      ...nameExports,
      routes,
    };
  });
  for (const { host } of defaults) {
    if (!owners.has(host)) virtualHosts.push(defaultVirtualHost(host, port));
  }
  virtualHosts.sort((a, b) => compareText(a.name, b.name));
  return { virtualHosts, problems: [...problems, ...conflicts.values()] };
}

function collectClaims(
  virtualServices: readonly ResolvedVirtualService[],
  services: ServiceIndex,
  problems: Problem[],
): { readonly claims: Iterable<Claim>; readonly owners: ReadonlySet<string> } {
  // By what a name means: two names of one service are one claim.
  const claims = new Map<string, Claim>();
  const owners = new Map<string, { readonly meaning: string; readonly first: ResolvedVirtualService }>();
  for (const virtualService of virtualServices) {
    for (const { name, path, service } of virtualService.hosts) {
      const meaning = service ?? name;
      const owner = owners.get(name) ?? { meaning, first: virtualService };
      const claim = claims.get(meaning) ?? { names: [], presumed: [], by: [] };
      claims.set(meaning, claim);
      if (!owners.has(name)) claim.names.push(name);
      owners.set(name, owner);
      if (owner.meaning !== meaning) {
        // Its full name still leads to the service.
        const by = mention(owner.first.resource);
        const reason = `calls to ${name} go to ${owner.meaning} already, by ${by}; only calls to ${meaning} come here`;
        problems.push(conflict(virtualService.resource, path, reason));
      }
      if (!claim.by.includes(virtualService)) claim.by.push(virtualService);
    }
  }
  // The other names of a service: its host, and the hosts of its ServiceEntry that no VirtualService names.
  for (const [meaning, claim] of claims) {
    const [first] = claim.by;
    if (first === undefined) continue;
    for (const host of [meaning, ...(services.get(meaning)?.hosts ?? [])]) {
      if (owners.has(host) || (host !== meaning && claims.has(host)) || services.get(host) === undefined) continue;
      owners.set(host, { meaning, first });
      claim.names.push(host);
    }
  }
  for (const virtualService of virtualServices) {
    const [{ service } = { service: undefined }] = virtualService.hosts;
    if (service === undefined) continue;
    for (const name of virtualService.presumed) {
      if (owners.has(name) || services.get(name) !== undefined) continue;
      owners.set(name, { meaning: service, first: virtualService });
      claims.get(service)?.presumed.push(name);
    }
  }
  return { claims: claims.values(), owners: new Set(owners.keys()) };
}

/** Who may see names that are no services' own: whoever sees a VirtualService that names them. */
function exportsOfNames(
  names: readonly string[],
  by: readonly ResolvedVirtualService[],
  services: ServiceIndex,
): { readonly nameExports?: Readonly<Record<string, readonly string[]>> } {
  const found: Record<string, readonly string[]> = {};
  for (const name of names) {
    if (services.get(name) !== undefined) continue;
    const naming = by.filter(
      ({ hosts, presumed }) => hosts.some((host) => host.name === name) || presumed.includes(name),
    );
    const exports = together(naming.map(({ resource }) => exportsOf(resource)));
    if (exports !== undefined) found[name] = exports;
  }
  return Object.keys(found).length > 0 ? { nameExports: found } : {};
}

function mergeRoutes(
  virtualServices: readonly ResolvedVirtualService[],
  conflicts: Map<ResolvedRoute, Problem>,
): readonly Route[] {
  const routes = virtualServices.flatMap((one) => one.routes).map((resolved) => new RpcRoute(resolved));
  const merged = merge(routes, ({ resolved }, before) => {
    const { resource, path } = resolved.origin;
    const first = mention(before.resolved.origin.resource);
    const reason = `left out: ${first} has a route for every call of the same service, which stays in force`;
    conflicts.set(resolved, conflict(resource, path, reason));
  });
  return merged.map(({ resolved }) => resolved.route);
}

class RpcRoute implements Mergeable {
  readonly exports: Exports;
  readonly takesAll: boolean;

  constructor(readonly resolved: ResolvedRoute) {
    this.exports = resolved.route.exports;
    this.takesAll = resolved.route.match.length === 0;
  }

  sameAs({ resolved }: RpcRoute): boolean {
    return JSON.stringify(this.resolved.route.destinations) === JSON.stringify(resolved.route.destinations);
  }
}
