import type { Gateway } from "./gateway.js";
import type { HttpListener } from "./http.js";
import type { Inbound } from "./inbound.js";
import type { MeshPolicy } from "./mesh-policy.js";
import type { DestinationNetwork } from "./network.js";

/**
 * What the mesh is, free of Kubernetes and of Envoy. `translate` makes it from resources, `xds` makes Envoy's resources of it.
 * Immutable once made; lists are sorted so that equal meshes are equal text. Addresses, hosts and namespaces are lists from
 * the first day: dual stack, several planes and tenants need no other shape.
 */
export interface Mesh {
  readonly services: readonly Service[];
  readonly listeners: readonly OutboundListener[];
  /** Services that speak HTTP, by port; absent where none does. */
  readonly http?: readonly HttpListener[];
  /** What nodes at the mesh's edges serve, in the order of the resources: the first of two that want one thing has it. Absent where none does. */
  readonly edge?: readonly Gateway[];
  /** Ports of gateways that are Istio's own Envoys, by number. */
  readonly gateways?: readonly GatewayPort[];
  /**
   * Services that speak nothing of ours, by host, as far as nodes that connections are redirected to must tell them from others: absent where
   * there are none.
   */
  readonly opaque?: readonly Service[];
  /** What nodes call, where that is said. */
  readonly scopes?: readonly Scope[];
  /** What is asked of the inbound side, where that is anything. */
  readonly inbound?: Inbound;
  /** What holds for whole nodes, where that is said; by namespace. */
  readonly policies?: readonly MeshPolicy[];
  /** What is said of the way to single destinations, where anything is. */
  readonly networks?: readonly DestinationNetwork[];
}

/** What the nodes of a namespace call of all that they may see. */
export interface Scope {
  /** Undefined: those of all namespaces that have no scope of their own. */
  readonly namespace: string | undefined;
  /** What one of them lets through is called. */
  readonly egress: readonly Egress[];
}

export interface Egress {
  /** The one port of the services that is called; absent: every port. */
  readonly port?: number;
  readonly hosts: readonly HostPattern[];
  /** Those of `hosts` that are not called all the same. */
  readonly excluded: readonly HostPattern[];
}

export interface HostPattern {
  /** Of the service: `*` any, `.` that of the node. */
  readonly namespace: string;
  /** Of the service, or `*` and what hosts end with. */
  readonly host: string;
}

export interface GatewayPort {
  readonly number: number;
  /** By its name; undefined where that says none, or several. */
  readonly protocol: string | undefined;
  /** What comes is TLS, and passes as it is. */
  readonly isPassedThrough: boolean;
}

/** A service: a Kubernetes Service or an Istio ServiceEntry, with what its DestinationRule says of it. */
export interface Service {
  readonly namespace: string;
  /** Fully qualified host, the one that stands in cluster names. */
  readonly host: string;
  /** Its own IP addresses, of both families; absent where it has none (a headless one). */
  readonly addresses?: readonly string[];
  readonly ports: readonly ServicePort[];
  readonly resolution: "STATIC" | "DNS";
  readonly endpoints: readonly Endpoint[];
  /** Ports, by their names, at which workloads serve that are no endpoints because they are not ready. */
  readonly unreadyPorts?: readonly Readonly<Record<string, number>>[];
  readonly subsets: readonly Subset[];
  readonly trafficPolicy: TrafficPolicy;
  /** Namespaces whose nodes may see it, where these are not all. */
  readonly exports?: readonly string[];
  /** The same of its subsets and its policy. */
  readonly policyExports?: readonly string[];
}

export interface ServicePort {
  readonly number: number;
  readonly name: string;
  /** The RPC protocol, or one of `HTTP_PROTOCOLS`, by appProtocol, by name or by a VirtualService; undefined where it is none that Meltemi serves. */
  readonly protocol: string | undefined;
}

export interface Endpoint {
  /** IP addresses of one endpoint (both families where it has them), or one DNS name where resolution is DNS. */
  readonly addresses: readonly string[];
  /** Port number by port name; a port that is missing uses the service's number, one of 0 is not there. */
  readonly ports: Readonly<Record<string, number>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly locality: Locality;
  /** Relative load, 1 and up. */
  readonly weight: number;
}

export interface Locality {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

export interface Subset {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The service's policy with the subset's own laid over it. */
  readonly trafficPolicy: TrafficPolicy;
}

/** Istio's TrafficPolicy with durations in milliseconds. An absent field leaves Envoy's or Meltemi's default. */
export interface TrafficPolicy {
  readonly loadBalancer?: LoadBalancer;
  readonly connectionPool?: ConnectionPool;
  readonly outlierDetection?: OutlierDetection;
  readonly tls?: UpstreamTls;
  /** Settings of single ports, by port number; they replace the others, as Istio's portLevelSettings do. */
  readonly ports?: Readonly<Record<number, Omit<TrafficPolicy, "ports">>>;
}

export type LoadBalancer =
  | { readonly kind: "ROUND_ROBIN" | "LEAST_REQUEST" | "RANDOM" | "PASSTHROUGH" }
  | (ConsistentHash & { readonly kind: "RING_HASH"; readonly minimumRingSize?: number })
  | (ConsistentHash & { readonly kind: "MAGLEV"; readonly tableSize?: number });

export interface ConsistentHash {
  /** Of the call, by which its host is picked; absent: the client's address. */
  readonly attribute?: string;
}

export interface ConnectionPool {
  readonly maxConnections?: number;
  readonly connect_timeout_ms?: number;
  readonly tcpKeepalive?: { readonly probes?: number; readonly time_s?: number; readonly interval_s?: number };
  /** Of ports that speak HTTP. */
  readonly http?: HttpConnectionPool;
}

export interface HttpConnectionPool {
  readonly maxPendingRequests?: number;
  /** In progress, of all connections together. */
  readonly maxRequests?: number;
  readonly maxRequestsPerConnection?: number;
  /** In progress. */
  readonly maxRetries?: number;
  readonly idleTimeout_ms?: number;
  /** Whether servers whose port says HTTP are spoken to in HTTP/2, as if it said that. */
  readonly upgradesToHttp2?: boolean;
  /** In place of the port's: what the client speaks. */
  readonly usesClientProtocol?: boolean;
  readonly maxConcurrentStreams?: number;
}

export interface OutlierDetection {
  readonly consecutive5xx?: number;
  readonly consecutiveGatewayErrors?: number;
  readonly interval_ms?: number;
  readonly baseEjectionTime_ms?: number;
  readonly maxEjectionPercent?: number;
  readonly minHealthPercent?: number;
}

export interface UpstreamTls {
  readonly mode: "DISABLE" | "SIMPLE" | "MUTUAL";
  readonly sni?: string;
  readonly caCertificates?: string;
  readonly clientCertificate?: string;
  readonly privateKey?: string;
  readonly subjectAltNames?: readonly string[];
  readonly insecureSkipVerify?: boolean;
}

/** One outbound listener per (protocol, port): the virtual host is found by the service name in the message. */
export interface OutboundListener {
  readonly protocol: string;
  /** Of `auto`: those that connections may speak, in the order in which they are looked for. */
  readonly protocols?: readonly string[];
  /** Of a protocol that a resource declares. */
  readonly declared?: DeclaredProtocol;
  readonly port: number;
  readonly mode: ListenerMode;
  readonly settings?: ListenerSettings;
  /** TLS towards clients. */
  readonly tls?: DownstreamTls;
  /** Of the destinations of its routes, those of which something is to be said; by the clusters' names. */
  readonly tunnels?: readonly DestinationTunnels[];
  readonly virtualHosts: readonly VirtualHost[];
}

/** A protocol without a codec of its own. */
export interface DeclaredProtocol {
  /** What reads its messages in the filter, in base64. */
  readonly program: string;
  /** Whether calls say no service. */
  readonly mayLackService: boolean;
  /** Those that are declared by name. */
  readonly attributes: readonly string[];
  /** The attribute that carries the service's name, where one does. */
  readonly serviceAttribute?: string;
}

/**
 * What is done with a client's connection. `call`: each call goes its own way. `connection`: its first call picks the cluster for
 * all of it. `observe`: all of it goes to the one cluster that the routes name, its calls are counted.
 */
export type ListenerMode = "call" | "connection" | "observe";

/** What the filter is to do with messages and connections. An absent field leaves its default. */
export interface ListenerSettings {
  readonly maxMessageBytes?: number;
  readonly maxConnectionAge_ms?: number;
  readonly idleTimeout_ms?: number;
  readonly tunnelIdleTimeout_ms?: number;
}

/** Files on the node. */
export interface DownstreamTls {
  readonly mode: "SIMPLE" | "MUTUAL";
  readonly serverCertificate: string;
  readonly privateKey: string;
  /** Of MUTUAL: who signs the certificates of clients, and names of which they must have one. */
  readonly caCertificates?: string;
  readonly subjectAltNames?: readonly string[];
}

export interface DestinationTunnels {
  readonly host: string;
  readonly subset: string | undefined;
  readonly port: number;
  readonly tunnels: Tunnels;
  /** Calls reach a host by the value of this attribute. */
  readonly hashAttribute?: string;
  readonly outlierDetection?: CallOutlierDetection;
}

/** When the filter leaves out a host, by how its calls end. An absent field leaves its default. */
export interface CallOutlierDetection {
  readonly consecutiveErrors?: number;
  readonly errorPercentage?: number;
  readonly minimumCalls?: number;
  readonly interval_ms?: number;
  readonly baseEjectionTime_ms?: number;
  readonly maxEjectionTime_ms?: number;
  readonly maxEjectionPercent?: number;
  /** The protocol's numbers that are errors; absent: all that are no success. */
  readonly statuses?: readonly number[];
}

/** The upstream connections that one client's connection has to a destination. An absent field leaves the filter's default. */
export interface Tunnels {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly callsInFlight?: number;
  readonly maxAge_ms?: number;
  readonly maxCalls?: number;
  /** Of a hash by an attribute: the parts of its values that can lead to different hosts. */
  readonly hashBuckets?: number;
}

export interface VirtualHost {
  /** `host:port` of the service, as Envoy names virtual hosts. */
  readonly name: string;
  /** Service names as they stand in messages; "*" takes what no other virtual host takes. */
  readonly services: readonly string[];
  /** Those of `services` that are its own only where it is not known which service a client has dialled. */
  readonly presumed?: readonly string[];
  /** Where clients dial its services, `IP:port`: calls there come here whose service no virtual host has by its name. */
  readonly addresses?: readonly string[];
  /** Of those of its names that not all may see: namespaces that may. */
  readonly nameExports?: Readonly<Record<string, readonly string[]>>;
  readonly routes: readonly Route[];
}

export interface Route {
  readonly name: string;
  /** Conditions that must all hold; none: every call. */
  readonly match: readonly AttributeMatch[];
  readonly destinations: readonly WeightedDestination[];
  /** What is done to its calls besides. */
  readonly policy?: RoutePolicy;
  /** The resource that the route comes from, for `explain`: "VirtualService prod/reviews-route", or undefined for a default. */
  readonly origin: string | undefined;
  /** Namespaces whose nodes may see it, where these are not all. */
  readonly exports?: readonly string[];
}

/** An absent field asks for nothing. */
export interface RoutePolicy {
  readonly timeout_ms?: number;
  readonly abort?: Abort;
  /** In the order in which they are looked at. */
  readonly localRateLimits?: readonly LocalRateLimit[];
  readonly globalRateLimit?: GlobalRateLimit;
  readonly circuitBreaker?: CircuitBreaker;
  readonly sticky?: Sticky;
  readonly timeoutFrom?: TimeoutFrom;
  readonly delay?: Delay;
  readonly retry?: Retry;
  readonly mirrors?: readonly Mirror[];
  readonly mutations?: MessageMutations;
}

/** What is changed in calls before they are sent, and in answers before the client gets them. */
export interface MessageMutations {
  readonly request?: Mutation;
  readonly response?: Mutation;
}

/** A name stands in one of them only. */
export interface Mutation {
  readonly set: Readonly<Record<string, string>>;
  /** Put behind the value that is there, and a comma. */
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** How many calls may be in flight: of all routes of the virtual host whose scope is the service, or of the route. */
export interface CircuitBreaker {
  readonly scope: "service" | "route";
  readonly maxRequests?: number;
  readonly maxRequestsPerMethod?: number;
  readonly maxPendingRequests?: number;
  readonly pendingTimeout_ms?: number;
}

/** Equal values of the attribute have one destination. */
export interface Sticky {
  readonly attribute: string;
}

/** The attribute's value is the call's timeout in milliseconds, `max_ms` at most. */
export interface TimeoutFrom {
  readonly attribute: string;
  readonly max_ms: number;
}

/** Calls that are held back. */
export interface Delay {
  /** Of all calls, 0 to 100, to four decimals. */
  readonly percentage: number;
  readonly fixedDelay_ms: number;
}

/** What a call is sent once more on; a `reset` is a connection that ended with the call in flight. */
export const RETRY_CONDITIONS = ["connect-failure", "reset", "timeout", "refused", "error"] as const;

export type RetryCondition = (typeof RETRY_CONDITIONS)[number];

/** How calls are sent once more. */
export interface Retry {
  readonly attempts: number;
  readonly on: readonly RetryCondition[];
  /** Statuses of answers, by number, on which they are too. */
  readonly statuses: readonly number[];
  readonly perTryTimeout_ms?: number;
  /** The pause before a retry is drawn from 0 to the first, doubled with each further retry up to the second. */
  readonly backoff_ms: number;
  readonly maxBackoff_ms: number;
  /** Longest message that is kept for it; undefined: the filter's limit. */
  readonly maxMessageBytes?: number;
  /** How many calls may be being retried in each worker: a percentage of those in progress, and a number below which it does not go. */
  readonly budget: { readonly percent: number; readonly minRetryConcurrency: number };
}

/** Where copies of calls go. */
export interface Mirror extends Destination {
  /** Of all calls, 0 to 100, to four decimals. */
  readonly percentage: number;
}

/** Calls that get an error in place of an answer. */
export interface Abort {
  /** Of all calls, 0 to 100, to four decimals. */
  readonly percentage: number;
  /** The protocol's own number of the error. */
  readonly status?: number;
  readonly message?: string;
}

/** A limit of the calls that one Envoy lets through. */
export interface LocalRateLimit {
  /** Among those of its resource; those of one id have their tokens in common. */
  readonly id: string;
  readonly bucket: TokenBucket;
  /** It applies to calls for which all conditions of one of these hold; none: to all calls. */
  readonly match: readonly (readonly AttributeMatch[])[];
  /** Each value of these has a bucket of its own. */
  readonly per?: readonly string[];
  readonly maxBuckets?: number;
  /** Who has the tokens: all workers of an Envoy together, or each one. */
  readonly scope: "ENVOY" | "WORKER";
  /** Where it applies, those after it do not. */
  readonly last?: boolean;
}

/** A limit of the calls that all Envoys let through together: a service is asked about each. */
export interface GlobalRateLimit {
  readonly service: { readonly host: string; readonly port: number };
  readonly domain: string;
  readonly timeout_ms?: number;
  readonly failureModeDeny: boolean;
  readonly descriptors: readonly RateLimitDescriptor[];
}

export interface RateLimitDescriptor {
  readonly entries: readonly RateLimitEntry[];
  /** It is sent for calls for which all conditions of one of these hold; none: for all calls. */
  readonly match: readonly (readonly AttributeMatch[])[];
}

export type RateLimitEntry =
  | { readonly key: string; readonly value: string }
  | { readonly key: string; readonly attribute: string; readonly skipIfAbsent: boolean };

/** Envoy's. */
export interface TokenBucket {
  readonly maxTokens: number;
  readonly tokensPerFill: number;
  readonly fillInterval_ms: number;
}

export type AttributeMatch = { readonly name: string; readonly invert: boolean } & (
  | { readonly kind: "exact" | "prefix" | "suffix" | "contains" | "regex"; readonly value: string }
  | { readonly kind: "present" }
  /** start <= value < end, the value read as a decimal integer. */
  | { readonly kind: "range"; readonly start: number; readonly end: number }
);

export interface Destination {
  readonly host: string;
  readonly subset: string | undefined;
  readonly port: number;
}

export interface WeightedDestination extends Destination {
  /** Share of 100 where there are several; 100 where there is one. */
  readonly weight: number;
  /** In place of the route's: where it says something besides. */
  readonly mutations?: MessageMutations;
}
