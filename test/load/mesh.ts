import type { Mesh, Route, Service, VirtualHost } from "../../adapter/model/model.js";
import { CANARY_USER, SERVICE, VERSIONS, type Version } from "../../bench/routes.js";

const PORT = 20880;

/** The load generator's servers as one service with a subset for each version. */
export function meshOf(servers: Readonly<Record<string, string>>, virtualHosts: readonly VirtualHost[]): Mesh {
  const service: Service = {
    namespace: "load",
    host: SERVICE,
    ports: [{ number: PORT, name: "dubbo", protocol: "dubbo" }],
    resolution: "STATIC",
    endpoints: VERSIONS.map((version) => ({
      addresses: ["127.0.0.1"],
      ports: { dubbo: Number(servers[version]?.split(":")[1]) },
      labels: { version },
      locality: { region: "", zone: "", subZone: "" },
      weight: 1,
    })),
    subsets: VERSIONS.map((name) => ({ name, labels: { version: name }, trafficPolicy: {} })),
    trafficPolicy: {},
  };
  return { services: [service], listeners: [{ protocol: "dubbo", port: PORT, mode: "call", virtualHosts }] };
}

/** The canary goes to `canary`, everybody else to v1. */
export function virtualHost(canary: Version): VirtualHost {
  const routes = [route(CANARY_USER, canary, SERVICE), route(undefined, "v1", SERVICE)];
  return { name: `${SERVICE}:${PORT}`, services: [SERVICE], routes };
}

/** Virtual hosts of services that nobody calls. */
export function otherHosts(count: number): VirtualHost[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `default/service-${i}:${PORT}`,
    services: [`com.example.shop.Service${i}`],
    routes: [
      route(`user-${i}`, "v2", `service-${i}.default.svc.cluster.local`),
      route(undefined, "v1", `service-${i}.default.svc.cluster.local`),
    ],
  }));
}

function route(user: string | undefined, subset: Version, host: string): Route {
  return {
    name: user ?? "default",
    match: user === undefined ? [] : [{ name: "user", kind: "exact", value: user, invert: false }],
    destinations: [{ host, subset, port: PORT, weight: 100 }],
    origin: `VirtualService default/${host}`,
  };
}
