import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { freePort } from "./support/child.js";
import { Istiod } from "./support/istiod.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";
import { GATEWAY, startGateway } from "./support/sidecar.js";

describe("the istiod of the tests", () => {
  let cluster: KubernetesCluster;
  let istiod: Istiod;
  let gateway: EnvoyProcess;
  let port: number;
  const server = createServer((request, response) => response.end(`${request.method} ${request.url}`));

  beforeAll(async () => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    port = await freePort();
    cluster = await KubernetesCluster.start();
    istiod = await Istiod.start(cluster);
    await cluster.apply(...exposed(port, (server.address() as AddressInfo).port));
    gateway = await startGateway(istiod, cluster);
    await gateway.ready();
  });

  afterAll(async () => {
    await gateway.stop();
    await istiod.stop();
    await cluster.stop();
    server.close();
  });

  it("serves a stock Envoy as a gateway over ADS", async () => {
    const call = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return `${response.status} ${await response.text()}`;
    };
    await expect.poll(() => call("/reviews/1").catch(String), { timeout: 20_000 }).toBe("200 GET /reviews/1");
    expect(await call("/ratings")).toMatch(/^404 /);
  });
});

/** What the gateway has at `port`, and sends to the server at `backend`. */
function exposed(port: number, backend: number): readonly object[] {
  const resource = (kind: string, name: string, spec: object) => ({
    apiVersion: "networking.istio.io/v1",
    kind,
    metadata: { name, namespace: GATEWAY.namespace },
    spec,
  });
  return [
    resource("Gateway", "test", {
      selector: GATEWAY.labels,
      servers: [{ port: { number: port, name: "http", protocol: "HTTP" }, bind: "127.0.0.1", hosts: ["*"] }],
    }),
    resource("VirtualService", "reviews", {
      hosts: ["*"],
      gateways: ["test"],
      http: [
        {
          match: [{ uri: { prefix: "/reviews" } }],
          route: [{ destination: { host: "reviews.example", port: { number: 80 } } }],
        },
      ],
    }),
    resource("ServiceEntry", "reviews", {
      hosts: ["reviews.example"],
      location: "MESH_EXTERNAL",
      resolution: "STATIC",
      ports: [{ number: 80, name: "http", protocol: "HTTP" }],
      endpoints: [{ address: "127.0.0.1", ports: { http: backend } }],
    }),
  ];
}
