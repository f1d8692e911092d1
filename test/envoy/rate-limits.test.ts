import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const OK = 20;
const EXHAUSTED = 100;
const WORKERS = 2;
const CONNECTIONS = 10;
/** Calls in flight on each connection: more than come through, and no more work than that. */
const IN_FLIGHT = 10;

const PER_SECOND = { max_tokens: 1000, tokens_per_fill: 10, fill_interval_ms: 10 };

function when(method: string, rate_limits: readonly object[]) {
  return {
    match: { attributes: [{ name: "method", exact_match: method }] },
    route: { cluster: "v1" },
    policy: { rate_limits },
  };
}

const CONFIG = {
  virtual_hosts: [
    {
      name: "all",
      services: ["*"],
      routes: [
        when("shared", [{ id: "shared", scope: "ENVOY", token_bucket: PER_SECOND }]),
        when("own", [{ id: "own", scope: "WORKER", token_bucket: PER_SECOND }]),
        when("byUser", [{ id: "byUser", scope: "ENVOY", attributes: ["user"], token_bucket: PER_SECOND }]),
        when("once", [
          {
            id: "once",
            scope: "ENVOY",
            token_bucket: { max_tokens: 100, tokens_per_fill: 1, fill_interval_ms: 3_600_000 },
          },
        ]),
      ],
    },
  ],
};

describe.each(VERSIONS)("rate limits in two workers of $name", (version) => {
  let envoy: TestEnvoy;
  let server: DubboServer;
  let clients: DubboClient[] = [];

  beforeAll(async () => {
    server = await DubboServer.start("v1");
    envoy = await TestEnvoy.start(
      version,
      [{ name: "dubbo", config: CONFIG }],
      [{ name: "v1", ports: [server.port] }],
      WORKERS,
    );
    do {
      for (const client of clients) client.close();
      clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => DubboClient.connect(envoy.port("dubbo"))));
      // The kernel chooses the worker of a connection: that none has less than two is likely, and not certain.
    } while (!(await isSpread(envoy)));
  });

  afterAll(async () => {
    for (const client of clients) client.close();
    await envoy.stop();
    await server.close();
  });

  /** As many calls as go, from all connections; how many came through in each second, once the buckets of all workers are empty. */
  async function rate(method: string, seconds: number, attachments: Record<string, string> = {}): Promise<number> {
    let passed = 0;
    const limited = new Set<DubboClient>();
    let from_ms = 0;
    let before = 0;
    const isOver = () => from_ms > 0 && performance.now() - from_ms > seconds * 1000;
    const call = async (client: DubboClient) => {
      while (!isOver()) {
        const { status } = await client.call("a.B", method, { attachments });
        if (status === OK) passed++;
        else {
          expect(status).toBe(EXHAUSTED);
          limited.add(client);
          if (limited.size === CONNECTIONS && from_ms === 0) {
            from_ms = performance.now();
            before = passed;
          }
        }
      }
    };
    await Promise.all(clients.flatMap((client) => Array.from({ length: IN_FLIGHT }, () => call(client))));
    return (passed - before) / ((performance.now() - from_ms) / 1000);
  }

  it("hold 1,000 calls a second for all of Envoy within 5 %", async () => {
    const perSecond = await rate("shared", 4);
    expect(perSecond).toBeGreaterThan(950);
    expect(perSecond).toBeLessThan(1050);
  });

  it("hold it for each value of an attribute", async () => {
    const [jason, jane] = await Promise.all([
      rate("byUser", 4, { user: "jason" }),
      rate("byUser", 4, { user: "jane" }),
    ]);
    for (const perSecond of [jason, jane]) {
      expect(perSecond).toBeGreaterThan(950);
      expect(perSecond).toBeLessThan(1050);
    }
  });

  it("hold it for each worker", async () => {
    const perSecond = await rate("own", 4);
    expect(perSecond).toBeGreaterThan(WORKERS * 950);
    expect(perSecond).toBeLessThan(WORKERS * 1050);
  });

  it("let through exactly what is in the bucket, whichever workers take it", async () => {
    const calls = clients.flatMap((client) => Array.from({ length: 30 }, () => client.call("a.B", "once")));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses.filter((status) => status === OK)).toHaveLength(100);
    expect(statuses.filter((status) => status === EXHAUSTED)).toHaveLength(200);
    await envoy.waitForStat(["meltemi_rate_limit_total", "kind=local", "result=limited"], 200);
  });
});

async function isSpread(envoy: TestEnvoy): Promise<boolean> {
  const stats = await envoy.stats();
  const active = [...stats].filter(([name]) => /^listener\..*\.worker_\d+\.downstream_cx_active$/.test(name));
  return active.filter(([, value]) => value >= 2).length === WORKERS;
}
