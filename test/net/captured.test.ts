// Sidecars without Istio: clients dial services' addresses, and their connections are redirected to an Envoy beside them.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { Adapter } from "./support/adapter.js";
import { startEnvoy } from "./support/envoy.js";
import { type Host, PROXY, SOMEBODY } from "./support/host.js";
import { curl, startHttpServer } from "./support/http.js";
import { Network } from "./support/network.js";
import { redirect } from "./support/redirect.js";
import { call, SERVICE, startRpcServer } from "./support/rpc.js";

const DUBBO = 20880;
const VIPS = ["198.18.0.7", "fd6d:99::7"] as const;

describe("captured sidecars of both families", () => {
  let network: Network;
  let directory: string;
  let adapter: Adapter;
  let client: Host;
  let server: Host;
  let outside: Host;
  const envoys: EnvoyProcess[] = [];

  beforeAll(async () => {
    network = await Network.create();
    const plane = await network.addPlane();
    const control = await network.addHost("control", { plane });
    client = await network.addHost("client", { plane });
    server = await network.addHost("server", { plane });
    outside = await network.addHost("outside", { plane });
    directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
    await writeFile(join(directory, "services.yaml"), JSON.stringify(orders(server)));
    await writeFile(join(directory, "routes.yaml"), JSON.stringify(ROUTES));
    await startRpcServer(server, "server", "dubbo", DUBBO);
    await startRpcServer(outside, "outside", "dubbo", 7);
    await startHttpServer(outside, "outside", 80);
    await startHttpServer(server, "server", 8080);
    adapter = await Adapter.start(control, "--config", directory);
    for (const host of [client, server]) {
      const id = `sidecar~${host.ip}~${host.name}.prod~prod.svc.cluster.local`;
      const envoy = await startEnvoy(host.as(PROXY), await adapter.bootstrapOf(host, id, "--interception", "redirect"));
      await envoy.ready();
      envoys.push(envoy);
      await redirect(host);
    }
  });

  afterAll(async () => {
    for (const envoy of envoys) await envoy.stop();
    await adapter?.stop();
    await network.remove();
    await rm(directory, { recursive: true });
  });

  it.each(VIPS)("takes calls to %s to the service, and is what stands before it", async (vip) => {
    expect(await call(client.as(SOMEBODY), "dubbo", vip, DUBBO)).toMatchObject({ kind: "answer", name: "server" });
    expect(await call(client.as(SOMEBODY), "dubbo", vip, DUBBO)).toMatchObject({ peer: "127.0.0.6" });
  });

  it("lets unknown destinations pass", async () => {
    for (const ip of outside.ips) {
      const url = `http://${ip.includes(":") ? `[${ip}]` : ip}/`;
      expect(await curl(client.as(SOMEBODY), url)).toMatchObject({ status: 200 });
      expect(await call(client.as(SOMEBODY), "dubbo", ip, 7)).toMatchObject({ kind: "answer", name: "outside" });
    }
    for (const ip of server.ips) {
      const url = `http://${ip.includes(":") ? `[${ip}]` : ip}:8080/`;
      const { body } = await curl(client.as(SOMEBODY), url);
      expect(JSON.parse(body)).toMatchObject({ name: "server", peer: ip.includes(":") ? "::6" : "127.0.0.6" });
    }
  });
});

const ROUTES = {
  apiVersion: "networking.meltemi.io/v1alpha1",
  kind: "VirtualService",
  metadata: { name: "orders", namespace: "prod" },
  spec: {
    hosts: [SERVICE],
    routes: [{ route: [{ destination: { host: "orders.prod.svc.cluster.local" } }] }],
  },
};

function orders(host: Host): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "orders", namespace: "prod" },
    spec: {
      hosts: ["orders.prod.svc.cluster.local"],
      addresses: VIPS,
      ports: [{ number: DUBBO, name: "dubbo", protocol: "TCP" }],
      resolution: "STATIC",
      endpoints: host.ips.map((address) => ({ address })),
    },
  };
}
