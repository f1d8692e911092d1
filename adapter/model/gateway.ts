import { type HttpVirtualHost, httpDestinationsOf } from "./http.js";
import type { Destination, OutboundListener, WeightedDestination } from "./model.js";

/**
 * What some Envoys at an edge of the mesh serve: Istio's Gateway or one of the Gateway API, with the routes that are attached to it. A node may
 * be of several; what it then has at each of its ports is for `gatewayListeners` to say.
 */
export interface Gateway {
  readonly namespace: string;
  readonly name: string;
  /** The resource that it comes from: "Gateway prod/edge". Of two with one name in two groups, those of the latter end with the group. */
  readonly origin: string;
  readonly nodes: GatewayNodes;
  /** In the order in which they are written. */
  readonly servers: readonly GatewayServer[];
}

/** Nodes that say of themselves that they are gateways, and have all of the labels; none: each of them. */
export interface GatewayNodes {
  readonly labels: Readonly<Record<string, string>>;
  /** Those of this namespace alone; absent: of any. */
  readonly namespace?: string;
}

/** What is served at a port for some hosts. */
export interface GatewayServer {
  /** Of the port, as it is written; "" where it has none. */
  readonly name: string;
  /** What clients dial: in an HTTP request's authority. */
  readonly port: number;
  /** Where the node listens for it; absent: at `port`. */
  readonly targetPort?: number;
  /** IP address that the node listens at; absent: all that it has, of both families. */
  readonly bind?: string;
  /**
   * Names that clients say: in HTTP's authority, or by SNI where the connection is TLS. `*.example.com` is all below it; `*`: any, or none
   * said. Never empty. What `traffic` has is within these already.
   */
  readonly hosts: readonly string[];
  /** Absent: clients speak without TLS. */
  readonly tls?: GatewayTls;
  readonly traffic: GatewayTraffic;
}

/** `passthrough`: the servers behind it have the certificates, only SNI is read here. It goes with `tcp` traffic alone. */
export type GatewayTls = { readonly mode: "passthrough" } | TerminatedTls;

export interface TerminatedTls {
  readonly mode: "terminate";
  /** Files on the node. */
  readonly certificate: string;
  readonly privateKey: string;
  /** Clients must show a certificate as well. */
  readonly clients?: {
    /** A file on the node: who must have signed it. */
    readonly authorities: string;
    /** One of these names must be in it; absent: any. */
    readonly subjectAltNames?: readonly string[];
  };
  /** Absent: Envoy's, which is 1.2. */
  readonly minimumVersion?: TlsVersion;
  /** Absent: Envoy's, which is 1.3. */
  readonly maximumVersion?: TlsVersion;
  /** For versions up to 1.2, by OpenSSL's names; absent: Envoy's. */
  readonly cipherSuites?: readonly string[];
}

export type TlsVersion = "1.0" | "1.1" | "1.2" | "1.3";

export type GatewayTraffic = RpcTraffic | HttpTraffic | TcpTraffic;

/** Calls go by what is in them. */
export interface RpcTraffic extends Omit<OutboundListener, "port" | "tls"> {
  readonly kind: "rpc";
}

export interface HttpTraffic {
  readonly kind: "http";
  /** Each within the server's hosts: their `hosts` are names that one of those covers. */
  readonly virtualHosts: readonly HttpVirtualHost[];
}

/** Connections go as they are. */
export interface TcpTraffic {
  readonly kind: "tcp";
  /** The first whose SNI is the client's is taken, the longer name before a shorter one; a connection that none takes is closed. */
  readonly routes: readonly TcpRoute[];
}

export interface TcpRoute {
  /** By SNI, within the server's hosts; absent: every connection of the server. Only where the server has TLS. */
  readonly sni?: readonly string[];
  /** Weights are drawn for each connection. Never empty. */
  readonly destinations: readonly WeightedDestination[];
  /** The resource that the route comes from. */
  readonly origin: string | undefined;
  /** Namespaces whose nodes may see it, where these are not all. */
  readonly exports?: readonly string[];
}

/** Where a gateway's requests go. */
export function requestDestinations({ servers }: Gateway): readonly Destination[] {
  return servers.flatMap(({ traffic }) =>
    traffic.kind === "http" ? traffic.virtualHosts.flatMap(({ routes }) => routes.flatMap(httpDestinationsOf)) : [],
  );
}

/** As VirtualServices name it. */
export function gatewayName({ namespace, name }: Pick<Gateway, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}

/** What of a gateway's servers the filter serves. */
export function rpcListeners({ servers }: Gateway): readonly OutboundListener[] {
  return servers.flatMap(({ port, traffic }) => (traffic.kind === "rpc" ? [rpcListener(traffic, port)] : []));
}

export function rpcListener({ kind: _, ...traffic }: RpcTraffic, port: number): OutboundListener {
  return { ...traffic, port };
}

/** What of a gateway's servers Envoy's own HTTP filters serve. */
export function httpServers({ servers }: Gateway): readonly HttpTraffic[] {
  return servers.flatMap(({ traffic }) => (traffic.kind === "http" ? [traffic] : []));
}

/** What becomes of a gateway's connections that go as they are. */
export function connectionRoutes({ servers }: Gateway): readonly TcpRoute[] {
  return servers.flatMap(({ traffic }) => (traffic.kind === "tcp" ? traffic.routes : []));
}
