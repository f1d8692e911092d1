import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerText, callHead, type DubboMessage, encodeAnswer } from "../support/dubbo.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer, type Handler } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const SERVER_ERROR = 80;
const SERVICE_ERROR = 70;
const OK = 20;

function when(method: string, policy: object, cluster = "v1") {
  return { match: { attributes: [{ name: "method", exact_match: method }] }, route: { cluster }, policy };
}

/** Connections that cannot be made, those that end with the call in flight, tries that take too long, and errors. */
const ALL_CONDITIONS = 1 + 2 + 4 + 16;

const CONFIG = {
  virtual_hosts: [
    {
      name: "all",
      services: ["*"],
      routes: [
        when("chaos", {
          retry: {
            attempts: 30,
            on: ALL_CONDITIONS,
            per_try_timeout_ms: 300,
            back_off_ms: 5,
            max_back_off_ms: 50,
            budget_percent: 100,
            min_budget: 3,
          },
        }),
        when("budget", { retry: { attempts: 30, on: 16, back_off_ms: 1, budget_percent: 20, min_budget: 3 } }),
        when(
          "elsewhere",
          { retry: { attempts: 1, statuses: [SERVICE_ERROR], budget_percent: 100, min_budget: 100 } },
          "two",
        ),
        when("mirrored", { mirrors: [{ cluster: "shadow" }, { cluster: "gone" }] }),
        when("half", { mirrors: [{ cluster: "shadow", per_million: 500_000 }] }),
        when("delayed", { delay: { per_million: 500_000, fixed_ms: 300 } }),
        { route: { cluster: "v1" } },
      ],
    },
  ],
};

/** Calls that are sent once more, or elsewhere besides, or later, in real Envoys. */
describe.each(VERSIONS)("kept calls on $name", (version) => {
  let envoy: TestEnvoy;
  let server: DubboServer;
  let pair: readonly DubboServer[];
  let shadow: DubboServer;
  let serve: Handler;

  beforeAll(async () => {
    serve = (call, socket) => server.answer(call, socket);
    server = await DubboServer.start("v1", (call, socket) => serve(call, socket));
    const poor: Handler = (call, socket) => {
      // One of the two fails each call that has not failed before.
      const { method } = callHead(call);
      const first = method === "elsewhere" && !tried.has(call.id);
      tried.add(call.id);
      socket.write(encodeAnswer({ id: call.id, status: first ? SERVICE_ERROR : OK, value: String(socket.localPort) }));
      if (first) failedAt.set(call.id, socket.localPort ?? 0);
    };
    pair = [await DubboServer.start("a", poor), await DubboServer.start("b", poor)];
    shadow = await DubboServer.start("shadow");
    const clusters = [
      { name: "v1", ports: [server.port] },
      { name: "two", ports: pair.map(({ port }) => port) },
      { name: "shadow", ports: [shadow.port] },
    ];
    envoy = await TestEnvoy.start(version, [{ name: "dubbo", config: CONFIG }], clusters, 2);
  });

  afterAll(async () => {
    await envoy.stop();
    for (const one of [server, ...pair, shadow]) await one.close();
  });

  const tried = new Set<bigint>();
  const failedAt = new Map<bigint, number>();

  it("have no error for their callers, though three of ten fail", async () => {
    const random = seeded(7);
    const failures = { error: 0, reset: 0, silence: 0 };
    serve = (call, socket) => {
      if (random() >= 0.3) return server.answer(call, socket);
      const kind = random();
      if (kind < 0.9) {
        failures.error++;
        socket.write(encodeAnswer({ id: call.id, status: SERVER_ERROR, value: "chaos" }));
      } else if (kind < 0.95) {
        failures.reset++;
        socket.destroy();
      } else failures.silence++;
    };
    const clients = await connect(8);
    const statuses = await all(clients, 10_000, 16, "chaos");
    expect(statuses).toEqual(new Map([[OK, 10_000]]));
    expect(failures.error).toBeGreaterThan(2_000);
    expect(failures.reset).toBeGreaterThan(50);
    expect(failures.silence).toBeGreaterThan(50);
    for (const client of clients) {
      expect(client.unexpected).toEqual([]);
      client.close();
    }
  }, 60_000);

  it("are no more being retried than the budget of each worker allows", async () => {
    // A call is known again by its version.
    const seen = new Set<string>();
    let retrying = 0;
    let most = 0;
    serve = (call, socket) => {
      const { version } = callHead(call);
      const again = seen.has(version);
      seen.add(version);
      if (again) most = Math.max(most, ++retrying);
      setTimeout(() => {
        if (again) retrying--;
        socket.write(encodeAnswer({ id: call.id, status: SERVER_ERROR, value: "always" }));
      }, 20);
    };
    const clients = await connect(10);
    const inFlight = 10;
    const statuses = await all(clients, 1_000, inFlight, "budget");
    expect(statuses).toEqual(new Map([[SERVER_ERROR, 1_000]]));
    expect(most).toBeGreaterThan(3);
    // A hundred calls are in progress: of those of each worker a fifth, or three.
    expect(most).toBeLessThanOrEqual(Math.max(20, 3) + 3);
    await envoy.waitForStat(["meltemi_retries_refused_total", "budget"]);
    for (const client of clients) client.close();
  }, 60_000);

  it("are retried at another host", async () => {
    const client = (await connect(1))[0] as DubboClient;
    const started = tried.size;
    let elsewhere = 0;
    for (let i = 0; i < 200; i++) {
      const answer = await client.call("a.B", "elsewhere");
      expect(answer.status).toBe(OK);
      if (answerText(answer) !== String(failedAt.get(answer.id))) elsewhere++;
    }
    expect(tried.size - started).toBe(200);
    // Until the connection has a tunnel to each of them there may be one to choose from only.
    expect(elsewhere).toBeGreaterThan(180);
    client.close();
  });

  it("go elsewhere besides, whose answers nobody gets", async () => {
    serve = (call, socket) => server.answer(call, socket);
    const client = (await connect(1))[0] as DubboClient;
    const calls = 500;
    const before = shadow.calls.length;
    const answers = await Promise.all(Array.from({ length: calls }, () => client.call("a.B", "mirrored")));
    expect(answers.every((answer) => answerText(answer) === "v1 mirrored")).toBe(true);
    await until(() => shadow.calls.length === before + calls);
    const half = await Promise.all(Array.from({ length: 5_000 }, () => client.call("a.B", "half")));
    expect(half.every((answer) => answerText(answer) === "v1 half")).toBe(true);
    await sleep(200);
    const copies = shadow.calls.length - before - calls;
    // Binomial, p = 0.5: five standard deviations are 177.
    expect(Math.abs(copies - 2_500)).toBeLessThan(5 * Math.sqrt(5_000 * 0.25));
    expect(client.unexpected).toEqual([]);
    client.close();
  });

  it("wait as long as a delay says, and others do not", async () => {
    const client = (await connect(1))[0] as DubboClient;
    const started_ms = performance.now();
    const times_ms = await Promise.all(
      Array.from({ length: 1_000 }, async () => {
        expect((await client.call("a.B", "delayed")).status).toBe(OK);
        return performance.now() - started_ms;
      }),
    );
    const delayed = times_ms.filter((time_ms) => time_ms >= 290).length;
    expect(Math.abs(delayed - 500)).toBeLessThan(5 * Math.sqrt(1_000 * 0.25));
    expect(Math.max(...times_ms)).toBeLessThan(2_000);
    client.close();
  });

  function connect(count: number): Promise<DubboClient[]> {
    return Promise.all(Array.from({ length: count }, () => DubboClient.connect(envoy.port("dubbo"))));
  }
});

/** So many calls of all clients, `inFlight` at a time of each: how many have had which status. */
async function all(clients: readonly DubboClient[], calls: number, inFlight: number, method: string) {
  const statuses = new Map<number, number>();
  let left = calls;
  const caller = async (client: DubboClient) => {
    while (left > 0) {
      const number = left--;
      const { status = 0 }: DubboMessage = await client.call("a.B", method, { version: String(number) });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(clients.flatMap((client) => Array.from({ length: inFlight }, () => caller(client))));
  return statuses;
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !holds(); i++) await sleep(25);
  expect(holds()).toBe(true);
}

/** xorshift32: the same numbers from 0 to 1 for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
