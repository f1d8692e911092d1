import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Mesh, Tunnels } from "../../adapter/model/model.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { answerText } from "../support/dubbo.js";
import { EnvoyUnderTest } from "./envoy-under-test.js";
import { endpoint, meshOf, reviews, routeTo } from "./mesh.js";

const SERVICE = "org.example.Reviews";
const CODE = { kind: "inline", bytes: readFileSync(new URL("../../dist/meltemi.wasm", import.meta.url)) } as const;
const CALLS = 3000;
const LANES = 20;
const TUNNEL_AGE_MS = 2_000;
/** A tunnel's age is looked at by a clock that moves once a second, and the tunnel that replaces it is opened by the call after. */
const RETIREMENT_MS = TUNNEL_AGE_MS + 1_500;

const host = { host: "reviews.prod.svc.cluster.local", subset: undefined, port: 20880 };

/** All calls go to all servers. As many tunnels as there are endpoints is the control plane's default, up to four. */
function mesh(servers: readonly DubboServer[], policy: Tunnels): Mesh {
  const tunnels = { minimum: servers.length, ...policy };
  const endpoints = servers.map(({ port }) => endpoint({ addresses: ["127.0.0.1"], ports: { dubbo: port } }));
  const { services, listeners } = meshOf([reviews({ endpoints })], [routeTo(undefined)]);
  return { services, listeners: listeners.map((listener) => ({ ...listener, tunnels: [{ ...host, tunnels }] })) };
}

describe.each([1, 2])("endpoints that come and go, with %d workers", (concurrency) => {
  let servers: DubboServer[];
  let envoy: EnvoyUnderTest;
  let client: DubboClient;

  async function begin(tunnels: Tunnels): Promise<void> {
    const path = process.env.MELTEMI_TEST_ENVOY_1_40 as string;
    envoy = await EnvoyUnderTest.start(path, "delta", CODE, mesh(servers, tunnels), concurrency);
    client = await DubboClient.connect(envoy.listenerPort);
    // The first tunnel takes all calls until the others are open.
    for (let i = 0; i < 50; i++) await callOne();
  }

  async function add(tunnels: Tunnels): Promise<void> {
    servers.push(await DubboServer.start(`s${servers.length}`));
    await envoy.serve(mesh(servers, tunnels));
  }

  const callOne = async () => answerText(await client.call(SERVICE, "hello")).split(" ")[0] ?? "";

  /** Calls answered by each server. */
  async function share(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    const lane = async () => {
      for (let i = 0; i < CALLS / LANES; i++) {
        const name = await callOne();
        counts[name] = (counts[name] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return counts;
  }

  function expectEven(counts: Record<string, number>): void {
    expect(Object.keys(counts).sort()).toEqual(servers.map(({ name }) => name));
    const fair = CALLS / servers.length;
    for (const count of Object.values(counts))
      expect(Math.abs(count - fair) / fair, JSON.stringify(counts)).toBeLessThanOrEqual(0.1);
  }

  beforeEach(async () => {
    servers = await Promise.all(["s0", "s1", "s2"].map((name) => DubboServer.start(name)));
  });

  afterEach(async () => {
    client.close();
    await envoy.stop();
    for (const server of servers) await server.close();
  });

  it("each has its share of one connection's calls, and so has one that is added, within the age of a tunnel", async () => {
    const tunnels = { maxAge_ms: TUNNEL_AGE_MS };
    await begin(tunnels);
    expectEven(await share());
    await add(tunnels);
    for (const until = Date.now() + RETIREMENT_MS; Date.now() < until; await sleep(10)) await callOne();
    expectEven(await share());
  });

  it("one that is added has calls of a connection that needs no more tunnels, once one is that old", async () => {
    const tunnels = { minimum: 3, maximum: 3, maxAge_ms: TUNNEL_AGE_MS };
    await begin(tunnels);
    expectEven(await share());
    await add(tunnels);
    const seen = new Set<string>();
    for (const until = Date.now() + RETIREMENT_MS; Date.now() < until; await sleep(10)) seen.add(await callOne());
    expect(seen).toContain("s3");
  });

  it("all are restarted one after the other, and no call is lost", async () => {
    await begin({});
    let restarting = true;
    let answered = 0;
    const lane = async () => {
      for (; restarting; answered++) expect(await callOne()).toMatch(/^s\d$/);
    };
    const lanes = Promise.all(Array.from({ length: LANES }, lane));
    for (let i = 0; i < 3; i++) {
      const [oldest, ...others] = servers as [DubboServer, ...DubboServer[]];
      const successor = await DubboServer.start(`s${i + 3}`);
      await envoy.serve(mesh([...others, successor], {}));
      const before = answered;
      await oldest.leave();
      servers = [...others, successor];
      await expect.poll(() => answered).toBeGreaterThan(before + 10 * LANES);
    }
    restarting = false;
    await lanes;
  });
});
