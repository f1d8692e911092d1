import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerText } from "../support/dubbo.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const SERVER_TIMEOUT = 31;
const EXHAUSTED = 100;

function when(method: string, policy: object) {
  return {
    match: { attributes: [{ name: "method", exact_match: method }] },
    route: { cluster: "v1" },
    policy,
  };
}

const CONFIG = {
  virtual_hosts: [
    {
      name: "all",
      services: ["*"],
      routes: [
        when("late", { timeout_ms: 150 }),
        when("often", { abort: { per_million: 200_000, status: 90 } }),
        when("many", { rate_limit: { max_tokens: 100, tokens_per_fill: 10, fill_interval_ms: 100 } }),
        { route: { cluster: "v1" } },
      ],
    },
  ],
};

/** What a route asks for besides a cluster, in real Envoys. */
describe.each(VERSIONS)("routes with policies on $name", (version) => {
  let envoy: TestEnvoy;
  let server: DubboServer;
  /** Answers that are kept back. */
  let held: (() => void)[] | undefined;

  beforeAll(async () => {
    server = await DubboServer.start("v1", (call, socket) => {
      if (held) held.push(() => server.answer(call, socket));
      else server.answer(call, socket);
    });
    const clusters = [{ name: "v1", ports: [server.port] }];
    envoy = await TestEnvoy.start(version, [{ name: "dubbo", config: CONFIG }], clusters, 1);
  });

  afterAll(async () => {
    await envoy.stop();
    await server.close();
  });

  it("answer a call that takes too long in time, and drop its late answer", async () => {
    const client = await DubboClient.connect(envoy.port("dubbo"));
    held = [];
    const started_ms = performance.now();
    const late = await client.call("a.B", "late");
    const took_ms = performance.now() - started_ms;
    expect(late.status).toBe(SERVER_TIMEOUT);
    expect(answerText(late)).toContain("no answer within the route's timeout, cluster v1, upstream 127.0.0.1:");
    expect(took_ms).toBeGreaterThan(140);
    // A busy machine is late, but not by a tick of a second.
    expect(took_ms).toBeLessThan(900);
    for (const answer of held) answer();
    held = undefined;
    await sleep(50);
    expect(answerText(await client.call("a.B", "late"))).toBe("v1 late");
    expect(client.unexpected).toEqual([]);
    client.close();
  });

  it("answer a share of calls with the fault's error", async () => {
    const client = await DubboClient.connect(envoy.port("dubbo"));
    const calls = 5_000;
    const answers = await Promise.all(Array.from({ length: calls }, () => client.call("a.B", "often")));
    const aborted = answers.filter(({ status }) => status === 90).length;
    expect(answers.every(({ status }) => status === 90 || status === 20)).toBe(true);
    // Binomial, p = 0.2: five standard deviations are 141.
    expect(Math.abs(aborted - calls * 0.2)).toBeLessThan(5 * Math.sqrt(calls * 0.2 * 0.8));
    client.close();
  });

  it("let through as many calls as a rate limit has tokens for, whoever makes them", async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => DubboClient.connect(envoy.port("dubbo"))));
    await sleep(1_100);
    const started_ms = performance.now();
    let passed = 0;
    const call = async (client: DubboClient) => {
      while (performance.now() - started_ms < 2_000) {
        const { status } = await client.call("a.B", "many");
        if (status === 20) passed++;
        else expect(status).toBe(EXHAUSTED);
      }
    };
    await Promise.all(clients.map(call));
    const took_s = (performance.now() - started_ms) / 1000;
    const allowed = 100 + 100 * took_s;
    expect(passed).toBeGreaterThan(allowed * 0.9 - 10);
    expect(passed).toBeLessThanOrEqual(allowed + 10);
    for (const client of clients) client.close();
  });
});
