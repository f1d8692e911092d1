import { clusterName } from "../adapter/model/cluster-name.js";
import type { OutboundListener, Route } from "../adapter/model/model.js";

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
 * The table that all proxies are given, of `count` routes with the default. The canary's stands last before it: who looks at
 * one route after the other pays for all of them.
 */
export function routeTable(count: number): OutboundListener {
  const others = Array.from({ length: count - 2 }, (_, i) => route(`user-${i}`, "v1"));
  const routes = [...others, route(CANARY_USER, "v2"), route(undefined, "v1")];
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

function route(user: string | undefined, version: Version): Route {
  return {
    name: user ?? "default",
    match: user === undefined ? [] : [{ name: "user", kind: "exact", value: user, invert: false }],
    destinations: [{ host: SERVICE, subset: version, port: PORT, weight: 100 }],
    origin: undefined,
  };
}
