import type { Destination, TokenBucket } from "./model.js";

/** Protocols of ports that Envoy's own HTTP filters serve, by the names that ports have here. None of the filter's. */
export const HTTP_PROTOCOLS = ["http", "http2", "grpc", "grpc-web"] as const;

export type HttpProtocol = (typeof HTTP_PROTOCOLS)[number];

export function isHttp(protocol: string | undefined): protocol is HttpProtocol {
  return HTTP_PROTOCOLS.some((one) => one === protocol);
}

/** Whether servers of it are spoken to in HTTP/2, of which they are known to be able. */
export function isHttp2(protocol: string | undefined): boolean {
  return isHttp(protocol) && protocol !== "http";
}

/** All services that speak HTTP at one port: a request's authority says for which of them it is. */
export interface HttpListener {
  readonly port: number;
  /** By name. */
  readonly virtualHosts: readonly HttpVirtualHost[];
}

/** A service, or names that have their routes in common. Also what a gateway serves on one of its ports. */
export interface HttpVirtualHost {
  /** `host:port` of the first of its hosts; Envoy's name for it. */
  readonly name: string;
  /** Host of the service that it is; absent: of names that are no service's. */
  readonly service?: string;
  /**
   * What requests call it, without a port: hosts, `*.example.com`, or `*` for what no other virtual host takes. Kubernetes' short names
   * are among them.
   */
  readonly hosts: readonly string[];
  /** IP addresses of both families by which requests call it besides, as they are written (IPv6 without brackets). */
  readonly addresses: readonly string[];
  /** Of those of its hosts that not all may see: namespaces that may. */
  readonly nameExports?: Readonly<Record<string, readonly string[]>>;
  /** The first that matches is taken; a request that none matches is answered with 404. */
  readonly routes: readonly HttpRoute[];
}

export interface HttpRoute {
  readonly name: string;
  readonly match: HttpMatch;
  readonly action: HttpAction;
  /** What is done to its requests besides. */
  readonly policy?: HttpPolicy;
  /** The resource that the route comes from: "VirtualService prod/reviews-route", or undefined for a default. */
  readonly origin: string | undefined;
  /** Namespaces whose nodes may see it, where these are not all. */
  readonly exports?: readonly string[];
}

/** All that is said must hold. Nothing said: every request. */
export interface HttpMatch {
  /** Of the path without its query. */
  readonly path?: PathMatch;
  /** Headers by lower-case name; `:method`, `:authority`, `:scheme` and `:path` (with its query) are headers too. */
  readonly headers?: readonly HeaderMatch[];
  /** Parameters of the query, by name. */
  readonly query?: readonly QueryMatch[];
}

export interface PathMatch {
  /** `segments`: the path is this, or begins with it and a `/`. Regular expressions are RE2's and match the whole path. */
  readonly kind: "exact" | "prefix" | "segments" | "regex";
  readonly value: string;
  /** Upper and lower case are the same. Not with `regex`. */
  readonly ignoreCase?: boolean;
}

/** Regular expressions are RE2's and match the whole value. */
export interface StringMatch {
  readonly kind: "exact" | "prefix" | "suffix" | "contains" | "regex";
  readonly value: string;
  /** Upper and lower case are the same. Not with `regex`. */
  readonly ignoreCase?: boolean;
}

export type ValueMatch =
  | StringMatch
  | { readonly kind: "present" }
  /** start <= value < end, the value read as a decimal integer. */
  | { readonly kind: "range"; readonly start: number; readonly end: number };

export interface HeaderMatch {
  readonly name: string;
  readonly value: ValueMatch;
  /** Turns the result around; an absent header then matches. */
  readonly invert: boolean;
}

export interface QueryMatch {
  readonly name: string;
  readonly value: StringMatch | { readonly kind: "present" };
}

export type HttpAction = ForwardAction | RedirectAction | RespondAction;

/** Requests go to a service. */
export interface ForwardAction {
  readonly kind: "forward";
  /** Never empty. */
  readonly destinations: readonly HttpDestination[];
  readonly rewrite?: Rewrite;
}

export interface HttpDestination extends Destination {
  /** Share of the sum of all; one alone has any. 0: none. */
  readonly weight: number;
  /** Besides what the route changes. */
  readonly headers?: HeaderMutations;
}

export interface Rewrite {
  readonly path?: PathRewrite;
  /** What the request calls its host; absent: as it came. */
  readonly authority?: string;
}

/** `prefix` takes the place of what the path's `prefix` or `segments` condition matched, of the whole path with another condition. */
export type PathRewrite =
  | { readonly kind: "prefix"; readonly value: string }
  | { readonly kind: "full"; readonly value: string }
  | { readonly kind: "regex"; readonly pattern: string; readonly substitution: string };

/** The client is sent elsewhere. What is absent stays as the request has it. */
export interface RedirectAction {
  readonly kind: "redirect";
  readonly scheme?: string;
  /** Without a port. */
  readonly host?: string;
  readonly port?: number;
  readonly path?: Exclude<PathRewrite, { readonly kind: "regex" }>;
  readonly status: 301 | 302 | 303 | 307 | 308;
}

/** Envoy answers by itself. */
export interface RespondAction {
  readonly kind: "respond";
  readonly status: number;
  readonly body?: string;
}

/** An absent field asks for nothing. */
export interface HttpPolicy {
  /** Of the request with all its tries; absent: any time. */
  readonly timeout_ms?: number;
  /** Absent: as Istio has it where nothing is said (twice where a host could not be reached). `attempts: 0`: never. */
  readonly retry?: HttpRetry;
  /** Requests that are held back. */
  readonly delay?: { readonly percentage: number; readonly fixedDelay_ms: number };
  readonly abort?: HttpAbort;
  /** Where copies of requests go. */
  readonly mirrors?: readonly HttpMirror[];
  readonly headers?: HeaderMutations;
  readonly cors?: Cors;
  /** All of them must let a request pass. */
  readonly localRateLimits?: readonly HttpLocalRateLimit[];
  readonly globalRateLimit?: HttpGlobalRateLimit;
}

export interface HttpRetry {
  /** Tries besides the first. */
  readonly attempts: number;
  readonly perTryTimeout_ms?: number;
  /** Envoy's conditions: `5xx`, `gateway-error`, `connect-failure`, `unavailable`, … */
  readonly on: readonly string[];
  /** Statuses of answers on which there is another try too. */
  readonly statuses: readonly number[];
  /** The pause is drawn from 0 to the first, doubled with each further try up to the second; absent: 25 ms and ten times as much. */
  readonly backoff_ms?: number;
  readonly maxBackoff_ms?: number;
}

/** Requests that get an error in place of an answer. */
export interface HttpAbort {
  /** Of all requests, 0 to 100, to four decimals. */
  readonly percentage: number;
  readonly status: { readonly http: number } | { readonly grpc: number };
}

export interface HttpMirror extends Destination {
  /** Of all requests, 0 to 100, to four decimals. */
  readonly percentage: number;
}

export interface HeaderMutations {
  readonly request?: HeaderMutation;
  readonly response?: HeaderMutation;
}

/** By lower-case names. In values `%%` is a percent sign, and `%NAME%` what Envoy knows by that name of a request. */
export interface HeaderMutation {
  readonly set: Readonly<Record<string, string>>;
  /** Another header of that name. */
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

export interface Cors {
  readonly allowOrigins: readonly StringMatch[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAge_s?: number;
  readonly allowCredentials?: boolean;
}

/** A limit of the requests that one Envoy lets through, all its workers together. */
export interface HttpLocalRateLimit {
  /** `service`: requests of all routes of the virtual host that have a limit of this id share its tokens. */
  readonly scope: "service" | "route";
  readonly id: string;
  readonly bucket: TokenBucket;
  /** It applies to requests for which all conditions of one of these hold; none: to all requests. */
  readonly match: readonly (readonly HeaderMatch[])[];
}

/** A limit of the requests that all Envoys let through together: a service is asked about each. */
export interface HttpGlobalRateLimit {
  readonly service: { readonly host: string; readonly port: number };
  readonly domain: string;
  /** Absent: 20. */
  readonly timeout_ms?: number;
  /** Whether requests are refused that the service cannot be asked about. */
  readonly failureModeDeny: boolean;
  /** Those of which an entry has no value are not sent. */
  readonly descriptors: readonly { readonly entries: readonly HttpRateLimitEntry[] }[];
}

export type HttpRateLimitEntry =
  | { readonly kind: "value"; readonly key: string; readonly value: string }
  | { readonly kind: "header"; readonly key: string; readonly header: string; readonly skipIfAbsent: boolean }
  /** The client's address, by the key `remote_address`. */
  | { readonly kind: "remote-address" };

/** All that a route has requests go to, where their answers are awaited and where they are not. */
export function httpDestinationsOf({ action, policy }: HttpRoute): readonly Destination[] {
  return [...(action.kind === "forward" ? action.destinations : []), ...(policy?.mirrors ?? [])];
}

/** Whether the route takes every request. */
export function takesAll({ match }: Pick<HttpRoute, "match">): boolean {
  return Object.keys(match).length === 0;
}
