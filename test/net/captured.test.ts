// Sidecars without Istio: clients dial services' addresses, and their connections are redirected to an Envoy beside them.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { createLogger } from "../../adapter/log/logger.js";
import { formatAddress } from "../../adapter/xds/address.js";
import { Adapter } from "./support/adapter.js";
import { ENVOY_ADMIN_PORT, startEnvoy } from "./support/envoy.js";
import { type Host, PROXY, SOMEBODY } from "./support/host.js";
import { curl, startHttpServer } from "./support/http.js";
import { Network } from "./support/network.js";
import type { Family } from "./support/plane.js";
import { redirect } from "./support/redirect.js";
import { call, startRpcServer } from "./support/rpc.js";

const FAMILIES: Readonly<Record<string, readonly Family[]>> = {
  ipv4: ["ipv4"],
  ipv6: ["ipv6"],
  both: ["ipv4", "ipv6"],
};
const KINDS = Object.keys(FAMILIES);
const PROTOCOLS = { dubbo: 20880, thrift: 9090, http: 8080 } as const;
/** The source of Envoy's connections to the program that it stands before. */
const INBOUND: Readonly<Record<Family, string>> = { ipv4: "127.0.0.6", ipv6: "::6" };

type Protocol = keyof typeof PROTOCOLS;

const hostOf = (protocol: Protocol, server: string) => `${protocol}-${server}.prod.svc.cluster.local`;
const vipOf = (protocol: Protocol, server: string, family: Family) => {
  const nth = KINDS.indexOf(server) + 10 * (1 + Object.keys(PROTOCOLS).indexOf(protocol));
  return family === "ipv4" ? `198.18.0.${nth}` : `fd6d:99::${nth}`;
};
const familyOf = (ip: string): Family => (ip.includes(":") ? "ipv6" : "ipv4");

describe.each(["1_40", "1_36"])("Envoy %s", (version) => {
  let network: Network;
  let directory: string;
  let adapter: Adapter;
  let outside: Host;
  const hosts = new Map<string, Host>();
  const envoys: EnvoyProcess[] = [];
  const host = (role: string, kind: string) => hosts.get(`${role} ${kind}`) as Host;

  beforeAll(async () => {
    network = await Network.create();
    const plane = await network.addPlane();
    const control = await network.addHost("control", { plane });
    outside = await network.addHost("outside", { plane });
    for (const kind of KINDS) {
      for (const role of ["client", "server"]) {
        const joint = { plane, families: FAMILIES[kind] ?? [] };
        hosts.set(`${role} ${kind}`, await network.addHost(`${role}-${kind}`, joint));
      }
    }
    directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
    const services = KINDS.flatMap((kind) =>
      (["dubbo", "thrift", "http"] as const).map((protocol) => serviceOf(protocol, kind, host("server", kind))),
    );
    await write("services.yaml", ...services);
    for (const kind of KINDS) {
      for (const protocol of ["dubbo", "thrift"] as const) {
        await startRpcServer(host("server", kind), kind, protocol, PROTOCOLS[protocol]);
      }
      await startHttpServer(host("server", kind), kind, PROTOCOLS.http);
    }
    await startRpcServer(outside, "outside", "dubbo", 7);
    await startHttpServer(outside, "outside", 80);
    await startHttpServer(host("server", "both"), "both", 7070);
    adapter = await Adapter.start(control, "--config", directory);
    for (const one of hosts.values()) {
      await redirect(one);
      const id = `sidecar~${one.ip}~${one.name}.prod~prod.svc.cluster.local`;
      const bootstrap = await adapter.bootstrapOf(one, id, "--interception", "redirect");
      const log = createLogger({ level: "silent" });
      const envoy = await startEnvoy(one.as(PROXY), bootstrap, log, process.env[`MELTEMI_TEST_ENVOY_${version}`]);
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

  async function write(name: string, ...resources: readonly object[]): Promise<void> {
    await writeFile(join(directory, name), resources.map((one) => JSON.stringify(one)).join("\n---\n"));
  }

  async function admin(one: Host, path: string): Promise<string> {
    return await (await fetch(`http://${formatAddress({ ip: one.ip, port: ENVOY_ADMIN_PORT })}${path}`)).text();
  }

  const matrix = KINDS.flatMap((client) => KINDS.map((server) => ({ client, server })));

  describe.each(["dubbo", "thrift"] as const)("%s", (protocol) => {
    it.each(matrix)("a client of $client calls a server of $server", async ({ client, server }) => {
      const ways = (FAMILIES[client] ?? []).filter((family) => FAMILIES[server]?.includes(family));
      for (const family of FAMILIES[client] ?? []) {
        const from = host("client", client).as(SOMEBODY);
        const vip = vipOf(protocol, server, family);
        const outcome = await call(from, protocol, vip, PROTOCOLS[protocol], hostOf(protocol, server));
        if (ways.length === 0) {
          expect(outcome).toMatchObject({ kind: "error", text: expect.stringContaining("response flags UH") });
        } else {
          expect(outcome).toMatchObject({ kind: "answer", name: server });
          // It came through the server's own sidecar, by a family that both have.
          const at = outcome as { readonly family: Family; readonly peer: string };
          expect(ways).toContain(at.family);
          expect(at.peer).toBe(INBOUND[at.family]);
        }
      }
    });
  });

  it.each(matrix)("http: a client of $client calls a server of $server", async ({ client, server }) => {
    const ways = (FAMILIES[client] ?? []).filter((family) => FAMILIES[server]?.includes(family));
    for (const family of FAMILIES[client] ?? []) {
      const url = `http://${formatAddress({ ip: vipOf("http", server, family), port: PROTOCOLS.http })}/`;
      const { status, body, error } = await curl(host("client", client).as(SOMEBODY), url);
      if (ways.length === 0)
        expect({ status, body, error }).toEqual({ status: 503, body: "no healthy upstream", error: "" });
      else {
        const seen = JSON.parse(body) as { readonly name: string; readonly family: Family; readonly peer: string };
        expect(seen.name).toBe(server);
        expect(ways).toContain(seen.family);
        expect(seen.peer).toBe(INBOUND[seen.family]);
      }
    }
  });

  it("counts what comes in, by the service", async () => {
    const stats = await admin(host("server", "both"), "/stats?filter=meltemi_requests_total");
    expect(stats).toContain("inbound_dubbo_20880");
    expect(stats).toContain("inbound_thrift_9090");
  });

  it("takes calls to a server's own address, and lets other ports of it and other destinations pass", async () => {
    const from = host("client", "both").as(SOMEBODY);
    const server = host("server", "both");
    for (const ip of server.ips) {
      expect(await call(from, "dubbo", ip, PROTOCOLS.dubbo, hostOf("dubbo", "both"))).toMatchObject({ name: "both" });
      const { body } = await curl(from, `http://${formatAddress({ ip, port: 7070 })}/`);
      expect(JSON.parse(body)).toMatchObject({ name: "both", family: familyOf(ip), peer: INBOUND[familyOf(ip)] });
    }
    for (const ip of outside.ips) {
      expect(await curl(from, `http://${formatAddress({ ip, port: 80 })}/`)).toMatchObject({ status: 200 });
      const seen = { kind: "answer", name: "outside", family: familyOf(ip) };
      expect(await call(from, "dubbo", ip, 7)).toMatchObject(seen);
    }
  });

  it("ends what is for nobody, where the mesh says so, and goes on with what it knows", async () => {
    const from = host("client", "both").as(SOMEBODY);
    await write("policy.yaml", policy({ outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } }));
    for (const ip of outside.ips) {
      const url = `http://${formatAddress({ ip, port: 80 })}/`;
      await expect.poll(async () => (await curl(from, url)).status, { timeout: 20_000 }).toBe(0);
      expect(await call(from, "dubbo", ip, 7)).toMatchObject({ kind: "end" });
      const vip = vipOf("dubbo", "both", familyOf(ip));
      expect(await call(from, "dubbo", vip, PROTOCOLS.dubbo, hostOf("dubbo", "both"))).toMatchObject({ name: "both" });
    }
    await write("policy.yaml", policy({ outboundTrafficPolicy: { mode: "ALLOW_ANY" } }));
    for (const ip of outside.ips) {
      const url = `http://${formatAddress({ ip, port: 80 })}/`;
      await expect.poll(async () => (await curl(from, url)).status, { timeout: 20_000 }).toBe(200);
    }
  });

  it("keeps to one family, where the mesh says so", async () => {
    const client = host("client", "both");
    const vip = vipOf("dubbo", "ipv6", "ipv4");
    const kind = async () =>
      (await call(client.as(SOMEBODY), "dubbo", vip, PROTOCOLS.dubbo, hostOf("dubbo", "ipv6"))).kind;
    expect(await kind()).toBe("answer");
    await write("policy.yaml", policy({ dualStack: false }));
    await expect.poll(kind, { timeout: 20_000 }).toBe("error");
    expect(await admin(client, "/listeners")).not.toContain("[::]");
    await rm(join(directory, "policy.yaml"));
    await expect.poll(kind, { timeout: 20_000 }).toBe("answer");
  });

  it("is refused nothing", () => {
    expect(adapter.log).not.toContain("refuses an update");
  });
});

function policy(spec: object): object {
  return {
    apiVersion: "networking.meltemi.io/v1alpha1",
    kind: "MeshPolicy",
    metadata: { name: "all", namespace: "istio-system" },
    spec,
  };
}

function serviceOf(protocol: Protocol, kind: string, server: Host): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: `${protocol}-${kind}`, namespace: "prod" },
    spec: {
      hosts: [hostOf(protocol, kind)],
      addresses: (["ipv4", "ipv6"] as const).map((family) => vipOf(protocol, kind, family)),
      ports: [{ number: PROTOCOLS[protocol], name: protocol, protocol: protocol === "http" ? "HTTP" : "TCP" }],
      resolution: "STATIC",
      endpoints: server.ips.map((address) => ({ address })),
    },
  };
}
