import type { Route, VirtualHost, WeightedDestination } from "../model/model.js";
import { mention, problemOf } from "../resource/resource.js";
import { compareText, type Problem } from "../status/problem.js";
import type { ResolvedRoute, ResolvedVirtualService } from "./resolve-virtual-service.js";
import type { ServiceDraft, ServiceIndex } from "./service-index.js";

/** One service of a listener, under all its names, with the VirtualServices that are for it. */
interface Claim {
  readonly names: string[];
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
    else group.names.push(...claim.names);
  }
  const conflicts = new Map<ResolvedRoute, Problem>();
  const virtualHosts = [...groups.values()].map(({ names, by }): VirtualHost => {
    const title = names.find((name) => services.get(name) !== undefined) ?? names[0];
    return { name: `${title}:${port}`, services: names, routes: mergeRoutes(by, conflicts) };
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
      const claim = claims.get(meaning) ?? { names: [], by: [] };
      claims.set(meaning, claim);
      if (!owners.has(name)) claim.names.push(name);
      owners.set(name, owner);
      if (owner.meaning !== meaning) {
        // Its full name still leads to the service.
        const by = mention(owner.first.resource);
        const reason = `calls to ${name} go to ${owner.meaning} already, by ${by}; only calls to ${meaning} come here`;
        problems.push(problemOf(virtualService.resource, path, reason));
      }
      if (!claim.by.includes(virtualService)) claim.by.push(virtualService);
    }
  }
  // The other names of a service: its host, and the hosts of its ServiceEntry that no VirtualService names.
  for (const [meaning, claim] of claims) {
    const [first] = claim.by;
    if (first === undefined) continue;
    for (const host of [meaning, ...(services.get(meaning)?.entry.spec.hosts ?? [])]) {
      if (owners.has(host) || (host !== meaning && claims.has(host)) || services.get(host) === undefined) continue;
      owners.set(host, { meaning, first });
      claim.names.push(host);
    }
  }
  return { claims: claims.values(), owners: new Set(owners.keys()) };
}

/** One after the other in the order of the resources; the route for every call, of which there can be one, comes last. */
function mergeRoutes(
  virtualServices: readonly ResolvedVirtualService[],
  conflicts: Map<ResolvedRoute, Problem>,
): readonly Route[] {
  const routes: Route[] = [];
  let last: ResolvedRoute | undefined;
  for (const resolved of virtualServices.flatMap((one) => one.routes)) {
    if (resolved.route.match.length > 0) routes.push(resolved.route);
    else if (last === undefined) last = resolved;
    else if (!sameDestinations(last.route.destinations, resolved.route.destinations)) {
      const { resource, path } = resolved.origin;
      const reason = `left out: ${mention(last.origin.resource)} has a route for every call of the same service, which stays in force`;
      conflicts.set(resolved, problemOf(resource, path, reason));
    }
  }
  return last === undefined ? routes : [...routes, last.route];
}

function sameDestinations(a: readonly WeightedDestination[], b: readonly WeightedDestination[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function defaultVirtualHost(host: string, port: number): VirtualHost {
  const destinations = [{ host, subset: undefined, port, weight: 100 }];
  return {
    name: `${host}:${port}`,
    services: [host],
    routes: [{ name: "default", match: [], destinations, origin: undefined }],
  };
}
