import {
  type HttpAction,
  type HttpDestination,
  type HttpGlobalRateLimit,
  type HttpMirror,
  type HttpPolicy,
  type HttpRoute,
  isHttp,
  takesAll,
} from "../../model/http.js";
import type { Destination } from "../../model/model.js";
import {
  type HttpActionSpec,
  type HttpMatchSpec,
  type HttpRouteSpec,
  type HttpVirtualServiceSpec,
  type LocatedTarget,
  MESH_GATEWAY,
} from "../../resource/http/spec.js";
import type { Report } from "../../resource/report.js";
import type { IstioVirtualService, VirtualService } from "../../resource/resource.js";
import type { FieldPath } from "../../status/field-path.js";
import { formatResourceName } from "../../status/problem.js";
import { exportsOf } from "../exports.js";
import { resolveGlobalRateLimit } from "../resolve-global-rate-limit.js";
import { type ClaimedHost, findService } from "../resolve-virtual-service.js";
import { describePorts, type ServiceDraft, type ServiceIndex } from "../service-index.js";

/** What says where requests go. */
export type HttpRouter = VirtualService | IstioVirtualService;

/** One of them with everything that it refers to found. */
export interface ResolvedHttp {
  readonly resource: HttpRouter;
  readonly spec: HttpVirtualServiceSpec;
  readonly hosts: readonly ClaimedHost[];
  /** Where its routes hold: `mesh` and gateways as `NAMESPACE/NAME`. */
  readonly gateways: readonly string[];
  readonly routes: readonly ResolvedHttpRoute[];
}

/** One route with one entry of its `match`. */
export interface ResolvedHttpRoute {
  readonly spec: HttpRouteSpec;
  readonly match: HttpMatchSpec;
  /** Of those of its resource. */
  readonly gateways: readonly string[];
  readonly destinations: readonly Target[];
  readonly mirrors: readonly Target[];
  readonly globalRateLimit: HttpGlobalRateLimit | undefined;
}

/** A service that is found, and which of its ports. */
interface Target {
  readonly host: string;
  readonly subset: string | undefined;
  /** Undefined: the one that was dialled, where the service has it. */
  readonly port: number | undefined;
  readonly service: ServiceDraft;
}

/** Undefined where something was reported. */
export function resolveHttp(
  resource: HttpRouter,
  spec: HttpVirtualServiceSpec,
  services: ServiceIndex,
  report: Report,
): ResolvedHttp | undefined {
  let complete = true;
  const fail: Report = (path, reason, cause) => {
    complete = false;
    report(path, reason, cause);
  };
  const { namespace } = resource;
  const hosts = spec.hosts.map((name, index) => ({
    name,
    path: ["spec", "hosts", index],
    service: services.resolve(name, namespace)?.host,
  }));
  const gateways = spec.gateways.map((name) => qualified(name, namespace));
  const find = (target: LocatedTarget): Target | undefined => {
    const service = findService(target, target.path, namespace, services, fail);
    return service && { host: service.host, subset: target.subset, port: portOf(target, service, fail), service };
  };
  const routes = spec.http.flatMap((route): readonly ResolvedHttpRoute[] => {
    const destinations = route.action.kind === "forward" ? route.action.destinations.map(find) : [];
    const mirrors = route.mirrors.map(find);
    const limit = route.globalRateLimit;
    const findLimiter = (target: Parameters<typeof findService>[0], path: FieldPath) =>
      findService(target, path, namespace, services, fail);
    const globalRateLimit = limit && resolveGlobalRateLimit(limit, findLimiter, fail);
    return route.match.map((match) => ({
      spec: route,
      match,
      gateways: placesOf(match, gateways, namespace, fail),
      destinations: destinations.flatMap((one) => one ?? []),
      mirrors: mirrors.flatMap((one) => one ?? []),
      globalRateLimit,
    }));
  });
  return complete ? { resource, spec, hosts, gateways, routes } : undefined;
}

function qualified(gateway: string, namespace: string): string {
  return gateway === MESH_GATEWAY || gateway.includes("/") ? gateway : `${namespace}/${gateway}`;
}

function placesOf(
  { gateways, path }: Pick<HttpMatchSpec, "gateways" | "path">,
  all: readonly string[],
  namespace: string,
  fail: Report,
): readonly string[] {
  if (gateways === undefined || gateways.length === 0) return all;
  return gateways.map((name, index) => {
    const found = qualified(name, namespace);
    if (!all.includes(found)) fail([...path, "gateways", index], `${name} is none of spec.gateways`);
    return found;
  });
}

/** Undefined: the one that was dialled. */
function portOf({ port, path }: LocatedTarget, service: ServiceDraft, fail: Report): number | undefined {
  const spoken = service.ports.find(({ number }) => number === port)?.protocol;
  if (port !== undefined) {
    if (spoken !== undefined && !isHttp(spoken))
      fail([...path, "port"], `port ${port} of ${service.host} speaks ${spoken}`);
    return port;
  }
  const speaking = service.ports.filter(({ protocol }) => isHttp(protocol));
  const [first, ...others] = speaking.length > 0 ? speaking : service.ports;
  if (first !== undefined && others.length === 0) {
    const { number, protocol } = first;
    if (protocol !== undefined && !isHttp(protocol)) fail(path, `port ${number} of ${service.host} speaks ${protocol}`);
    return number;
  }
  if (speaking.length === 0) fail(path, `port is needed here: ${service.host} has the ports ${describePorts(service)}`);
  return undefined;
}

/** The port of a target for who has dialled this one: that of the same number, else the first that speaks HTTP. */
function portAt({ port, service }: Target, dialled: number): number {
  if (port !== undefined) return port;
  const speaking = service.ports.filter(({ protocol }) => isHttp(protocol));
  return (speaking.find(({ number }) => number === dialled) ?? speaking[0])?.number ?? dialled;
}

export interface LocatedHttpRoute {
  readonly route: HttpRoute;
  readonly resource: HttpRouter;
  readonly path: FieldPath;
}

/**
 * Its routes for requests to this port at this place: `mesh` or a gateway as `NAMESPACE/NAME`. Up to the first for every request: what
 * comes after it is never taken.
 */
export function routesAt(
  { resource, routes }: ResolvedHttp,
  dialled: number,
  place: string,
): readonly LocatedHttpRoute[] {
  const exports = exportsOf(resource);
  const origin = formatResourceName(resource);
  const found: LocatedHttpRoute[] = [];
  for (const one of routes) {
    const { spec, match, gateways } = one;
    if (!gateways.includes(place) || (match.port ?? dialled) !== dialled) continue;
    const policy = policyAt(one, dialled, origin);
    const route: HttpRoute = {
      name: match.name === "" ? spec.name : `${spec.name}.${match.name}`,
      match: match.match,
      action: actionAt(spec.action, one.destinations, dialled),
      ...(Object.keys(policy).length > 0 && { policy }),
      origin,
      ...(exports && { exports }),
    };
    found.push({ route, resource, path: match.path });
    if (takesAll(route)) break;
  }
  return found;
}

function actionAt(action: HttpActionSpec, targets: readonly Target[], dialled: number): HttpAction {
  switch (action.kind) {
    case "respond":
      return action;
    case "redirect": {
      const { port, ...others } = action;
      const number = port === "request" ? dialled : port;
      return { ...others, ...(number !== undefined && { port: number }) };
    }
    case "forward": {
      const destinations = action.destinations.map(({ weight, headers }, index): HttpDestination => {
        const target = targets[index];
        if (target === undefined) throw new TypeError("a destination was not found");
        return { ...destinationAt(target, dialled), weight, ...(headers && { headers }) };
      });
      return { ...action, destinations };
    }
  }
}

function policyAt(
  { spec, mirrors: targets, globalRateLimit }: ResolvedHttpRoute,
  dialled: number,
  origin: string,
): HttpPolicy {
  const mirrors = targets.map((target, index): HttpMirror => {
    return { ...destinationAt(target, dialled), percentage: spec.mirrors[index]?.percentage ?? 100 };
  });
  // Those of one resource share their tokens; another one for the same host has its own.
  const localRateLimits = spec.policy.localRateLimits?.map((limit) =>
    limit.scope === "service" ? { ...limit, id: `${origin}: ${limit.id}` } : limit,
  );
  return {
    ...spec.policy,
    ...(localRateLimits && { localRateLimits }),
    ...(mirrors.length > 0 && { mirrors }),
    ...(globalRateLimit && { globalRateLimit }),
  };
}

function destinationAt(target: Target, dialled: number): Destination {
  return { host: target.host, subset: target.subset, port: portAt(target, dialled) };
}
