import type { Route, WeightedDestination } from "../model/model.js";
import { suggestion, summary } from "../resource/near.js";
import type { Report } from "../resource/report.js";
import type { VirtualService } from "../resource/resource.js";
import type { DestinationSpec } from "../resource/virtual-service.js";
import type { FieldPath } from "../status/field-path.js";
import { formatResourceName } from "../status/problem.js";
import { describePorts, type ServiceDraft, type ServiceIndex } from "./service-index.js";

/** A VirtualService with everything that it refers to found. */
export interface ResolvedVirtualService {
  readonly resource: VirtualService;
  readonly protocol: string;
  /** Of the listener that its routes are on. */
  readonly port: number;
  readonly hosts: readonly ClaimedHost[];
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
  readonly resource: VirtualService;
  readonly path: FieldPath;
  /** Of each condition. */
  readonly conditions: readonly FieldPath[];
}

/** Undefined where something was reported. */
export function resolveVirtualService(
  resource: VirtualService,
  services: ServiceIndex,
  report: Report,
): ResolvedVirtualService | undefined {
  let complete = true;
  const fail: Report = (path, reason) => {
    complete = false;
    report(path, reason);
  };
  const { spec, namespace } = resource;
  const targets = spec.routes.map(({ destinations }, index) =>
    destinations.map((destination, item) => {
      const path = ["spec", "routes", index, "route", item, "destination"];
      return { destination, path, service: findService(destination, path, namespace, services, fail) };
    }),
  );
  // Of what does not exist nothing can be told.
  const protocol = spec.protocol ?? (complete ? impliedProtocol(targets.flat(), fail) : undefined);
  if (protocol === undefined) return undefined;
  const routed = targets.map((route) =>
    route.map(({ destination, path, service }): WeightedDestination => {
      const port = service && destinationPort(destination, service, protocol, path, fail);
      const { subset, weight } = destination;
      return { host: service?.host ?? "", subset, port: port ?? 0, weight };
    }),
  );
  if (!complete) return undefined;
  const hosts = spec.hosts.map((name, index) => ({
    name,
    path: ["spec", "hosts", index],
    service: services.resolve(name, namespace)?.host,
  }));
  const port = listenerPort(hosts, routed.flat(), protocol, services);
  return { resource, protocol, port, hosts, routes: toRoutes(resource, routed) };
}

interface Target {
  readonly destination: DestinationSpec;
  readonly path: FieldPath;
  readonly service: ServiceDraft | undefined;
}

function findService(
  destination: DestinationSpec,
  path: FieldPath,
  namespace: string,
  services: ServiceIndex,
  fail: Report,
): ServiceDraft | undefined {
  const { host, subset, port } = destination;
  const service = services.resolve(host, namespace);
  if (service === undefined) {
    fail([...path, "host"], `no service has the host ${host}${suggestion(host, services.hosts)}`);
    return undefined;
  }
  if (port !== undefined && !service.ports.some(({ number }) => number === port)) {
    fail([...path, "port", "number"], `${service.host} has no port ${port}; its ports are ${describePorts(service)}`);
  }
  const reason = subset === undefined ? undefined : services.lacksSubset(service.host, subset);
  if (reason !== undefined) fail([...path, "subset"], reason);
  return service;
}

/** The one that the ports of the destinations say. */
function impliedProtocol(targets: readonly Target[], fail: Report): string | undefined {
  const found = new Set<string>();
  for (const { destination, service } of targets) {
    for (const { number, protocol } of service?.ports ?? []) {
      if (protocol !== undefined && (destination.port ?? number) === number) found.add(protocol);
    }
  }
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  fail(
    ["spec"],
    first === undefined
      ? "protocol is needed here: no port of the destinations says one by its name, as dubbo-main would"
      : `protocol is needed here: the ports of the destinations speak ${summary([...found])}`,
  );
  return undefined;
}

function destinationPort(
  destination: DestinationSpec,
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
  resource: VirtualService,
  destinations: readonly (readonly WeightedDestination[])[],
): readonly ResolvedRoute[] {
  const routes: ResolvedRoute[] = [];
  const { spec } = resource;
  const origin = formatResourceName(resource);
  for (const [index, { name, match }] of spec.routes.entries()) {
    for (const { path, conditions } of match) {
      routes.push({
        route: {
          name,
          match: conditions.map((condition) => condition.match),
          destinations: destinations[index] ?? [],
          origin,
        },
        origin: { resource, path, conditions: conditions.map((condition) => condition.path) },
      });
      if (conditions.length === 0) return routes;
    }
  }
  return routes;
}
