import type { TcpRoute } from "../../model/gateway.js";
import type { WeightedDestination } from "../../model/model.js";
import type { ConnectionMatchSpec, ConnectionRouteSpec } from "../../resource/http/spec.js";
import type { Report } from "../../resource/report.js";
import { type IstioVirtualService, reportInto } from "../../resource/resource.js";
import { formatResourceName, type Problem } from "../../status/problem.js";
import { exportsOf } from "../exports.js";
import { findService } from "../resolve-virtual-service.js";
import { describePorts, type ServiceIndex } from "../service-index.js";
import { stillInForce } from "../still-in-force.js";
import { names, openTo } from "./attachment.js";
import { commonHosts, covers } from "./hosts.js";
import type { ServerDraft } from "./server-draft.js";

/** A VirtualService's routes of connections, with the services that they name found. */
export interface ResolvedConnections {
  readonly resource: IstioVirtualService;
  readonly tls: readonly ResolvedConnectionRoute[];
  readonly tcp: readonly ResolvedConnectionRoute[];
}

interface ResolvedConnectionRoute {
  readonly match: readonly ConnectionMatchSpec[];
  readonly destinations: readonly WeightedDestination[];
}

/** Of VirtualServices that have any. What is not good is as it was, where it was good before. */
export function resolveConnections(
  virtualServices: readonly IstioVirtualService[],
  services: ServiceIndex,
  before: ReadonlyMap<string, ResolvedConnections>,
): { readonly connections: readonly ResolvedConnections[]; readonly problems: readonly Problem[] } {
  const connections: ResolvedConnections[] = [];
  const problems: Problem[] = [];
  for (const resource of virtualServices) {
    const { tls, tcp } = resource.spec;
    if (tls.length + tcp.length === 0) continue;
    const found: Problem[] = [];
    const fail = reportInto(found, resource);
    requireOwnNames(resource, fail);
    const resolve = ({ match, destinations }: ConnectionRouteSpec) => ({
      match,
      destinations: destinations
        .filter(({ weight }) => weight > 0)
        .map(({ path, weight, ...target }) => {
          const service = findService(target, path, resource.namespace, services, fail);
          const [only, ...others] = service?.ports ?? [];
          const port = target.port ?? (others.length === 0 ? only?.number : undefined);
          if (service !== undefined && port === undefined)
            fail(path, `port is needed here: ${service.host} has the ports ${describePorts(service)}`);
          return { host: service?.host ?? "", subset: target.subset, port: port ?? 0, weight };
        }),
    });
    const now = { resource, tls: tls.map(resolve), tcp: tcp.map(resolve) };
    const last = before.get(formatResourceName(resource));
    const taken = found.length === 0 ? now : last;
    if (taken !== undefined) connections.push(taken);
    problems.push(...(found.length > 0 && last !== undefined ? found.map(stillInForce) : found));
  }
  return { connections, problems };
}

/** Names that TLS asks for are among those that the VirtualService is for. */
function requireOwnNames({ spec: { hosts, tls } }: IstioVirtualService, fail: Report): void {
  for (const { path, sniHosts } of tls.flatMap((one) => one.match)) {
    const foreign = sniHosts.find((name) => !hosts.some((host) => covers(host, name)));
    if (foreign !== undefined) fail([...path, "sniHosts"], `${foreign}: none of spec.hosts is for it`);
  }
}

/** Routes of the connections of a server; `attached` is told of each VirtualService that has one. */
export function connectionRoutes(
  { gateway, server }: ServerDraft,
  connections: readonly ResolvedConnections[],
  attached: (resource: IstioVirtualService) => void,
): readonly TcpRoute[] {
  return connections.flatMap(({ resource, tls, tcp }) => {
    const { namespace, spec } = resource;
    const hosts = commonHosts(spec.hosts, openTo(server.hosts, gateway, namespace));
    if (hosts.length === 0) return [];
    const exports = exportsOf(resource);
    const found = server.tls?.mode === "passthrough" ? bySni(tls, hosts) : whole(tcp);
    if (found.length > 0) attached(resource);
    const origin = formatResourceName(resource);
    return found.map((route) => ({ ...route, origin, ...(exports && { exports }) }));

    function bySni(routes: readonly ResolvedConnectionRoute[], served: readonly string[]) {
      return routes.flatMap(({ match, destinations }) => {
        const sni = match.filter(isHere).flatMap(({ sniHosts }) => commonHosts(sniHosts, served));
        return sni.length > 0 ? [{ sni: [...new Set(sni)], destinations }] : [];
      });
    }

    function whole(routes: readonly ResolvedConnectionRoute[]) {
      return routes.flatMap(({ match, destinations }) => (match.some(isHere) ? [{ destinations }] : [])).slice(0, 1);
    }

    function isHere({ port, gateways = spec.gateways }: ConnectionMatchSpec): boolean {
      return (port === undefined || port === server.number) && names(gateways, namespace, gateway);
    }
  });
}
