// A fleet of gateways is replaced, one Envoy after the other, under load: no call is lost.
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { drainEnvoy } from "../../adapter/envoy/drain.js";
import type { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { answerText, isEvent } from "../support/dubbo.js";
import { Adapter } from "./support/adapter.js";
import { startEnvoy } from "./support/envoy.js";
import { type Host, PROXY } from "./support/host.js";
import { startHttpServer } from "./support/http.js";
import { Network } from "./support/network.js";
import { rpcGateway, serviceEntry, virtualService, writeResources } from "./support/resources.js";

const GREETER = "demo.Greeter";
const PORT = 20880;
const HTTP = 8080;
const LANES = 16;
const DRAIN_MS = 20_000;

describe.each(["ipv4", "ipv6"] as const)("a fleet of gateways, over %s", (family) => {
  let network: Network;
  let directory: string;
  let server: DubboServer;
  let adapter: Adapter;
  let hosts: readonly Host[];
  const envoys = new Map<Host, EnvoyProcess>();

  beforeAll(async () => {
    network = await Network.create();
    const plane = await network.addPlane();
    const control = await network.addHost("control", { plane });
    hosts = await Promise.all(["edge1", "edge2", "edge3"].map((name) => network.addHost(name, { plane })));
    const web = await network.addHost("web", { plane });
    await startHttpServer(web, "web", 8000);
    directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
    server = await DubboServer.start("v1", undefined, undefined, plane[family]);
    await writeResources(directory, "all", [
      serviceEntry("greeter", "dubbo", 7000, [{ address: plane[family], port: server.port }]),
      serviceEntry("web", "http", 8000, [{ address: web[family] ?? "", port: 8000 }]),
      rpcGateway("edge", { dubbo: PORT, HTTP }),
      {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: { name: "web", namespace: "prod" },
        spec: { hosts: ["*"], gateways: ["edge"], http: [{ route: [{ destination: { host: "web.example" } }] }] },
      },
      virtualService("greeter", GREETER, "greeter", ["edge"]),
    ]);
    adapter = await Adapter.start(control, "--config", directory);
    for (const host of hosts) await start(host);
  });

  afterAll(async () => {
    for (const envoy of envoys.values()) await envoy.stop();
    await adapter?.stop();
    await server.close();
    await network.remove();
    await rm(directory, { recursive: true });
  });

  async function start(host: Host): Promise<void> {
    const node = `router~${host.ip}~${host.name}.prod~prod.svc.cluster.local`;
    const envoy = await startEnvoy(host.as(PROXY), await adapter.bootstrapOf(host, node, "--label", "app=edge"));
    envoys.set(host, envoy);
    const admin = await envoy.ready();
    await vi.waitUntil(
      async () => (await (await fetch(`http://${admin}/listeners`)).text()).includes(`:${PORT}`),
      20_000,
    );
  }

  /** As a client of Dubbo's does that has a list of servers: one that says that it goes gets no more calls. */
  async function connect(first: number): Promise<DubboClient> {
    for (let nth = first; ; nth++) {
      const client = await DubboClient.connect(PORT, undefined, hosts[nth % hosts.length]?.[family]).catch(
        () => undefined,
      );
      if (client !== undefined) return client;
      await sleep(10);
    }
  }

  /** The status, and whether the connection is to be used again; undefined: nobody is there. */
  function ask(
    agent: Agent,
    host: Host | undefined,
  ): Promise<{ readonly status: number; readonly stays: boolean } | undefined> {
    return new Promise((resolve, reject) => {
      const request = get({ agent, host: host?.[family], port: HTTP, path: "/" }, (response: IncomingMessage) => {
        response.resume();
        const stays = response.headers.connection !== "close";
        response.on("end", () => resolve({ status: response.statusCode ?? 0, stays }));
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "ECONNREFUSED") resolve(undefined);
        else reject(error);
      });
    });
  }

  it("is replaced without a lost call of Dubbo, or a lost request of HTTP", async () => {
    let running = true;
    let calls = 0;
    let moves = 0;
    const lost: string[] = [];
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      let nth = lane;
      let client = await connect(nth);
      while (running) {
        if (client.unexpected.some(isEvent) || client.socket.destroyed) {
          client.close();
          client = await connect(++nth);
          moves += 1;
        }
        const answer = await client.call(GREETER, "hello").then(answerText, (error: Error) => error.message);
        calls += 1;
        if (answer !== "v1 hello") lost.push(answer);
        await sleep(1);
      }
      client.close();
    });
    let requests = 0;
    const visitors = Array.from({ length: LANES }, async (_, lane) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let nth = lane; running; await sleep(1)) {
        const answer = await ask(agent, hosts[nth % hosts.length]).catch((error: Error) => error.message);
        if (answer === undefined) nth += 1;
        else if (typeof answer === "string" || answer.status !== 200) lost.push(JSON.stringify(answer));
        else {
          requests += 1;
          if (!answer.stays) nth += 1;
        }
      }
      agent.destroy();
    });
    for (const [host, envoy] of envoys) {
      await sleep(500);
      expect(await drainEnvoy(await envoy.ready(), DRAIN_MS), `left at ${host.name}`).toBe(0);
      await envoy.stop();
      await start(host);
    }
    running = false;
    await Promise.all([...lanes, ...visitors]);
    expect(lost).toEqual([]);
    expect(calls).toBeGreaterThan(LANES * 20);
    expect(requests).toBeGreaterThan(LANES * 20);
    expect(moves, "every client has moved").toBeGreaterThanOrEqual(LANES);
  });
});
