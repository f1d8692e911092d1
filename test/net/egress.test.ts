// Calls leave the mesh by an egress gateway: from a sidecar by it to a server outside, over both families.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { SpokenClient } from "../envoy/spoken/client.js";
import { PROTOCOLS } from "../envoy/spoken/protocols.js";
import { SpokenServer } from "../envoy/spoken/server.js";
import { Adapter } from "./support/adapter.js";
import { startEnvoy } from "./support/envoy.js";
import { type Host, PROXY } from "./support/host.js";
import { Network } from "./support/network.js";
import { rpcGateway, serviceEntry, virtualService, writeResources } from "./support/resources.js";

const SPOKEN = PROTOCOLS.filter(({ protocol }) => protocol === "dubbo" || protocol === "thrift");
/** What calls name; Thrift's name none, and are for what the listener has. */
const SERVICES: Readonly<Record<string, string>> = { dubbo: "demo.Greeter", thrift: "*" };
const PORTS = { dubbo: 20890, thrift: 9090 };

describe.each(["ipv4", "ipv6"] as const)("an egress gateway, over %s", (family) => {
  const servers = new Map<string, SpokenServer>();
  let network: Network;
  let directory: string;
  let app: Host;
  let adapter: Adapter;
  let envoys: readonly EnvoyProcess[] = [];

  beforeAll(async () => {
    network = await Network.create();
    const plane = await network.addPlane();
    const control = await network.addHost("control", { plane });
    const egress = await network.addHost("egress", { plane });
    app = await network.addHost("app", { plane });
    directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
    for (const spoken of SPOKEN) {
      const { protocol } = spoken;
      const port = PORTS[protocol as keyof typeof PORTS];
      const service = SERVICES[protocol] ?? "";
      const server = await SpokenServer.start(spoken, plane[family]);
      servers.set(protocol, server);
      await writeResources(directory, protocol, [
        serviceEntry(`${protocol}-outside`, protocol, 7000, [{ address: plane[family], port: server.port }]),
        serviceEntry(`${protocol}-egress`, protocol, port, [{ address: egress[family] ?? "", port }]),
        virtualService(`${protocol}-by-egress`, service, `${protocol}-egress`),
        virtualService(protocol, service, `${protocol}-outside`, ["egress"]),
      ]);
    }
    await writeResources(directory, "gateway", [rpcGateway("egress", PORTS)]);
    const listen = SPOKEN.map(({ protocol }, i) => [
      "--listen",
      `${protocol}:${PORTS[protocol as keyof typeof PORTS]}=0.0.0.0:${1000 + i},[::]:${1000 + i}`,
    ]);
    adapter = await Adapter.start(control, "--config", directory, ...listen.flat());
    const gateway = `router~${egress.ip}~egress-1.prod~prod.svc.cluster.local`;
    const sidecar = `sidecar~${app.ip}~app-1.prod~prod.svc.cluster.local`;
    envoys = await Promise.all([
      startEnvoy(egress.as(PROXY), await adapter.bootstrapOf(egress, gateway, "--label", "app=egress")),
      startEnvoy(app.as(PROXY), await adapter.bootstrapOf(app, sidecar)),
    ]);
    for (const envoy of envoys) {
      const admin = await envoy.ready();
      await vi.waitUntil(async () => (await (await fetch(`http://${admin}/listeners`)).text()).includes("::"), 20_000);
    }
  });

  afterAll(async () => {
    for (const envoy of envoys) await envoy.stop();
    await adapter?.stop();
    for (const server of servers.values()) await server.close();
    await network.remove();
    await rm(directory, { recursive: true });
  });

  it.each(SPOKEN.map((spoken, i) => ({ spoken, port: 1000 + i, protocol: spoken.protocol })))(
    "takes calls of $protocol out",
    async ({ spoken, port, protocol }) => {
      const client = await SpokenClient.connect(spoken, port, app[family]);
      const answers = await Promise.all(client.call("hello", [{}, {}, {}]));
      expect(answers.map(({ ok, text }) => ok || text)).toEqual([true, true, true]);
      expect(servers.get(protocol)?.calls).toHaveLength(3);
      const [gateway] = envoys;
      expect(gateway && (await clustersOf(gateway)), "of the services outside, and no other").toEqual([
        "outbound|7000||dubbo-outside.example",
        "outbound|7000||thrift-outside.example",
      ]);
      client.close();
    },
  );
});

async function clustersOf(envoy: EnvoyProcess): Promise<readonly string[]> {
  const text = await (await fetch(`http://${await envoy.ready()}/clusters`)).text();
  return [...new Set(text.split("\n").flatMap((line) => /^(outbound\|[^:]*)::/.exec(line)?.[1] ?? []))].sort();
}
