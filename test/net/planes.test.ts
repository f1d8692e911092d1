// Machines on two networks, of which one fails under load.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { answerText } from "../support/dubbo.js";
import { Adapter } from "./support/adapter.js";
import { ENVOY_ADMIN_PORT, startEnvoy } from "./support/envoy.js";
import { type Host, PROXY } from "./support/host.js";
import { curl, type HttpAnswer, type Seen, startHttpServer } from "./support/http.js";
import { Network } from "./support/network.js";
import type { Plane } from "./support/plane.js";
import { SERVICE, startRpcServer } from "./support/rpc.js";

const PORT = 20880;
const HOST = "orders.prod.svc.cluster.local";
const HTTP_PORT = 8080;
const LANES = 20;
const PAUSE_MS = 20;
/** Of a call, as Dubbo's clients have it. */
const CALL_TIMEOUT_MS = 5_000;
const BEFORE_MS = 2_000;
const AFTER_MS = 8_000;
/** In so long it is noticed that a plane is down. */
const NOTICED_MS = 2_500;

interface Outcome {
  readonly sent_ms: number;
  readonly took_ms: number;
  /** The server's address, or why there was no answer. */
  readonly at: string;
  readonly ok: boolean;
}

/** Calls on connections of their own, one after the other on each, until `stop`. */
class Load {
  readonly outcomes: Outcome[] = [];
  #running = true;
  readonly #lanes: Promise<unknown>;

  constructor(private readonly address: string) {
    this.#lanes = Promise.all(Array.from({ length: LANES }, () => this.#lane()));
  }

  async stop(): Promise<readonly Outcome[]> {
    this.#running = false;
    await this.#lanes;
    return this.outcomes;
  }

  async #lane(): Promise<void> {
    const client = await DubboClient.connect(PORT, undefined, this.address);
    while (this.#running) {
      const sent_ms = Date.now();
      const answer = client.call(SERVICE, "find").then(answerText, String);
      const text = await Promise.race([answer, sleep(CALL_TIMEOUT_MS, "no answer")]);
      const at = /"at":"([^"]*)"/.exec(text)?.[1];
      this.outcomes.push({ sent_ms, took_ms: Date.now() - sent_ms, at: at ?? text, ok: at !== undefined });
      await sleep(PAUSE_MS);
    }
    client.close();
  }
}

describe("servers on two planes", () => {
  let network: Network;
  let planes: readonly [Plane, Plane];
  let directory: string;
  let adapter: Adapter;
  let proxy: Host;
  let servers: readonly Host[];
  let envoy: EnvoyProcess | undefined;

  beforeEach(async () => {
    network = await Network.create();
    // The third one is that of clients and of the adapter.
    const [first, second, third] = [await network.addPlane(), await network.addPlane(), await network.addPlane()];
    planes = [first, second];
    const control = await network.addHost("control", { plane: third });
    proxy = await network.addHost("proxy", { plane: third }, { plane: first }, { plane: second });
    servers = [
      await network.addHost("one", { plane: first }, { plane: second }),
      await network.addHost("two", { plane: first }, { plane: second }),
    ];
    for (const host of servers) {
      await startRpcServer(host, host.name, "dubbo", PORT);
      await startHttpServer(host, host.name, HTTP_PORT);
    }
    directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
    adapter = await Adapter.start(
      control,
      "--config",
      directory,
      "--listen",
      `dubbo=0.0.0.0:${PORT}`,
      "--listen",
      `http=0.0.0.0:${HTTP_PORT}`,
    );
  });

  afterEach(async () => {
    await envoy?.stop();
    envoy = undefined;
    await adapter.stop();
    await network.remove();
    await rm(directory, { recursive: true });
  });

  async function serve(...resources: readonly object[]): Promise<void> {
    const all = [meshPolicy(planes), serviceEntry(servers), ...resources];
    await writeFile(join(directory, "mesh.yaml"), all.map((one) => JSON.stringify(one)).join("\n---\n"));
    await envoy?.stop();
    envoy = await startEnvoy(proxy.as(PROXY), await adapter.bootstrapOf(proxy, "proxy"));
    await envoy.ready();
    await expect.poll(() => ask(), { timeout: 10_000 }).toMatch(/./);
  }

  /** By which address a server was reached. */
  async function ask(): Promise<string> {
    const client = await DubboClient.connect(PORT, undefined, proxy.ip);
    const text = await client.call(SERVICE, "find").then(answerText, String);
    client.close();
    return /"at":"([^"]*)"/.exec(text)?.[1] ?? "";
  }

  const on = (nth: number) => servers.flatMap(({ interfaces }) => [interfaces[nth]?.ipv4, interfaces[nth]?.ipv6]);

  /** What became of calls that ended after a moment. */
  function since(outcomes: readonly Outcome[], from_ms: number) {
    const after = outcomes.filter(({ sent_ms, took_ms }) => sent_ms + took_ms >= from_ms);
    const lost = after.filter(({ ok }) => !ok);
    const byOther = after.filter(({ ok, at }) => ok && on(1).includes(at));
    const figures = {
      calls: after.length,
      lost: lost.length,
      lastLostSentAfter_ms: Math.max(0, ...lost.map(({ sent_ms }) => sent_ms - from_ms)),
      byOtherPlaneAfter_ms: Math.min(...byOther.map(({ sent_ms, took_ms }) => sent_ms + took_ms - from_ms)),
      slowest_ms: Math.max(...after.filter(({ ok }) => ok).map(({ took_ms }) => took_ms)),
    };
    console.log(figures);
    return { ...figures, reasons: new Set(lost.map(({ at }) => at.replace(/, upstream .*/, ""))) };
  }

  const ways = {
    "nothing arrives any more": {
      down: () => planes[0].down(),
      up: () => planes[0].up(),
    },
    "the node's interface goes down": {
      down: () => proxy.down("eth1"),
      up: () => proxy.up("eth1"),
    },
  };

  it.each(Object.entries(ways))("calls go by the other plane when %s, and back again", async (_name, { down, up }) => {
    await serve(routes({}));
    const load = new Load(proxy.ip);
    await sleep(BEFORE_MS);
    expect(load.outcomes.filter(({ ok, at }) => !ok || !on(0).includes(at))).toEqual([]);
    const cut_ms = Date.now();
    await down();
    await sleep(AFTER_MS);
    const back_ms = Date.now();
    await up();
    await expect.poll(() => ask(), { timeout: 70_000, interval: 500 }).toSatisfy((at: string) => on(0).includes(at));
    const outcomes = await load.stop();
    const cut = since(outcomes, cut_ms);
    // A connection has up to four tunnels. They end a second after what is sent on them, or two after they are idle: none takes more than two calls.
    expect(cut.lost).toBeLessThanOrEqual(2 * LANES);
    expect(cut.lastLostSentAfter_ms).toBeLessThan(NOTICED_MS);
    expect([...cut.reasons]).toEqual([expect.stringContaining("connection closed before the answer")]);
    expect(cut.byOtherPlaneAfter_ms).toBeLessThan(2 * NOTICED_MS);
    expect(since(outcomes, back_ms).lost).toBe(0);
  });

  it("no call is lost where routes send calls once more", async () => {
    await serve(routes({ retries: RETRIES }));
    const load = new Load(proxy.ip);
    await sleep(BEFORE_MS);
    const cut_ms = Date.now();
    await planes[0].down();
    await sleep(AFTER_MS);
    const { lost, byOtherPlaneAfter_ms } = since(await load.stop(), cut_ms);
    expect(lost).toBe(0);
    expect(byOtherPlaneAfter_ms).toBeLessThan(2 * NOTICED_MS);
  });

  it("requests of HTTP go by the other plane when one is gone, by their routes' tries, and back again", async () => {
    await serve(routes({}));
    const request = () => curl(proxy.inside, `http://${proxy.ip}:${HTTP_PORT}`, "--header", `Host: ${HOST}`);
    const at = ({ status, body }: HttpAnswer) => (status === 200 ? (JSON.parse(body) as Seen).at : `${status} ${body}`);
    expect(on(0)).toContain(at(await request()));
    await planes[0].down();
    const answers: string[] = [];
    for (let i = 0; i < LANES; i++) answers.push(at(await request()));
    // What is sent on the connection that was there before can be lost.
    const lost = answers.filter((answer) => !on(1).includes(answer));
    expect(lost.length, lost.join("; ")).toBeLessThanOrEqual(1);
    await planes[0].up();
    const back = { timeout: 70_000, interval: 500 };
    await expect.poll(async () => at(await request()), back).toSatisfy((ip: string) => on(0).includes(ip));
  });

  it("a service is reached by the planes that are its own, in their order", async () => {
    await serve(routes({}), policy(["plane-1", "plane-0"]));
    expect(on(1)).toContain(await ask());
    await serve(routes({}), policy(["plane-1"]));
    expect(on(1)).toContain(await ask());
    const hosts = await (await fetch(`http://${proxy.ip}:${ENVOY_ADMIN_PORT}/clusters`)).text();
    expect(on(0).filter((ip) => hosts.includes(`${ip}`))).toEqual([]);
  });
});

function meshPolicy(planes: readonly Plane[]): object {
  return {
    apiVersion: "networking.meltemi.io/v1alpha1",
    kind: "MeshPolicy",
    metadata: { name: "all", namespace: "istio-system" },
    spec: { planes: planes.map(({ cidr4, cidr6 }, nth) => ({ name: `plane-${nth}`, cidrs: [cidr4, cidr6] })) },
  };
}

function serviceEntry(servers: readonly Host[]): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "orders", namespace: "prod" },
    spec: {
      hosts: [HOST],
      ports: [
        { number: PORT, name: "dubbo", protocol: "TCP" },
        { number: HTTP_PORT, name: "http", protocol: "HTTP" },
      ],
      resolution: "STATIC",
      endpoints: servers.flatMap(({ ips }) => ips.map((address) => ({ address }))),
    },
  };
}

/** All calls that fail at once may be sent once more at once. */
const RETRIES = {
  attempts: 3,
  retryOn: "connect-failure,reset",
  budget: { percent: 100, minRetryConcurrency: 100 },
};

function policy(planes: readonly string[]): object {
  return {
    apiVersion: "networking.meltemi.io/v1alpha1",
    kind: "DestinationPolicy",
    metadata: { name: "orders", namespace: "prod" },
    spec: { host: HOST, planes },
  };
}

function routes(more: object): object {
  return {
    apiVersion: "networking.meltemi.io/v1alpha1",
    kind: "VirtualService",
    metadata: { name: "orders", namespace: "prod" },
    spec: {
      hosts: [SERVICE],
      routes: [
        {
          route: [{ destination: { host: HOST } }],
          ...more,
        },
      ],
    },
  };
}
