// Two Envoys that are registered as servers of a service, each of which is for the other to find: a call goes to and fro until something ends it.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectionsWithin } from "../../adapter/cli/machine.js";
import { formatAddress } from "../../adapter/xds/address.js";
import { Adapter } from "./support/adapter.js";
import { ENVOY_ADMIN_PORT, startEnvoy } from "./support/envoy.js";
import { type Host, PROXY } from "./support/host.js";
import { Network } from "./support/network.js";
import { call, startRpcServer } from "./support/rpc.js";

const PORT = 20880;
const SERVICE = "orders.prod.svc.cluster.local";
const DESCRIPTORS = 512;

describe.each(["ipv4", "ipv6"] as const)("over %s", (family) => {
  let network: Network;
  let directory: string;
  let adapter: Adapter;
  let client: Host;
  let proxy: Host;
  let other: Host;
  let server: Host;

  beforeAll(async () => {
    network = await Network.create();
    const plane = await network.addPlane();
    const control = await network.addHost("control", { plane });
    const joint = { plane, families: [family] };
    client = await network.addHost("client", joint);
    proxy = await network.addHost("proxy", joint);
    other = await network.addHost("other", joint);
    server = await network.addHost("server", joint);
    await startRpcServer(server, "server", "dubbo", PORT);
    directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
    await register(proxy, other);
    adapter = await Adapter.start(control, "--config", directory, "--listen", `dubbo=0.0.0.0:${PORT},[::]:${PORT}`);
  });

  afterAll(async () => {
    await adapter?.stop();
    await network.remove();
    await rm(directory, { recursive: true });
  });

  async function register(...hosts: readonly Host[]): Promise<void> {
    const entry = {
      apiVersion: "networking.istio.io/v1",
      kind: "ServiceEntry",
      metadata: { name: "orders", namespace: "prod" },
      spec: {
        hosts: [SERVICE],
        ports: [{ number: PORT, name: "dubbo", protocol: "TCP" }],
        resolution: "STATIC",
        endpoints: hosts.map(({ ip }) => ({ address: ip })),
      },
    };
    await writeFile(join(directory, "orders.yaml"), JSON.stringify(entry));
  }

  async function start(host: Host, maxConnections: string) {
    const bootstrap = await adapter.bootstrapOf(host, host.name, "--max-connections", maxConnections);
    const envoy = await startEnvoy([...host.as(PROXY), "prlimit", `--nofile=${DESCRIPTORS}`], bootstrap);
    await envoy.ready();
    return envoy;
  }

  it("ends in an error by the bound of connections, and serves as soon as the registration is right", async () => {
    const bound = String(connectionsWithin(DESCRIPTORS));
    const envoys = [await start(proxy, bound), await start(other, bound)];
    const outcome = await call(client.inside, "dubbo", proxy.ip, PORT, SERVICE);
    expect(outcome).toMatchObject({ kind: "error" });
    const overflows = await Promise.all(
      [proxy, other].map(async ({ ip }) => {
        const at = formatAddress({ ip, port: ENVOY_ADMIN_PORT });
        return await (await fetch(`http://${at}/stats?filter=downstream_global_cx_overflow`)).text();
      }),
    );
    expect(overflows.join("")).toMatch(/downstream_global_cx_overflow: [1-9]/);
    await register(server);
    const kind = async () => (await call(client.inside, "dubbo", proxy.ip, PORT, SERVICE)).kind;
    await expect.poll(kind, { timeout: 20_000 }).toBe("answer");
    for (const envoy of envoys) await envoy.stop();
    await register(proxy, other);
  });

  it("ends Envoy without it", async () => {
    const envoys = [await start(proxy, "none"), await start(other, "none")];
    await call(client.inside, "dubbo", proxy.ip, PORT, SERVICE);
    const ended = Promise.race(envoys.map(({ exited }) => exited));
    const late = new Promise((resolve) => setTimeout(resolve, 10_000, "both live"));
    expect(await Promise.race([ended, late])).not.toBe("both live");
    for (const envoy of envoys) await envoy.stop();
  });
});
