import { clusterName } from "../adapter/model/cluster-name.js";
import type { LocalRateLimit, OutboundListener, Retry, Route } from "../adapter/model/model.js";

export const SERVICE = "org.apache.dubbo.demo.DemoService";
export const METHOD = "sayHello";

/** The versions of the service, each a server of the load generator with this tag. */
export const VERSIONS = ["v1", "v2"] as const;
export type Version = (typeof VERSIONS)[number];

/** Who is sent to v2; everybody else gets v1. Names of one length, so that all calls of a case are of one length. */
export const CANARY_USER = "jason";
export const ORDINARY_USER = "alice";

const PORT = 20880;

export function clusterOf(version: Version): string {
  return clusterName({ host: SERVICE, subset: version, port: PORT });
}

/**
 * What the routes look at: an attachment, which stands behind the argument, or the method, which stands before it. Of one method
 * there are no calls to two versions.
 */
export type RouteBy = "attachment" | "method";

/**
 * The table that all proxies are given, of `count` routes with the default. The canary's stands last before it: who looks at
 * one route after the other pays for all of them.
 */
export function routeTable(count: number, by: RouteBy = "attachment"): OutboundListener {
  const others = Array.from({ length: count - 2 }, (_, i) => route(exact(by, `${by}-${i}`), "v1"));
  const canary = by === "method" ? exact(by, METHOD) : exact(by, CANARY_USER);
  return tableOf([...others, route(canary, "v2"), route(undefined, "v1")]);
}

/** The same with a regex in each tenth route but the last two. */
export function routeTableWithRegexes(count: number): OutboundListener {
  const others = Array.from({ length: count - 2 }, (_, i) =>
    route(
      i % 10 === 0 ? { name: "user", kind: "regex", value: `user-${i}-[a-z]+` } : exact("attachment", `user-${i}`),
      "v1",
    ),
  );
  return tableOf([...others, route(exact("attachment", CANARY_USER), "v2"), route(undefined, "v1")]);
}

/** The same with, on each route, retries and a limit that lets all calls through. */
export function governedTable(count: number): OutboundListener {
  const retry: Retry = {
    attempts: 2,
    on: ["connect-failure", "refused"],
    statuses: [],
    backoff_ms: 25,
    maxBackoff_ms: 250,
    budget: { percent: 20, minRetryConcurrency: 3 },
  };
  const bucket = { maxTokens: 1_000_000_000, tokensPerFill: 1_000_000_000, fillInterval_ms: 1_000 };
  const table = routeTable(count);
  const virtualHosts = table.virtualHosts.map((host) => ({
    ...host,
    routes: host.routes.map((one, i): Route => {
      const limit: LocalRateLimit = { id: `limit-${i}`, scope: "ENVOY", bucket, match: [] };
      return { ...one, policy: { retry, localRateLimits: [limit] } };
    }),
  }));
  return { ...table, virtualHosts };
}

function exact(by: RouteBy, value: string): Match {
  return { name: by === "method" ? "method" : "user", kind: "exact", value };
}

/** What Thrift's calls say of the user is their method; bench/load/thrift.go has the same. */
const THRIFT_METHOD = "greet_";

/** The same of Thrift: the canary is told by the method. */
export function thriftTable(count: number): OutboundListener {
  const byMethod = (user: string): Match => ({ name: "method", kind: "exact", value: THRIFT_METHOD + user });
  const others = Array.from({ length: count - 2 }, (_, i) => route(byMethod(`user-${i}`), "v1"));
  const virtualHost = {
    name: `${SERVICE}:${PORT}`,
    services: ["*"],
    routes: [...others, route(byMethod(CANARY_USER), "v2"), route(undefined, "v1")],
  };
  return { protocol: "thrift", port: PORT, mode: "call", virtualHosts: [virtualHost] };
}

/** The same of Redis: the canary is told by what its keys begin with. */
export function redisTable(count: number): OutboundListener {
  const byKey = (user: string): Match => ({ name: "key", kind: "prefix", value: user });
  const others = Array.from({ length: count - 2 }, (_, i) => route(byKey(`user-${i}`), "v1"));
  const virtualHost = {
    name: `${SERVICE}:${PORT}`,
    services: ["*"],
    routes: [...others, route(byKey(CANARY_USER), "v2"), route(undefined, "v1")],
  };
  return { protocol: "redis", port: PORT, mode: "call", virtualHosts: [virtualHost] };
}

function tableOf(routes: readonly Route[]): OutboundListener {
  const virtualHost = { name: `${SERVICE}:${PORT}`, services: [SERVICE], routes };
  return { protocol: "dubbo", port: PORT, mode: "call", virtualHosts: [virtualHost] };
}

/** The same routes, all to v1: what can be observed goes to one cluster. */
export function toOneVersion(table: OutboundListener): OutboundListener {
  const [destination] = route(undefined, "v1").destinations;
  const virtualHosts = table.virtualHosts.map((host) => {
    const routes = host.routes.map((one) => ({ ...one, destinations: destination ? [destination] : [] }));
    return { ...host, routes };
  });
  return { ...table, virtualHosts };
}

interface Match {
  readonly name: string;
  readonly kind: "exact" | "prefix" | "regex";
  readonly value: string;
}

function route(match: Match | undefined, version: Version): Route {
  return {
    name: match?.value ?? "default",
    match: match === undefined ? [] : [{ ...match, invert: false }],
    destinations: [{ host: SERVICE, subset: version, port: PORT, weight: 100 }],
    origin: undefined,
  };
}
