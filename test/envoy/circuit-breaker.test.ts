import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerText } from "../support/dubbo.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const EXHAUSTED = 100;
const MOST = 3;
const IN_FLIGHT = "wasmcustom.meltemi_circuit_breaker_requests_in_flight";
const CONFIG = {
  virtual_hosts: [
    {
      name: "all",
      services: ["*"],
      routes: [
        {
          match: { attributes: [{ name: "method", exact_match: "patient" }] },
          route: { cluster: "v1" },
          policy: {
            circuit_breaker: { name: "patient", max_requests: 1, max_pending_requests: 2, pending_timeout_ms: 60_000 },
          },
        },
        { route: { cluster: "v1" }, policy: { circuit_breaker: { name: "all", max_requests: MOST } } },
      ],
    },
  ],
};

describe.each(VERSIONS)("a circuit breaker on $name", (version) => {
  let envoy: TestEnvoy;
  let server: DubboServer;
  const held: (() => void)[] = [];

  beforeAll(async () => {
    server = await DubboServer.start("v1", (call, socket) => held.push(() => server.answer(call, socket)));
    const clusters = [{ name: "v1", ports: [server.port] }];
    envoy = await TestEnvoy.start(version, [{ name: "dubbo", config: CONFIG }], clusters, 1);
  });

  afterAll(async () => {
    await envoy.stop();
    await server.close();
  });

  async function waitForInFlight(calls: number): Promise<void> {
    await envoy.waitFor(`${calls} calls are in flight`, async () => {
      return [...(await envoy.stats())].some(([name, value]) => name.startsWith(IN_FLIGHT) && value === calls);
    });
  }

  it("lets through what it allows, whoever calls, and tells what there is", async () => {
    const clients = await Promise.all([1, 2, 3].map(() => DubboClient.connect(envoy.port("dubbo"))));
    const [first, second, third] = clients as [DubboClient, DubboClient, DubboClient];
    const calls = [first.call("a.B", "c"), second.call("a.B", "c"), second.call("a.B", "c")];
    const ended = Promise.allSettled(calls);
    await envoy.waitFor("all that may be are there", () => held.length === MOST);
    const refused = await third.call("a.B", "c");
    expect(refused.status).toBe(EXHAUSTED);
    expect(answerText(refused)).toContain("more calls in flight than the circuit breaker of all allows");
    await envoy.waitForStat([IN_FLIGHT], MOST);
    await envoy.waitForStat(["meltemi_replies_total", "code=overflow"], 1);
    second.close();
    await waitForInFlight(1);
    const more = third.call("a.B", "c");
    await envoy.waitFor("the next call is there", () => held.length === MOST + 1);
    for (const answer of held) answer();
    expect(answerText(await more)).toBe("v1 c");
    expect((await ended).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    await waitForInFlight(0);
    first.close();
    third.close();
  });

  it("has calls wait for a place, those that came first first, and the connection goes on", async () => {
    held.splice(0);
    const client = await DubboClient.connect(envoy.port("dubbo"));
    const answered: number[] = [];
    const patient = [1, 2, 3].map(async (nth) => {
      expect(answerText(await client.call("a.B", "patient"))).toBe("v1 patient");
      answered.push(nth);
    });
    await envoy.waitForStat(["meltemi_circuit_breaker_requests_pending"], 2);
    expect(held.length).toBe(1);
    expect((await client.call("a.B", "patient")).status).toBe(EXHAUSTED);
    // Other calls of the connection are not kept waiting.
    const other = client.call("a.B", "c");
    await envoy.waitFor("the other call is there", () => held.length === 2);
    held.pop()?.();
    expect(answerText(await other)).toBe("v1 c");
    for (let nth = 1; nth <= 3; nth++) {
      await envoy.waitFor(`call ${nth} is there`, () => held.length === 1);
      expect(answered.length).toBe(nth - 1);
      held.pop()?.();
      await patient[nth - 1];
    }
    expect(answered).toEqual([1, 2, 3]);
    client.close();
  });
});
