// An adapter, an Envoy and other people's programs, each in a host of its own.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { formatAddress } from "../../adapter/xds/address.js";
import { namesOf } from "../interop/support/check-names.js";
import { reportOf } from "../interop/support/consumer-report.js";
import { javaConsumer, javaProvider } from "../interop/support/programs.js";
import { Adapter } from "./support/adapter.js";
import { startEnvoy } from "./support/envoy.js";
import { type Host, PROXY } from "./support/host.js";
import { Network } from "./support/network.js";

const PORT = 20880;

describe.each(["ipv4", "ipv6"] as const)("hosts of %s", (family) => {
  let network: Network;
  let directory: string;
  let adapter: Adapter;
  let envoy: EnvoyProcess;
  let client: Host;
  let proxy: Host;

  beforeAll(async () => {
    network = await Network.create();
    const plane = await network.addPlane();
    const joint = { plane, families: [family] };
    const control = await network.addHost("control", { plane });
    const server = await network.addHost("server", joint);
    client = await network.addHost("client", joint);
    proxy = await network.addHost("proxy", joint);
    directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
    await writeFile(join(directory, "greeter.yaml"), JSON.stringify(greeter(server.ip)));
    await writeFile(join(directory, "routes.yaml"), JSON.stringify(ROUTES));
    await javaProvider(["--listen", server.ip], server.inside)("v1", PORT);
    const at = [formatAddress({ ip: "0.0.0.0", port: PORT }), formatAddress({ ip: "::", port: PORT })];
    const listen = `dubbo=${at[family === "ipv4" ? 0 : 1]}`;
    adapter = await Adapter.start(control, "--config", directory, "--listen", listen);
    envoy = await startEnvoy(proxy.as(PROXY), await adapter.bootstrapOf(proxy, "proxy"));
    await envoy.ready();
  });

  afterAll(async () => {
    await envoy.stop();
    await adapter.stop();
    await network.remove();
    await rm(directory, { recursive: true });
  });

  it("take Dubbo Java's calls through an Envoy", async () => {
    const address = formatAddress({ ip: proxy.ip, port: PORT });
    const report = await reportOf(javaConsumer({ address, mesh: false }, ["call"], client.inside));
    expect(namesOf(["call"]).filter((name) => report.get(name)?.ok !== true)).toEqual([]);
  });
});

const ROUTES = {
  apiVersion: "networking.meltemi.io/v1alpha1",
  kind: "VirtualService",
  metadata: { name: "greeter", namespace: "prod" },
  spec: {
    hosts: ["io.meltemi.interop.api.GreeterService"],
    routes: [{ route: [{ destination: { host: "greeter.prod.svc.cluster.local" } }] }],
  },
};

function greeter(address: string): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "greeter", namespace: "prod" },
    spec: {
      hosts: ["greeter.prod.svc.cluster.local"],
      ports: [{ number: PORT, name: "dubbo", protocol: "TCP" }],
      resolution: "STATIC",
      endpoints: [{ address, labels: { version: "v1" } }],
    },
  };
}
