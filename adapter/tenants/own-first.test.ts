import { expect, it } from "vitest";
import type { HttpListener } from "../model/http.js";
import type { Mesh, Service } from "../model/model.js";
import { ownFirst } from "./own-first.js";

function service(namespace: string, port: number, exports?: readonly string[]): Service {
  return {
    namespace,
    host: `${namespace}.example`,
    ports: [{ number: port, name: "http", protocol: "http2" }],
    resolution: "STATIC",
    endpoints: [],
    subsets: [],
    trafficPolicy: {},
    ...(exports && { exports }),
  };
}

function listener(port: number, origin?: string): HttpListener {
  const action = { kind: "respond", status: 404 } as const;
  return {
    port,
    virtualHosts: [
      { name: `x:${port}`, hosts: ["x"], addresses: [], routes: [{ name: "all", match: {}, action, origin }] },
    ],
  };
}

it("listeners of HTTP come first that are of the tenant's services, or routes, and of the root namespace's", () => {
  const mesh: Mesh = {
    services: [service("foo", 80), service("bar", 8080), service("root", 8081), service("bar", 8082, ["foo"])],
    listeners: [],
    http: [listener(80), listener(8080), listener(8081), listener(8082), listener(9090, "VirtualService bar/x")],
  };
  const ports = (tenant: string) => ownFirst(mesh, tenant, "root").http?.map(({ port }) => port);
  expect(ports("bar")).toEqual([8080, 8081, 9090, 80, 8082]);
  expect(ports("foo")).toEqual([80, 8081, 8080, 8082, 9090]);
});
