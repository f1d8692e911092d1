import { sees } from "../model/exports.js";
import { isHttp } from "../model/http.js";
import type { DeclaredProtocol, Mirror, Route, RoutePolicy, WeightedDestination } from "../model/model.js";
import { PROTOCOLS, SERVICE_ATTRIBUTES } from "../model/protocols.js";
import { nearest, suggestion, summary } from "../resource/near.js";
import { resolveRetries } from "../resource/policies/retries.js";
import type { Report } from "../resource/report.js";
import type { Router } from "../resource/resource.js";
import type { DestinationSpec, TargetSpec } from "../resource/virtual-service.js";
import type { FieldPath } from "../status/field-path.js";
import { formatResourceName } from "../status/problem.js";
import type { DeclaredProtocols } from "./declared-protocols.js";
import { exportsOf } from "./exports.js";
import { aerakiName } from "./port-protocol.js";
import { resolveGlobalRateLimit } from "./resolve-global-rate-limit.js";
import { describePorts, type ServiceDraft, type ServiceIndex } from "./service-index.js";

/** A VirtualService, or a MetaRouter as one, with everything that it refers to found. */
export interface ResolvedVirtualService {
  readonly resource: Router;
  readonly protocol: string;
  /** Where a resource declares that. */
  readonly declared?: DeclaredProtocol;
  /** Of `auto`: those that it is for; undefined: all. */
  readonly protocols: readonly string[] | undefined;
  /** Of the listener that its routes are on. */
  readonly port: number;
  readonly hosts: readonly ClaimedHost[];
  /** What the one host of a MetaRouter is presumably called in messages. */
  readonly presumed: readonly string[];
  readonly routes: readonly ResolvedRoute[];
}

/** A name that the VirtualService is for. */
export interface ClaimedHost {
  readonly name: string;
  readonly path: FieldPath;
  /** Host of the service that the name means, if it means one. */
  readonly service: string | undefined;
}

/** One route of the filter: a VirtualService's route with one entry of its `match`. */
export interface ResolvedRoute {
  readonly route: Route;
  readonly origin: RouteOrigin;
}

/** Where a route was written, to speak of it to its author. */
export interface RouteOrigin {
  readonly resource: Router;
  readonly path: FieldPath;
  /** Of each condition. */
  readonly conditions: readonly FieldPath[];
}

/** Undefined where something was reported. */
export function resolveVirtualService(
  resource: Router,
  services: ServiceIndex,
  declaredProtocols: DeclaredProtocols,
  report: Report,
): ResolvedVirtualService | undefined {
  let complete = true;
  const fail: Report = (path, reason, cause) => {
    complete = false;
    report(path, reason, cause);
  };
  const { spec, namespace } = resource;
  const targets = spec.routes.map(({ destinations }, index) =>
    destinations.map((destination, item) => {
      const path = ["spec", "routes", index, "route", item, "destination"];
      return { destination, path, service: findService(destination, path, namespace, services, fail) };
    }),
  );
  const mirrored = spec.routes.map(({ mirrors = [] }, index) =>
    mirrors.map((mirror, item) => {
      const path = ["spec", "routes", index, "mirrors", item, "destination"];
      return { mirror, path, service: findService(mirror, path, namespace, services, fail) };
    }),
  );
  const hosts = spec.hosts.map((name, index) => ({
    name,
    path: ["spec", "hosts", index],
    service: services.resolve(name, namespace)?.host,
  }));
  if (resource.kind === "MetaRouter") requireServices(hosts, services, fail);
  if (spec.protocol !== undefined) requireProtocol(spec.protocol, declaredProtocols, fail);
  // Of what does not exist nothing can be told.
  const protocol = spec.protocol ?? (complete ? impliedProtocol(resource, targets.flat(), fail) : undefined);
  if (protocol === undefined) return undefined;
  const routed = targets.map((route) =>
    route.map(({ destination, path, service }): WeightedDestination => {
      const port = service && destinationPort(destination, service, protocol, path, fail);
      const { subset, weight, mutations } = destination;
      return { host: service?.host ?? "", subset, port: port ?? 0, weight, ...(mutations && { mutations }) };
    }),
  );
  const globalLimits = spec.routes.map(({ globalRateLimit: limit }) => {
    const find = (target: TargetSpec, path: FieldPath) => findService(target, path, namespace, services, fail);
    return limit && resolveGlobalRateLimit(limit, find, fail);
  });
  const policies = spec.routes.map(({ policy, retry }, index): RoutePolicy | undefined => {
    const globalRateLimit = globalLimits[index];
    const mirrors = (mirrored[index] ?? []).map(({ mirror, path, service }): Mirror => {
      const port = service && destinationPort(mirror, service, protocol, path, fail);
      return { host: service?.host ?? "", subset: mirror.subset, port: port ?? 0, percentage: mirror.percentage };
    });
    if (retry === undefined && mirrors.length === 0 && globalRateLimit === undefined) return policy;
    return {
      ...policy,
      ...(globalRateLimit && { globalRateLimit }),
      ...(retry && { retry: resolveRetries(retry, protocol, fail) }),
      ...(mirrors.length > 0 && { mirrors }),
    };
  });
  if (!complete) return undefined;
  const port = listenerPort(hosts, routed.flat(), protocol, services);
  const declared = declaredProtocols.get(protocol)?.spec.declared;
  const attribute = declared === undefined ? SERVICE_ATTRIBUTES[protocol] : declared.serviceAttribute;
  const presumed = resource.kind === "MetaRouter" ? presumedNames(resource, hosts, attribute, services) : [];
  const { protocols } = spec;
  return {
    resource,
    protocol,
    ...(declared && { declared }),
    protocols,
    port,
    hosts,
    presumed,
    routes: toRoutes(resource, routed, policies),
  };
}

function requireProtocol(protocol: string, declared: DeclaredProtocols, fail: Report): void {
  if (PROTOCOLS.includes(protocol) || declared.has(protocol)) return;
  const near = nearest(protocol, [...PROTOCOLS, ...declared.keys()]);
  const guess = near === undefined ? "" : `; did you mean ${near}?`;
  const reason = `no ApplicationProtocol declares ${protocol}, and this build has no codec for it: it speaks ${PROTOCOLS.join(", ")}${guess}`;
  fail(["spec", "protocol"], reason, "reference");
}

/** A MetaRouter is for what is dialled, not for names in messages. */
function requireServices(hosts: readonly ClaimedHost[], services: ServiceIndex, fail: Report): void {
  for (const { name, path, service } of hosts) {
    if (service === undefined)
      fail(path, `no service has the host ${name}${suggestion(name, services.hosts)}`, "reference");
  }
}

/** What its ServiceEntry's annotation says, and what its routes ask for. */
function presumedNames(
  { spec }: Router,
  hosts: readonly ClaimedHost[],
  attribute: string | undefined,
  services: ServiceIndex,
): readonly string[] {
  const annotated = hosts.flatMap(({ service = "" }) => services.get(service)?.interface ?? []);
  const conditions = spec.routes.flatMap(({ match }) => match.flatMap((one) => one.conditions));
  const asked = conditions.flatMap(({ match }) => {
    return match.name === attribute && match.kind === "exact" ? [match.value] : [];
  });
  return [...new Set([...annotated, ...asked])];
}

interface Target {
  readonly destination: DestinationSpec;
  readonly path: FieldPath;
  readonly service: ServiceDraft | undefined;
}

/** The service that a resource of the namespace means; undefined where there is none, which is reported, as is what of it is missing. */
export function findService(
  destination: TargetSpec,
  path: FieldPath,
  namespace: string,
  services: ServiceIndex,
  fail: Report,
): ServiceDraft | undefined {
  const { host, subset, port } = destination;
  const service = services.resolve(host, namespace);
  if (service === undefined) {
    fail([...path, "host"], `no service has the host ${host}${suggestion(host, services.hosts)}`, "reference");
    return undefined;
  }
  if (!sees(namespace, exportsOf(service.by))) {
    fail([...path, "host"], `${service.host} is not exported to the namespace ${namespace}`, "reference");
    return undefined;
  }
  if (port !== undefined && !service.ports.some(({ number }) => number === port)) {
    fail(
      [...path, "port", "number"],
      `${service.host} has no port ${port}; its ports are ${describePorts(service)}`,
      "reference",
    );
  }
  const reason = subset === undefined ? undefined : services.lacksSubset(service.host, subset);
  if (reason !== undefined) fail([...path, "subset"], reason, "reference");
  return service;
}

/** The one that the ports of the destinations say. */
function impliedProtocol({ kind }: Router, targets: readonly Target[], fail: Report): string | undefined {
  const found = new Set<string>();
  const foreign = new Set<string>();
  for (const { destination, service } of targets) {
    for (const { number, name, protocol } of service?.ports ?? []) {
      // One with destinations of HTTP alone does not come here.
      if ((destination.port ?? number) !== number || isHttp(protocol)) continue;
      const unknown = protocol === undefined ? aerakiName(name) : undefined;
      if (protocol !== undefined) found.add(protocol);
      if (unknown !== undefined) foreign.add(unknown);
    }
  }
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  const codecs = `this build speaks: ${PROTOCOLS.join(", ")}`;
  const needed = kind === "VirtualService" ? "protocol is needed here: " : "";
  const example = kind === "VirtualService" ? "dubbo-main" : "tcp-metaprotocol-dubbo";
  fail(
    ["spec"],
    first !== undefined
      ? `${needed}the ports of the destinations speak ${summary([...found])}`
      : foreign.size > 0
        ? `${needed}the ports of the destinations speak ${summary([...foreign])}, by their names: no codec for it; ${codecs}`
        : `${needed}no port of the destinations says one by its name, as ${example} would`,
  );
  return undefined;
}

function destinationPort(
  destination: TargetSpec,
  service: ServiceDraft,
  protocol: string,
  path: FieldPath,
  fail: Report,
): number | undefined {
  if (destination.port !== undefined) return destination.port;
  const speaking = service.ports.filter((port) => port.protocol === protocol);
  const [port, ...others] = speaking.length > 0 ? speaking : service.ports;
  if (port !== undefined && others.length === 0) return port.number;
  fail(path, `port is needed here: ${service.host} has the ports ${describePorts(service)}`);
  return undefined;
}

/**
 * The port that the destinations have in common. Where they differ, it is the port of the first host that is a service: the
 * one that a destination leads to, else that of the protocol, else its first. Where no host is a service, the first
 * destination's.
 */
function listenerPort(
  hosts: readonly ClaimedHost[],
  destinations: readonly WeightedDestination[],
  protocol: string,
  services: ServiceIndex,
): number {
  const first = destinations[0]?.port ?? 0;
  if (destinations.every(({ port }) => port === first)) return first;
  const host = hosts.find(({ service }) => service !== undefined)?.service;
  if (host === undefined) return first;
  const ports = services.get(host)?.ports ?? [];
  return (
    destinations.find((destination) => destination.host === host)?.port ??
    ports.find((port) => port.protocol === protocol)?.number ??
    ports[0]?.number ??
    first
  );
}

/** Up to the first route for every call: what comes after it is never taken. */
function toRoutes(
  resource: Router,
  destinations: readonly (readonly WeightedDestination[])[],
  policies: readonly (RoutePolicy | undefined)[],
): readonly ResolvedRoute[] {
  const routes: ResolvedRoute[] = [];
  const { spec } = resource;
  const origin = formatResourceName(resource);
  const exports = exportsOf(resource);
  for (const [index, { name, match }] of spec.routes.entries()) {
    const policy = policies[index];
    for (const { path, conditions } of match) {
      routes.push({
        route: {
          name,
          match: conditions.map((condition) => condition.match),
          destinations: destinations[index] ?? [],
          ...(policy && { policy }),
          origin,
          ...(exports && { exports }),
        },
        origin: { resource, path, conditions: conditions.map((condition) => condition.path) },
      });
      if (conditions.length === 0) return routes;
    }
  }
  return routes;
}
