import { type HttpListener, type HttpVirtualHost, isHttp } from "../../model/http.js";
import type { Mesh, Service } from "../../model/model.js";
import type { Family } from "../../model/node-profile.js";
import type { NodeShape } from "../../model/node-shape.js";
import {
  type BindAddress,
  type BoundListener,
  type Listen,
  listenerName,
  reachable,
  withoutConflicts,
} from "../bind.js";
import { chainsByFamily } from "../client-family.js";
import type { JsonObject } from "../json.js";
import { makeResource, type Resource } from "../resource.js";
import { PASSTHROUGH } from "../virtual-listeners.js";
import { listenerAddresses, wildcard } from "../wildcard.js";
import { httpConnectionManager } from "./connection-manager.js";
import { buildHttpRoutes, type HttpRoutesOptions, plainDomains } from "./routes.js";

/** A listener of HTTP with the name and the addresses that it has in Envoy. */
export interface BoundHttpListener {
  readonly name: string;
  readonly addresses: readonly [BindAddress, ...BindAddress[]];
  /** Its RDS: the port, as Istio has it, or `http_proxy` where it is for all ports. */
  readonly routes: string;
  readonly virtualHosts: readonly HttpVirtualHost[];
  /** Of each virtual host's name; undefined: they are compared without a port. */
  readonly domains?: ReadonlyMap<string, readonly string[]>;
  /** Ports that it is for. */
  readonly ports: readonly number[];
  /** Connections come to it from `virtualOutbound`, and from nowhere else. */
  readonly redirected?: true;
  /** For requests that no virtual host is for. */
  readonly unmatched?: JsonObject;
}

const ALL_PORTS = "http_proxy";

/**
 * Gives listeners the addresses that `listen` says of `http`, for a port or for all ports together. What it says nothing of is not served: a
 * cluster has many HTTP services, and a node cannot be bound to port 80 for each. Those of `others` are taken.
 */
export function bindHttp(
  { http = [] }: Pick<Mesh, "http">,
  others: readonly BoundListener[],
  { listen }: { readonly listen: readonly Listen[] },
  families: readonly Family[],
  problems: string[],
): readonly BoundHttpListener[] {
  const bound: BoundHttpListener[] = [];
  const all: HttpListener[] = [];
  const shared = listen.find(({ protocol, port }) => protocol === "http" && port === undefined);
  for (const listener of http) {
    const own = listen.find((one) => one.protocol === "http" && one.port === listener.port);
    if (own !== undefined) bound.push(ofPort(listener, own.addresses));
    else all.push(listener);
  }
  if (shared !== undefined && all.length > 0) bound.push(sharedListener(all, shared.addresses));
  const served = bound.flatMap((one) => reachable(one, families, problems));
  return withoutConflicts(served, problems, others);
}

/**
 * The same for a node that connections are redirected to. A port that RPC has for all addresses is HTTP's at those of the services that
 * speak it there.
 */
export function redirectHttp(
  { http = [], services }: Pick<Mesh, "http" | "services">,
  others: readonly BoundListener[],
  { families, unknownDestinations }: Pick<NodeShape, "families" | "unknownDestinations">,
  problems: string[],
): readonly BoundHttpListener[] {
  const unmatched = unknownDestinations === "pass" ? PASS_ON : REFUSE;
  return http.flatMap((listener): readonly BoundHttpListener[] => {
    const { port } = listener;
    const rivals = others.filter((one) => one.listener.port === port);
    if (rivals.length === 0) return [{ ...ofPort(listener, wildcard(families, port)), redirected: true, unmatched }];
    const taken = new Set(rivals.flatMap(({ addresses }) => addresses.map(({ ip }) => ip)));
    const speaking = services.filter(({ ports }) => ports.some((one) => one.number === port && isHttp(one.protocol)));
    for (const { host } of speaking.filter(({ addresses = [] }) => addresses.length === 0)) {
      problems.push(
        `port ${port} of ${host} is not served as HTTP: ${rivals[0]?.listener.protocol} has the port, and the service has no address of its own ` +
          "by which to tell them. Give it one, or another port",
      );
    }
    const own = new Set(speaking.flatMap(({ addresses = [] }) => addresses).filter((ip) => !taken.has(ip)));
    const [first, ...additional] = [...own].map((ip): BindAddress => ({ ip, port }));
    if (first === undefined) return [];
    return [{ ...ofPort(listener, [first, ...additional]), redirected: true, unmatched }];
  });
}

/** As Istio has it: to where the client was going, or nowhere. */
const PASS_ON: JsonObject = {
  name: "allow_any",
  domains: ["*"],
  routes: [{ name: "allow_any", match: { prefix: "/" }, route: { cluster: PASSTHROUGH, timeout: "0s" } }],
};
const REFUSE: JsonObject = {
  name: "block_all",
  domains: ["*"],
  routes: [{ name: "block_all", match: { prefix: "/" }, direct_response: { status: 502 } }],
};

function ofPort({ port, virtualHosts }: HttpListener, addresses: BoundHttpListener["addresses"]): BoundHttpListener {
  return { name: listenerName("http", port), addresses, routes: String(port), virtualHosts, ports: [port] };
}

/** Behind one address requests say which port they are for; one that says none is for the first that has the name. */
function sharedListener(
  listeners: readonly HttpListener[],
  addresses: readonly [BindAddress, ...BindAddress[]],
): BoundHttpListener {
  const domains = new Map<string, readonly string[]>();
  const taken = new Set<string>();
  for (const { port, virtualHosts } of listeners) {
    for (const host of virtualHosts) {
      const names = plainDomains(host);
      const bare = names.filter((name) => !taken.has(name));
      for (const name of bare) taken.add(name);
      const withPort = names.filter((name) => name !== "*").map((name) => `${name}:${port}`);
      domains.set(host.name, [...bare, ...withPort]);
    }
  }
  return {
    name: `outbound_http_${addresses[0].port}`,
    addresses,
    routes: ALL_PORTS,
    virtualHosts: listeners.flatMap(({ virtualHosts }) => virtualHosts),
    domains,
    ports: listeners.map(({ port }) => port),
  };
}

export interface HttpListenerOptions extends Pick<HttpRoutesOptions, "balancerOf" | "hasPlanes"> {
  /** As of other listeners: some cluster of the mesh has its hosts by the family of clients' connections. */
  readonly preservesFamily: boolean;
}

/** LDS and RDS of one. */
export function buildHttpListener(
  { name, addresses, routes, virtualHosts, domains, ports, redirected, unmatched }: BoundHttpListener,
  services: readonly Service[],
  { preservesFamily, ...options }: HttpListenerOptions,
): readonly Resource[] {
  const grpcWeb = services.some((service) =>
    service.ports.some(({ number, protocol }) => protocol === "grpc-web" && ports.includes(number)),
  );
  return [
    makeResource("LDS", name, {
      name,
      ...listenerAddresses(addresses),
      bind_to_port: redirected && false,
      stat_prefix: name,
      traffic_direction: "OUTBOUND",
      filter_chains: chainsByFamily(preservesFamily, (family) => ({
        filters: [
          httpConnectionManager({ statPrefix: name, routes, virtualHosts, grpcWeb, ...(family && { family }) }),
        ],
      })),
    }),
    buildHttpRoutes(routes, virtualHosts, {
      ...options,
      ...(unmatched && { unmatched }),
      ...(domains && { domainsOf: (host: HttpVirtualHost) => domains.get(host.name) ?? [] }),
    }),
  ];
}
