import type { Endpoint, Mesh, Route, Service } from "../../adapter/model/model.js";

const LOCALITY = { region: "eu", zone: "a", subZone: "" };

export function endpoint(overrides: Partial<Endpoint> & Pick<Endpoint, "addresses">): Endpoint {
  return { ports: {}, labels: {}, locality: LOCALITY, weight: 1, ...overrides };
}

/** A Dubbo service with subsets v1 and v2, one endpoint each unless said otherwise. */
export function reviews(overrides: Partial<Service> = {}): Service {
  return {
    namespace: "prod",
    host: "reviews.prod.svc.cluster.local",
    ports: [{ number: 20880, name: "dubbo", protocol: "dubbo" }],
    resolution: "STATIC",
    endpoints: [
      endpoint({ addresses: ["127.0.0.1"], ports: { dubbo: 30001 }, labels: { version: "v1" } }),
      endpoint({ addresses: ["127.0.0.1"], ports: { dubbo: 30002 }, labels: { version: "v2" } }),
    ],
    subsets: ["v1", "v2"].map((name) => ({ name, labels: { version: name }, trafficPolicy: {} })),
    trafficPolicy: {},
    ...overrides,
  };
}

export function routeTo(subset: string | undefined, overrides: Partial<Route> = {}): Route {
  const destination = { host: "reviews.prod.svc.cluster.local", subset, port: 20880, weight: 100 };
  return { name: subset ?? "default", match: [], destinations: [destination], origin: undefined, ...overrides };
}

export function meshOf(services: readonly Service[], routes: readonly Route[], port = 20880): Mesh {
  const virtualHost = { name: "reviews.prod.svc.cluster.local:20880", services: ["org.example.Reviews"], routes };
  return { services, listeners: [{ protocol: "dubbo", port, mode: "call", virtualHosts: [virtualHost] }] };
}
