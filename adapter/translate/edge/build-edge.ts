import {
  type Gateway as EdgeGateway,
  type GatewayServer,
  type GatewayTraffic,
  gatewayName,
  type RpcTraffic,
} from "../../model/gateway.js";
import { gatewayListeners } from "../../model/gateway-listeners.js";
import {
  conflict,
  type Gateway,
  type Identified,
  type IstioVirtualService,
  problemOf,
} from "../../resource/resource.js";
import { formatResourceName, type Problem } from "../../status/problem.js";
import type { DestinationPolicies } from "../choose-destination-policies.js";
import type { DeclaredProtocols } from "../declared-protocols.js";
import type { ResolvedHttp } from "../http/resolve.js";
import type { ProtocolNames } from "../port-protocol.js";
import type { ResolvedVirtualService } from "../resolve-virtual-service.js";
import { selects } from "../selects.js";
import type { ServiceIndex } from "../service-index.js";
import { missingGateways, names, openTo } from "./attachment.js";
import { connectionRoutes, type ResolvedConnections, resolveConnections } from "./connection-routes.js";
import { httpTraffic } from "./http-traffic.js";
import { serveCalls } from "./serve-calls.js";
import { draftServers, type ServerDraft } from "./server-draft.js";

/** The last good version, by name, of what gateways are made of. */
export interface EdgeInForce {
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly connections: ReadonlyMap<string, ResolvedConnections>;
}

export const NO_EDGE_IN_FORCE: EdgeInForce = { gateways: new Map(), connections: new Map() };

/** What else there is in the mesh. */
export interface EdgeSurroundings {
  readonly services: ServiceIndex;
  readonly names: ProtocolNames;
  readonly declared: DeclaredProtocols;
  readonly policies: DestinationPolicies;
  /** Of the RPC protocols. */
  readonly virtualServices: readonly ResolvedVirtualService[];
  readonly istioVirtualServices: readonly IstioVirtualService[];
  /** Of HTTP, either kind. */
  readonly http: readonly ResolvedHttp[];
}

/** Makes gateways of Istio's Gateways and of the VirtualServices that name them. */
export function buildEdge(
  gateways: readonly Gateway[],
  surroundings: EdgeSurroundings,
  before: EdgeInForce,
): { readonly edge: readonly EdgeGateway[]; readonly problems: readonly Problem[]; readonly inForce: EdgeInForce } {
  const { services, names, istioVirtualServices } = surroundings;
  const { drafts, problems: bad } = draftServers(gateways, names, before.gateways);
  const { connections, problems: unresolved } = resolveConnections(istioVirtualServices, services, before.connections);
  const refused = new Set(unresolved.map(({ resource }) => nameOf(resource)));
  const attached = new Set<Identified>();
  const problems: Problem[] = [];
  const overruled = new Map<string, Problem>();
  const edge = [...drafts].map(([gateway, servers]): EdgeGateway => {
    return {
      namespace: gateway.namespace,
      name: gateway.name,
      origin: formatResourceName(gateway),
      nodes: { labels: gateway.spec.selector },
      servers: servers.map((draft) =>
        toServer(draft, trafficOf(draft, surroundings, connections, attached, problems, overruled)),
      ),
    };
  });
  return {
    edge,
    problems: [
      ...bad,
      ...unresolved,
      ...problems,
      ...overruled.values(),
      ...misattached(surroundings, gateways, attached).filter(({ resource }) => !refused.has(nameOf(resource))),
      ...conflicts(edge, [...drafts.keys()]),
      ...[...drafts.keys()].flatMap((gateway, index) => unused(gateway, edge[index])),
    ],
    inForce: {
      gateways: new Map([...drafts.keys()].map((one) => [formatResourceName(one), one])),
      connections: new Map(connections.map((one) => [formatResourceName(one.resource), one])),
    },
  };
}

function nameOf(resource: Problem["resource"]): string {
  return resource === undefined ? "" : formatResourceName(resource);
}

function toServer({ server }: ServerDraft, traffic: GatewayTraffic): GatewayServer {
  const { name, number, targetPort, bind, hosts, tls } = server;
  return {
    name,
    port: number,
    ...(targetPort !== undefined && { targetPort }),
    ...(bind !== undefined && { bind }),
    hosts: [...new Set(hosts.map(({ host }) => host.toLowerCase()))],
    ...(tls && { tls }),
    traffic,
  };
}

function trafficOf(
  draft: ServerDraft,
  surroundings: EdgeSurroundings,
  connections: readonly ResolvedConnections[],
  attached: Set<Identified>,
  problems: Problem[],
  conflicts: Map<string, Problem>,
): GatewayTraffic {
  switch (draft.kind.kind) {
    case "rpc":
      return rpcTraffic(draft, draft.kind.protocol, surroundings, attached, problems);
    case "tcp":
      return { kind: "tcp", routes: connectionRoutes(draft, connections, (one) => attached.add(one)) };
    case "http":
      return httpTraffic(draft, surroundings.http, (one) => attached.add(one), conflicts);
  }
}

function rpcTraffic(
  { gateway, server }: ServerDraft,
  protocol: string,
  surroundings: EdgeSurroundings,
  attached: Set<Identified>,
  problems: Problem[],
): RpcTraffic {
  const here = surroundings.virtualServices.filter(({ resource, ...one }) => {
    const { namespace, spec } = resource;
    return (
      one.protocol === protocol &&
      names(spec.gateways ?? [], namespace, gateway) &&
      openTo(server.hosts, gateway, namespace).length > 0
    );
  });
  for (const { resource } of here) attached.add(resource);
  const served = serveCalls(protocol, server.number, here, surroundings);
  problems.push(...served.problems);
  return served.traffic;
}

/** VirtualServices that name a gateway which is not there, or which none of has a place for them. */
function misattached(
  { virtualServices, istioVirtualServices, http }: EdgeSurroundings,
  gateways: readonly Gateway[],
  attached: ReadonlySet<Identified>,
): readonly Problem[] {
  const known = new Set(gateways.map(gatewayName));
  const rpc = virtualServices.map(({ resource, protocol }) => ({ resource, what: protocol }));
  const istios = istioVirtualServices.map((resource) => ({ resource, what: describe(resource) }));
  const ofHttp = http.flatMap(({ resource }) => {
    return resource.kind === "VirtualService" ? [{ resource, what: `HTTP of ${resource.spec.hosts.join(", ")}` }] : [];
  });
  return [...rpc, ...istios, ...ofHttp].flatMap(({ resource, what }) => {
    const written = resource.spec.gateways ?? [];
    const missing = missingGateways(resource, written, known);
    if (missing.length > 0 || attached.has(resource) || written.every((one) => one === "mesh")) return missing;
    const reason = `none of these has a server for ${what} that is open to VirtualServices of ${resource.namespace}`;
    return [problemOf(resource, ["spec", "gateways"], reason)];
  });
}

function describe({ spec: { http, tls, tcp, hosts } }: IstioVirtualService): string {
  const routes = Object.entries({ http, tls, tcp }).flatMap(([name, routes]) => (routes.length > 0 ? [name] : []));
  return `${routes.join(" and ")} routes of ${hosts.join(", ")}`;
}

/** Where two gateways want the same of nodes of both, as their selectors tell. */
function conflicts(edge: readonly EdgeGateway[], resources: readonly Gateway[]): readonly Problem[] {
  const found = new Map<string, Problem>();
  for (const [index, gateway] of edge.entries()) {
    const resource = resources[index];
    const { labels } = gateway.nodes;
    const earlier = edge.slice(0, index);
    // Each of its nodes is one of theirs; and each node of one of those is one of its own.
    const wider = earlier.filter((one) => selects(one.nodes.labels, labels));
    const narrower = earlier.filter((one) => !wider.includes(one) && selects(labels, one.nodes.labels));
    for (const together of [wider, ...narrower.map((one) => [one])]) {
      for (const lost of gatewayListeners([...together, gateway]).conflicts) {
        if (lost.gateway !== gateway || resource === undefined) continue;
        const key = `${index} ${lost.server} ${lost.reason}`;
        const path = ["spec", "servers", lost.server];
        if (!found.has(key)) found.set(key, conflict(resource, path, lost.reason));
      }
    }
  }
  return [...found.values()];
}

function unused(resource: Gateway, gateway: EdgeGateway | undefined): readonly Problem[] {
  return (gateway?.servers ?? []).flatMap(({ traffic }, index) => {
    const size = traffic.kind === "tcp" ? traffic.routes.length : traffic.virtualHosts.length;
    if (size > 0) return [];
    const reason = "nothing is served here: no VirtualService that names the Gateway has routes for it";
    return [problemOf(resource, ["spec", "servers", index], reason, "warning")];
  });
}
