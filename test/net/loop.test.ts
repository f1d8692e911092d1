// Calls that would come back to the Envoy that sends them: an instance is registered at an address of the Envoy's own machine.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { Adapter } from "./support/adapter.js";
import { ENVOY_ADMIN_PORT, startEnvoy } from "./support/envoy.js";
import { type Host, PROXY, SOMEBODY } from "./support/host.js";
import { Network } from "./support/network.js";
import { call, SERVICE, startRpcServer } from "./support/rpc.js";

const PORT = 20880;
const SERVER_PORT = 20890;
const HOST = "orders.prod.svc.cluster.local";
/** Of clients' connections, so that what goes round ends. */
const MAX_CONNECTIONS = 500;

describe("a machine on two networks, whose Envoy takes calls at all addresses", () => {
  let network: Network;
  let directory: string;
  let adapter: Adapter;
  let machine: Host;
  let envoy: EnvoyProcess;

  beforeEach(async () => {
    network = await Network.create();
    const [first, second] = [await network.addPlane(), await network.addPlane()];
    const control = await network.addHost("control", { plane: first });
    machine = await network.addHost("machine", { plane: first }, { plane: second });
    await startRpcServer(machine, "server", "dubbo", SERVER_PORT, ["127.0.0.1"]);
    directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
    const listen = ["--listen", `dubbo=0.0.0.0:${PORT},[::]:${PORT}`];
    adapter = await Adapter.start(control, "--config", directory, ...listen);
  });

  afterEach(async () => {
    await envoy.stop();
    await adapter.stop();
    await network.remove();
    await rm(directory, { recursive: true });
  });

  async function serve(announced: readonly string[], ...resources: readonly object[]): Promise<void> {
    await writeFile(join(directory, "mesh.yaml"), resources.map((one) => JSON.stringify(one)).join("\n---\n"));
    const options = ["--max-connections", String(MAX_CONNECTIONS)];
    const addresses = announced.flatMap((ip) => ["--address", ip]);
    envoy = await startEnvoy(
      machine.as(PROXY),
      await adapter.bootstrapOf(machine, "machine", ...options, ...addresses),
    );
    await envoy.ready();
    await expect.poll(() => connections(), { timeout: 10_000 }).toBe(0);
  }

  /** That the outbound listener has had. */
  async function connections(): Promise<number | undefined> {
    const response = await fetch(`http://${machine.ip}:${ENVOY_ADMIN_PORT}/stats?format=json`);
    const { stats } = (await response.json()) as { stats: { name?: string; value?: number }[] };
    return stats.find(({ name }) => name === `listener.outbound_dubbo_${PORT}.downstream_cx_total`)?.value;
  }

  const ask = async () => await call(machine.as(SOMEBODY), "dubbo", "127.0.0.1", PORT);
  const second = () => machine.interfaces[1]?.ipv4 ?? "";

  it("goes round where one address is announced, and the instance is at the other: an error is what ends it", async () => {
    await serve([machine.ip], serviceAt(second()), ROUTES, inboundPolicy());
    expect((await ask()).kind).not.toBe("answer");
    expect(await connections()).toBeGreaterThan(MAX_CONNECTIONS / 4);
    // It lives.
    expect((await fetch(`http://${machine.ip}:${ENVOY_ADMIN_PORT}/ready`)).status).toBe(200);
  });

  it("serves the instance at whichever address, where all are announced", async () => {
    for (const ip of machine.ips) {
      await serve(machine.ips, serviceAt(ip), ROUTES, inboundPolicy());
      expect(await ask()).toMatchObject({ kind: "answer", name: "server" });
      expect(await connections()).toBe(1);
      if (ip !== machine.ips.at(-1)) await envoy.stop();
    }
  });

  it("leaves out an instance that is its own listener, and says so", async () => {
    await serve(machine.ips, serviceAt(second(), "127.0.0.1"), ROUTES);
    expect((await ask()).kind).toBe("error");
    expect(await connections()).toBe(1);
    expect(adapter.log).toContain(`endpoint ${second()}:${PORT} and 127.0.0.1:${PORT} of ${HOST} is left out`);
  });
});

/** The listener before the service, which is at the machine's loopback address. */
function inboundPolicy(): object {
  return {
    apiVersion: "networking.meltemi.io/v1alpha1",
    kind: "ListenerPolicy",
    metadata: { name: "orders", namespace: "istio-system" },
    spec: { protocol: "dubbo", port: PORT, inbound: { defaultEndpoint: `127.0.0.1:${SERVER_PORT}` } },
  };
}

function serviceAt(...addresses: readonly string[]): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "orders", namespace: "prod" },
    spec: {
      hosts: [HOST],
      ports: [{ number: PORT, name: "dubbo", protocol: "TCP" }],
      resolution: "STATIC",
      endpoints: addresses.map((address) => ({ address })),
    },
  };
}

const ROUTES = {
  apiVersion: "networking.meltemi.io/v1alpha1",
  kind: "VirtualService",
  metadata: { name: "orders", namespace: "prod" },
  spec: { hosts: [SERVICE], routes: [{ route: [{ destination: { host: HOST } }] }] },
};
