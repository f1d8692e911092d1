// Clients, proxies and servers of IPv4, of IPv6 and of both: what can connect does, and what cannot is told so in its own protocol.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { Adapter } from "./support/adapter.js";
import { startEnvoy } from "./support/envoy.js";
import { type Host, PROXY } from "./support/host.js";
import { Network } from "./support/network.js";
import type { Family } from "./support/plane.js";
import { call, type RpcProtocol, startRpcServer } from "./support/rpc.js";

const FAMILIES: Readonly<Record<string, readonly Family[]>> = {
  ipv4: ["ipv4"],
  ipv6: ["ipv6"],
  both: ["ipv4", "ipv6"],
};
const KINDS = Object.keys(FAMILIES);
const PROTOCOLS: Readonly<Record<RpcProtocol, number>> = { dubbo: 20880, thrift: 9090 };

const common = (a: string, b: string) => (FAMILIES[a] ?? []).filter((family) => FAMILIES[b]?.includes(family));

/** One service for each kind of server and protocol. */
const hostOf = (protocol: string, server: string) => `${protocol}-${server}.prod.svc.cluster.local`;

let network: Network;
let directory: string;
let adapter: Adapter;
const hosts = new Map<string, Host>();
const envoys: EnvoyProcess[] = [];

beforeAll(async () => {
  network = await Network.create();
  const plane = await network.addPlane();
  const control = await network.addHost("control", { plane });
  for (const kind of KINDS) {
    for (const role of ["client", "proxy", "server"]) {
      hosts.set(`${role} ${kind}`, await network.addHost(`${role}-${kind}`, { plane, families: FAMILIES[kind] ?? [] }));
    }
  }
  directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
  const services = KINDS.flatMap((kind) => Object.keys(PROTOCOLS).map((protocol) => serviceOf(protocol, kind)));
  await writeFile(join(directory, "services.yaml"), services.map((one) => JSON.stringify(one)).join("\n---\n"));
  for (const kind of KINDS) {
    for (const protocol of ["dubbo", "thrift"] as const) {
      await startRpcServer(host("server", kind), kind, protocol, PROTOCOLS[protocol]);
    }
  }
  const listen = Object.entries(PROTOCOLS).flatMap(([protocol, port]) => [
    "--listen",
    `${protocol}=0.0.0.0:${port},[::]:${port}`,
  ]);
  adapter = await Adapter.start(control, "--config", directory, ...listen);
  for (const kind of KINDS) {
    const proxy = host("proxy", kind);
    const envoy = await startEnvoy(proxy.as(PROXY), await adapter.bootstrapOf(proxy, proxy.name));
    envoys.push(envoy);
    await envoy.ready();
  }
});

afterAll(async () => {
  for (const envoy of envoys) await envoy.stop();
  await adapter?.stop();
  await network.remove();
  await rm(directory, { recursive: true });
});

function host(role: string, kind: string): Host {
  return hosts.get(`${role} ${kind}`) as Host;
}

const matrix = KINDS.flatMap((client) =>
  KINDS.flatMap((proxy) => KINDS.map((server) => ({ client, proxy, server, ways: common(client, proxy) }))),
);

describe.each(["dubbo", "thrift"] as const)("%s", (protocol) => {
  it.each(matrix)("client $client, proxy $proxy, server $server", async ({ client, proxy, server, ways }) => {
    const from = host("client", client).inside;
    const through = host("proxy", proxy);
    const service = hostOf(protocol, server);
    for (const at of through.ips) {
      const outcome = await call(from, protocol, at, PROTOCOLS[protocol], service);
      const family = at.includes(":") ? "ipv6" : "ipv4";
      if (!ways.includes(family)) expect(outcome).toMatchObject({ kind: "end", reason: expect.stringMatching(/^E/) });
      else if (common(proxy, server).length > 0) {
        expect(outcome).toMatchObject({ kind: "answer", name: server });
        expect(common(proxy, server)).toContain((outcome as { readonly family: Family }).family);
      } else {
        expect(outcome).toMatchObject({ kind: "error", text: expect.stringContaining("response flags UH") });
      }
    }
  });
});

it("no node is refused what it gets, or gets an address of a family that it lacks", async () => {
  expect(adapter.log).not.toContain("refuses an update");
  for (const kind of ["ipv4", "ipv6"]) {
    const proxy = host("proxy", kind);
    const response = await fetch(
      `http://${kind === "ipv6" ? `[${proxy.ip}]` : proxy.ip}:15000/config_dump?include_eds`,
    );
    const dump = await response.text();
    const other = host("server", "both")[kind === "ipv6" ? "ipv4" : "ipv6"] as string;
    expect(dump).toContain(host("server", "both")[kind as Family]);
    expect(dump).not.toContain(other);
  }
});

function serviceOf(protocol: string, kind: string): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: `${protocol}-${kind}`, namespace: "prod" },
    spec: {
      hosts: [hostOf(protocol, kind)],
      ports: [{ number: PROTOCOLS[protocol as RpcProtocol], name: protocol, protocol: "TCP" }],
      resolution: "STATIC",
      endpoints: host("server", kind).ips.map((address) => ({ address })),
    },
  };
}
