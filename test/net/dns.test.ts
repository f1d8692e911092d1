// Services whose endpoints are names: which of a name's addresses nodes of one family, and of both, get.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { formatAddress } from "../../adapter/xds/address.js";
import { Program } from "../interop/support/program.js";
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
const PORTS = { dubbo: 20880, http: 8080 } as const;
/** A name with addresses of both families, and one that has an IPv6 address alone. */
const NAMES = { "orders.example": ["ipv4", "ipv6"], "archive.example": ["ipv6"] } as const;

type Name = keyof typeof NAMES;

const vip = (name: Name, family: Family): string => {
  const nth = 1 + Object.keys(NAMES).indexOf(name);
  return family === "ipv4" ? `198.18.7.${nth}` : `fd6d:77::${nth}`;
};

let network: Network;
let directory: string;
let adapter: Adapter;
let server: Host;
let resolver: Program;
const clients = new Map<string, Host>();
const envoys: EnvoyProcess[] = [];

beforeAll(async () => {
  network = await Network.create();
  const plane = await network.addPlane();
  const control = await network.addHost("control", { plane });
  server = await network.addHost("server", { plane });
  resolver = await startResolver(control, server);
  await startRpcServer(server, "server", "dubbo", PORTS.dubbo);
  await startHttpServer(server, "server", PORTS.http);
  directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
  const entries = (["orders.example", "archive.example"] as const).map(serviceEntry);
  await writeFile(join(directory, "services.yaml"), entries.map((one) => JSON.stringify(one)).join("\n---\n"));
  adapter = await Adapter.start(control, "--config", directory);
  for (const kind of KINDS) {
    const host = await network.addHost(`client-${kind}`, { plane, families: FAMILIES[kind] ?? [] });
    clients.set(kind, host);
    await redirect(host);
    const id = `sidecar~${host.ip}~${host.name}.prod~prod.svc.cluster.local`;
    const bootstrap = await adapter.bootstrapOf(host, id, "--interception", "redirect");
    const dns = {
      typed_dns_resolver_config: asking((host.ipv4 === undefined ? control.ipv6 : control.ipv4) as string),
    };
    const envoy = await startEnvoy(host.as(PROXY), { ...bootstrap, ...dns });
    envoys.push(envoy);
    await envoy.ready();
  }
});

afterAll(async () => {
  for (const envoy of envoys) await envoy.stop();
  await adapter?.stop();
  await resolver?.stop();
  await network.remove();
  await rm(directory, { recursive: true });
});

/** A name server at all addresses of the host, that knows the server by both names. */
async function startResolver(host: Host, { ipv4, ipv6 }: Host): Promise<Program> {
  const records = [`orders.example,${ipv4},${ipv6}`, `archive.example,${ipv6}`].map((one) => `--host-record=${one}`);
  const options = [
    "--keep-in-foreground",
    "--log-facility=-",
    "--no-resolv",
    "--no-hosts",
    "--user=root",
    "--pid-file",
  ];
  // What it says of itself goes to the standard error.
  const [command = "", ...rest] = [...host.inside, "sh", "-c", 'exec dnsmasq "$@" 2>&1', "sh", ...options, ...records];
  const program = new Program("dnsmasq", command, rest);
  await program.lineWith("started, version");
  return program;
}

function asking(address: string): object {
  return {
    name: "envoy.network.dns_resolver.cares",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
      resolvers: [{ socket_address: { address, port_value: 53, protocol: "UDP" } }],
    },
  };
}

function serviceEntry(name: Name): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: name.replace(".", "-"), namespace: "prod" },
    spec: {
      hosts: [name],
      addresses: (["ipv4", "ipv6"] as const).map((family) => vip(name, family)),
      ports: [
        { number: PORTS.dubbo, name: "dubbo" },
        { number: PORTS.http, name: "http" },
      ],
      resolution: "DNS",
    },
  };
}

describe.each(KINDS)("a client of %s", (kind) => {
  const families = FAMILIES[kind] ?? [];

  it.each(["orders.example", "archive.example"] as const)(
    "reaches %s by an address of a family that it has",
    async (name) => {
      const client = clients.get(kind) as Host;
      const ways = families.filter((family) => NAMES[name].some((one) => one === family));
      for (const family of families) {
        const called = await call(client.as(SOMEBODY), "dubbo", vip(name, family), PORTS.dubbo, name);
        const asked = await curl(
          client.as(SOMEBODY),
          `http://${formatAddress({ ip: vip(name, family), port: PORTS.http })}/`,
        );
        if (ways.length === 0) {
          expect(called).toMatchObject({ kind: "error", text: expect.stringContaining("response flags UH") });
          expect(asked.status).toBe(503);
        } else {
          expect(called).toMatchObject({ kind: "answer", name: "server" });
          expect(ways).toContain((called as { readonly family: Family }).family);
          expect(ways).toContain((JSON.parse(asked.body) as { readonly family: Family }).family);
        }
      }
    },
  );

  it("has no address of another family", async () => {
    const client = clients.get(kind) as Host;
    const url = `http://${formatAddress({ ip: client.ip, port: ENVOY_ADMIN_PORT })}/clusters?format=json`;
    const { cluster_statuses } = (await (await fetch(url)).json()) as {
      readonly cluster_statuses: readonly {
        readonly name: string;
        readonly host_statuses?: readonly {
          readonly address: { readonly socket_address: { readonly address: string } };
        }[];
      }[];
    };
    const cluster = cluster_statuses.find((one) => one.name === `outbound|${PORTS.dubbo}||orders.example`);
    const found = (cluster?.host_statuses ?? []).map((one) => one.address.socket_address.address);
    expect(found.sort()).toEqual(families.map((family) => server[family]).sort());
  });
});
