// docs/scenarios-rate-limits.md: limits of single Envoys and of all of them, at gateways and at sidecars, under load of both families at once.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { EnvoyProcess } from "../../../adapter/envoy/envoy-process.js";
import { formatAddress } from "../../../adapter/xds/address.js";
import { pricesLoad } from "../../interop/support/programs.js";
import { RateLimitService } from "../../interop/support/rate-limit-service.js";
import { Adapter } from "../support/adapter.js";
import { startEnvoy } from "../support/envoy.js";
import { type Answered, loadAndTell } from "../support/fortio.js";
import { type Host, PROXY, SOMEBODY } from "../support/host.js";
import { startHttpServer } from "../support/http.js";
import { Network } from "../support/network.js";
import { redirect } from "../support/redirect.js";
import { startRpcServer } from "../support/rpc.js";

const EXAMPLE = "envoy-config/scenarios/rate-limits";
const VIPS = ["198.18.0.5", "fd6d:99::5"];
const HTTP = 80;
const DUBBO = 20880;

/** Calls a second: all limits of the example. */
const LIMIT = 100;
/** Of what a limit lets through: a busy machine's pauses must leave enough of each second. */
const OFFERED = 4;
/** Calls are counted for so long, from the first whole second at least a second after all clients have begun: the rate limit service's windows are those. */
const COUNTED_S = 10;
const DURATION_S = COUNTED_S + 4;

type What = "list" | "search";

/** Makes calls of each address, `rate` a second, all at once: what became of them, for each. */
type Call = (
  from: Host,
  addresses: readonly string[],
  what: What,
  rate: number,
) => Promise<readonly (readonly Answered[])[]>;

const http: Call = async (from, addresses, what, rate) => {
  const how = { qps: rate, connections: 4, duration_s: DURATION_S };
  // At a sidecar the address itself is the service's.
  const host = VIPS.includes(addresses[0] ?? "") ? [] : ["-H", "Host: shop.example.com"];
  // Neither all at one moment nor at the same ones: tokens would go to whoever always asks right after a fill.
  const options = ["-uniform", "-jitter", ...host];
  return await Promise.all(
    addresses.map((ip) =>
      loadAndTell(from.as(SOMEBODY), `http://${formatAddress({ ip, port: HTTP })}/${what}`, how, ...options),
    ),
  );
};

const dubbo: Call = async (from, ips, what, rate) => {
  const addresses = ips.map((ip) => formatAddress({ ip, port: DUBBO }));
  const program = pricesLoad({ addresses, method: what, rate, duration_s: DURATION_S }, from.as(SOMEBODY));
  const answers = ips.map((): Answered[] => []);
  program.onLine((line) => {
    const [, address, at = "", outcome = ""] = /^(\d+) (\d+) (.*)$/.exec(line ?? "") ?? [];
    answers[Number(address)]?.push({ at_ms: Number(at), outcome });
  });
  if ((await program.exited) !== 0) throw new Error(program.log());
  return answers;
};

describe("limits under load of both families at once", () => {
  let network: Network;
  let directory: string;
  let limits: RateLimitService;
  let adapter: Adapter;
  let client: Host;
  let outside: Host;
  const edges: Host[] = [];
  const envoys: EnvoyProcess[] = [];

  beforeAll(async () => {
    network = await Network.create();
    const plane = await network.addPlane();
    const control = await network.addHost("control", { plane });
    const server = await network.addHost("server", { plane });
    client = await network.addHost("client", { plane });
    outside = await network.addHost("outside", { plane });
    directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
    await cp(join(EXAMPLE, "mesh"), directory, { recursive: true });
    const machines = join(directory, "machines.yaml");
    await writeFile(machines, moved(await readFile(machines, "utf8"), { prices: server, limits: control }));
    const told = await readFile(join(EXAMPLE, "limits.yaml"), "utf8");
    limits = await RateLimitService.start(told, { inside: control.inside, listen: "::", ip: control.ip, port: 8081 });
    await startHttpServer(server, "server", 8080);
    await startRpcServer(server, "server", "dubbo", DUBBO);
    adapter = await Adapter.start(control, "--config", directory);
    await startNode(client, `sidecar~${client.ip}~client.shop~shop.svc.cluster.local`, "--interception", "redirect");
    await redirect(client);
    for (const name of ["edge-1", "edge-2"]) {
      const edge = await network.addHost(name, { plane });
      edges.push(edge);
      await startNode(edge, `router~${edge.ip}~${name}.shop~shop.svc.cluster.local`, "--label", "app=edge");
    }
  });

  afterAll(async () => {
    for (const envoy of envoys) await envoy.stop();
    await adapter?.stop();
    await limits?.stop();
    await network.remove();
    await rm(directory, { recursive: true });
  });

  async function startNode(host: Host, id: string, ...options: readonly string[]): Promise<void> {
    const bootstrap = await adapter.bootstrapOf(host, id, "--namespace", "shop", ...options);
    const envoy = await startEnvoy(host.as(PROXY), bootstrap);
    envoys.push(envoy);
    await envoy.ready();
    await vi.waitUntil(async () => {
      const text = await (await fetch(`http://${await envoy.ready()}/listeners`)).text();
      return text.includes(`:${DUBBO}`);
    });
  }

  describe.each([
    ["HTTP, by fortio", http, "429"],
    ["Dubbo, by its Java client", dubbo, "rate limit"],
  ] as const)("%s", (_, call, kept) => {
    const isKept = ({ outcome }: Answered) => outcome.includes(kept);
    const isAccepted = ({ outcome }: Answered) => outcome === "200" || outcome === "ok";

    /** Offers each address an equal share of what is offered; of what is accepted each has had a part. */
    async function expectLimit(from: Host, addresses: readonly string[], what: What): Promise<void> {
      const answers = await call(from, addresses, what, (OFFERED * LIMIT) / addresses.length);
      const other = answers.flat().filter((one) => !isAccepted(one) && !isKept(one));
      expect(other.slice(0, 3)).toEqual([]);
      const accepted = counted(answers).map((ofAddress) => ofAddress.filter(isAccepted).length / COUNTED_S);
      const sum = accepted.reduce((sum, one) => sum + one, 0);
      console.log(`${what}: ${accepted.map((one) => one.toFixed(1)).join(" + ")} of ${LIMIT} calls a second`);
      expect(sum).toBeGreaterThan(0.95 * LIMIT);
      expect(sum).toBeLessThan(1.05 * LIMIT);
      for (const one of accepted) expect(one).toBeGreaterThan((0.1 * LIMIT) / addresses.length);
    }

    it("a gateway's own limit", async () => {
      await expectLimit(
        outside,
        edges.slice(0, 1).flatMap(({ ips }) => ips),
        "list",
      );
    });

    it("a limit of two gateways together", async () => {
      await expectLimit(
        outside,
        edges.flatMap(({ ips }) => ips),
        "search",
      );
    });

    it("a sidecar's own limit", async () => {
      await expectLimit(client, VIPS, "list");
    });

    it("a limit of all sidecars together", async () => {
      await expectLimit(client, VIPS, "search");
    });
  });
});

/** What was answered in the time that counts. */
function counted(answers: readonly (readonly Answered[])[]): readonly (readonly Answered[])[] {
  const times = answers.map((ofAddress) => ofAddress.map(({ at_ms }) => at_ms));
  const begun_ms = Math.max(...times.map((one) => Math.min(...one)));
  const from_ms = Math.ceil((begun_ms + 1000) / 1000) * 1000;
  const to_ms = from_ms + COUNTED_S * 1000;
  expect(Math.min(...times.map((one) => Math.max(...one)))).toBeGreaterThan(to_ms);
  return answers.map((ofAddress) => ofAddress.filter(({ at_ms }) => at_ms >= from_ms && at_ms < to_ms));
}

/** The example's machines, at the addresses of hosts. */
function moved(machines: string, hosts: Readonly<Record<string, Host>>): string {
  return machines.replaceAll(/address: (\S+), labels: { app: (\w+) }/g, (_, written: string, app: string) => {
    const { ipv4, ipv6 } = hosts[app] ?? {};
    return `address: "${written.includes(":") ? ipv6 : ipv4}", labels: { app: ${app} }`;
  });
}
