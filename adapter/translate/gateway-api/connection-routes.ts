import type { TcpRoute } from "../../model/gateway.js";
import type { WeightedDestination } from "../../model/model.js";
import { GATEWAY_API_GROUP } from "../../resource/gateway-api/references.js";
import type { ConnectionRoute } from "../../resource/gateway-api/resources.js";
import type { ConnectionRouteSpec } from "../../resource/gateway-api/routes.js";
import { formatResourceName } from "../../status/problem.js";
import { type BackendFinder, type BadBackend, findBackend, isBad } from "./backends.js";
import type { ListenerDraft } from "./listeners.js";

/** A route of connections in the version that is in force, with all that it refers to looked for. */
export interface ResolvedConnections {
  readonly resource: ConnectionRoute;
  readonly hostnames: readonly string[];
  /** Empty where none of its backends is there: its connections are closed. */
  readonly destinations: readonly WeightedDestination[];
  readonly bad: readonly BadBackend[];
}

export function resolveConnections(
  resource: ConnectionRoute,
  { hostnames, backends }: ConnectionRouteSpec,
  finder: BackendFinder,
): ResolvedConnections {
  const bad: BadBackend[] = [];
  const from = { group: GATEWAY_API_GROUP, kind: resource.kind, namespace: resource.namespace };
  const destinations = backends.flatMap(({ ref, weight }): readonly WeightedDestination[] => {
    const found = findBackend(ref, from, false, finder);
    if (!isBad(found)) return weight > 0 ? [{ ...found, subset: undefined, weight }] : [];
    bad.push(found);
    return [];
  });
  return { resource, hostnames, destinations, bad };
}

export interface AttachedConnections {
  readonly route: ResolvedConnections;
  readonly hosts: readonly string[];
}

/** Of a listener: by SNI where there is TLS, else the one that was first. */
export function tcpRoutesOf({ tls }: ListenerDraft, attached: readonly AttachedConnections[]): readonly TcpRoute[] {
  const routes = attached.flatMap(({ route: { resource, destinations }, hosts }): readonly TcpRoute[] => {
    if (destinations.length === 0) return [];
    const origin = formatResourceName(resource);
    // A TCPRoute is for all that the listener has.
    return [
      tls === undefined || resource.kind === "TCPRoute"
        ? { destinations, origin }
        : { sni: hosts, destinations, origin },
    ];
  });
  return tls === undefined ? routes.slice(0, 1) : routes;
}
