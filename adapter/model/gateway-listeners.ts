import type { Gateway, GatewayServer, GatewayTls, GatewayTraffic, HttpTraffic, RpcTraffic } from "./gateway.js";
import type { HttpVirtualHost } from "./http.js";
import type { VirtualHost, WeightedDestination } from "./model.js";

/** What a node at the edge has at one of its ports: of all gateways that it is of. */
export interface GatewayListener {
  /** Where it listens. */
  readonly port: number;
  /** IP address that it is bound to; undefined: all of the node, of both families. */
  readonly bind: string | undefined;
  /** One, where clients speak without TLS; else of each connection the one with its SNI, the longer name before a shorter one. */
  readonly chains: readonly GatewayChain[];
}

export interface GatewayChain {
  /** Tells it from others of the node, and stays while others come and go. */
  readonly name: string;
  /** Names that TLS asks for; none: any, or that it says none. */
  readonly sni: readonly string[];
  readonly tls: GatewayTls | undefined;
  readonly traffic: RpcTraffic | HttpTraffic | CarriedTraffic;
}

/** Connections that go as they are. */
export interface CarriedTraffic {
  readonly kind: "tcp";
  readonly destinations: readonly WeightedDestination[];
}

/** What a server does not get, since another had it first. */
export interface GatewayConflict {
  readonly gateway: Gateway;
  /** Index of the server. */
  readonly server: number;
  readonly reason: string;
}

/** Where the traffic of a server came from, to speak of it. */
interface Owner {
  readonly gateway: Gateway;
  readonly index: number;
  readonly server: GatewayServer;
}

/** A port while servers are put together there. */
interface Draft {
  readonly first: Owner;
  readonly chains: GatewayChain[];
  /** Who has a name: of SNI, of HTTP's authority or of a service in calls. */
  readonly owners: Map<string, { readonly owner: Owner; readonly content: string }>;
}

/**
 * Puts together what a node serves that is of all these gateways, in their order. Servers share a port where what they serve can be told apart;
 * the first of two that cannot be has what both want.
 */
export function gatewayListeners(gateways: readonly Gateway[]): {
  readonly listeners: readonly GatewayListener[];
  readonly conflicts: readonly GatewayConflict[];
} {
  const drafts = new Map<string, Draft>();
  const conflicts: GatewayConflict[] = [];
  for (const gateway of gateways) {
    for (const [index, server] of gateway.servers.entries()) {
      const owner = { gateway, index, server };
      const key = `${server.bind ?? ""} ${listenedAt(server)}`;
      const draft = drafts.get(key) ?? { first: owner, chains: [], owners: new Map() };
      drafts.set(key, draft);
      const lose = (reason: string) => conflicts.push({ gateway, server: index, reason });
      const reason = kept(draft.first, owner);
      if (reason === undefined) take(draft, owner, lose);
      else lose(reason);
    }
  }
  const listeners = [...drafts.values()].flatMap(({ first: { server }, chains }): readonly GatewayListener[] => {
    return chains.length > 0 ? [{ port: listenedAt(server), bind: server.bind, chains }] : [];
  });
  return { listeners: listeners.sort((a, b) => a.port - b.port), conflicts };
}

export function listenedAt({ port, targetPort }: GatewayServer): number {
  return targetPort ?? port;
}

/** Why a server cannot be at the port of another at all. */
function kept(first: Owner, { gateway, index, server }: Owner): string | undefined {
  if (first.gateway === gateway && first.index === index) return undefined;
  const port = listenedAt(server);
  if ((first.server.tls === undefined) !== (server.tls === undefined)) {
    const [one, other] = server.tls === undefined ? ["TLS", "no TLS"] : ["no TLS", "TLS"];
    return `port ${port} is one of ${one} by ${describe(first)}: ${other} is not told apart from it`;
  }
  if (server.tls !== undefined) return undefined;
  const spoken = spokenBy(first.server.traffic);
  const mine = spokenBy(server.traffic);
  if (spoken !== mine) return `port ${port} speaks ${spoken} by ${describe(first)}, and not ${mine}`;
  return mine === "tcp" ? `all connections at port ${port} are those of ${describe(first)}` : undefined;
}

function spokenBy(traffic: GatewayTraffic): string {
  return traffic.kind === "rpc" ? traffic.protocol : traffic.kind;
}

function take(draft: Draft, owner: Owner, lose: (reason: string) => void): void {
  const { server } = owner;
  const port = listenedAt(server);
  if (server.tls === undefined) {
    mergePlain(draft, owner, lose);
    return;
  }
  const claim = (hosts: readonly string[]): readonly string[] =>
    hosts.filter((host) => {
      const before = draft.owners.get(host);
      if (before === undefined) draft.owners.set(host, { owner, content: "" });
      else lose(`${host} at port ${port} is of ${describe(before.owner)}`);
      return before === undefined;
    });
  const add = (hosts: readonly string[], traffic: GatewayChain["traffic"]) => {
    const taken = claim(hosts);
    if (taken.length === 0) return;
    const name = `gateway_${spokenBy(server.traffic)}_${port}~${taken[0]}`;
    draft.chains.push({ name, sni: taken.includes("*") ? [] : taken, tls: server.tls, traffic });
  };
  const { traffic } = server;
  if (traffic.kind === "tcp") {
    for (const { sni = server.hosts, destinations } of traffic.routes) add(sni, { kind: "tcp", destinations });
  } else if (traffic.virtualHosts.length > 0) add(server.hosts, traffic);
}

function mergePlain(draft: Draft, owner: Owner, lose: (reason: string) => void): void {
  const { traffic } = owner.server;
  const name = `gateway_${spokenBy(traffic)}_${listenedAt(owner.server)}`;
  const chain = { name, sni: [], tls: undefined };
  const [there] = draft.chains;
  switch (traffic.kind) {
    case "tcp": {
      const [route] = traffic.routes;
      if (route !== undefined)
        draft.chains.push({ ...chain, traffic: { kind: "tcp", destinations: route.destinations } });
      return;
    }
    case "http": {
      const virtualHosts = traffic.virtualHosts.flatMap((one): readonly HttpVirtualHost[] => {
        const hosts = unclaimed(draft, owner, one.hosts, one.routes, lose);
        return hosts.length > 0 ? [{ ...one, hosts }] : [];
      });
      const before = there?.traffic.kind === "http" ? there.traffic.virtualHosts : [];
      const all = [...before, ...virtualHosts];
      if (all.length > 0) draft.chains.splice(0, 1, { ...chain, traffic: { kind: "http", virtualHosts: all } });
      return;
    }
    case "rpc": {
      const virtualHosts = traffic.virtualHosts.flatMap((one): readonly VirtualHost[] => {
        const services = unclaimed(draft, owner, one.services, one.routes, lose);
        return services.length > 0 ? [{ ...one, services }] : [];
      });
      const before = there?.traffic.kind === "rpc" ? there.traffic : undefined;
      const merged = before === undefined ? { ...traffic, virtualHosts } : together(before, traffic, virtualHosts);
      if (merged.virtualHosts.length > 0) draft.chains.splice(0, 1, { ...chain, traffic: merged });
    }
  }
}

/** Names that no other server has; it is said of those that one has and sends elsewhere. */
function unclaimed(
  { owners }: Draft,
  owner: Owner,
  names: readonly string[],
  routes: readonly object[],
  lose: (reason: string) => void,
): readonly string[] {
  const content = JSON.stringify(routes);
  return names.filter((name) => {
    const before = owners.get(name);
    if (before === undefined) owners.set(name, { owner, content });
    else if (before.content !== content) {
      lose(`${name} at port ${listenedAt(owner.server)} is of ${describe(before.owner)}, whose routes stay in force`);
    }
    return before === undefined;
  });
}

function together(first: RpcTraffic, second: RpcTraffic, virtualHosts: readonly VirtualHost[]): RpcTraffic {
  const protocols = new Set([...(first.protocols ?? []), ...(second.protocols ?? [])]);
  const known = new Set((first.tunnels ?? []).map(destination));
  const tunnels = [...(first.tunnels ?? []), ...(second.tunnels ?? []).filter((one) => !known.has(destination(one)))];
  return {
    ...first,
    ...(protocols.size > 0 && { protocols: [...protocols] }),
    ...(tunnels.length > 0 && { tunnels }),
    virtualHosts: [...first.virtualHosts, ...virtualHosts],
  };
}

function destination({ host, subset, port }: { host: string; subset: string | undefined; port: number }): string {
  return `${host} ${subset ?? ""} ${port}`;
}

function describe({ gateway, index }: Owner): string {
  return `server ${index} of ${gateway.origin}`;
}

/** Whether a node with these labels is one of the gateway's. */
export function isNodeOf(
  { nodes }: Gateway,
  node: { readonly labels: Readonly<Record<string, string>>; readonly namespace: string | undefined },
): boolean {
  if (nodes.namespace !== undefined && nodes.namespace !== node.namespace) return false;
  return Object.entries(nodes.labels).every(
    ([name, value]) => Object.hasOwn(node.labels, name) && node.labels[name] === value,
  );
}
