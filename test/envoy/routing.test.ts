import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerText, encodeCall, encodeEvent, encodeHeartbeat, isEvent } from "../support/dubbo.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const CONFIG = {
  virtual_hosts: [
    {
      name: "greeter",
      services: ["demo.Greeter"],
      routes: [
        { match: { attributes: [{ name: "user", exact_match: "jason" }] }, route: { cluster: "v2" } },
        { route: { cluster: "v1" } },
      ],
    },
  ],
};

const RUNS = VERSIONS.flatMap((version) => [1, 2].map((concurrency) => ({ version, concurrency })));

describe.each(RUNS)("$version.name with $concurrency workers", ({ version, concurrency }) => {
  let envoy: TestEnvoy;
  let v1: DubboServer;
  let v2: DubboServer;

  beforeAll(async () => {
    v1 = await DubboServer.start("v1");
    v2 = await DubboServer.start("v2");
    const clusters = [
      { name: "v1", ports: [v1.port] },
      { name: "v2", ports: [v2.port] },
    ];
    envoy = await TestEnvoy.start(version, [{ name: "dubbo", config: CONFIG }], clusters, concurrency);
  });

  afterAll(async () => {
    await envoy.stop();
    await v1.close();
    await v2.close();
  });

  it("sends the calls of one connection to two clusters, each by its own attachment", async () => {
    const client = await DubboClient.connect(envoy.port("dubbo"));
    for (let i = 0; i < 20; i++) {
      const attachments: Record<string, string> = i % 3 === 0 ? { user: "jason" } : {};
      const answer = await client.call("demo.Greeter", "hello", { attachments });
      expect(answerText(answer)).toBe(`${i % 3 === 0 ? "v2" : "v1"} hello`);
    }
    client.close();
  });

  it("carries a thousand calls in flight on each of eight connections", async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => DubboClient.connect(envoy.port("dubbo"))));
    const calls = clients.flatMap((client) =>
      Array.from({ length: 1000 }, async (_, i) => {
        const attachments: Record<string, string> = i % 2 ? { user: "jason" } : {};
        const answer = await client.call("demo.Greeter", `m${i}`, { attachments, args: ["a".repeat(i % 300)] });
        return answerText(answer) === `${i % 2 ? "v2" : "v1"} m${i}`;
      }),
    );
    const right = await Promise.all(calls);
    expect(right.filter((ok) => !ok)).toHaveLength(0);
    for (const client of clients) {
      expect(client.unexpected).toHaveLength(0);
      client.close();
    }
  });

  it("answers a service that nobody has with status 60, and goes on", async () => {
    const client = await DubboClient.connect(envoy.port("dubbo"));
    const [missing, found] = await Promise.all([
      client.call("demo.Missing", "hello"),
      client.call("demo.Greeter", "hello"),
    ]);
    expect(missing.status).toBe(60);
    expect(answerText(missing)).toContain("demo.Missing");
    expect(answerText(found)).toBe("v1 hello");
    client.close();
  });

  it("answers heartbeats itself, swallows events, and passes one-way calls", async () => {
    const client = await DubboClient.connect(envoy.port("dubbo"));
    const before = v1.calls.length;
    const beat = await client.exchange(77n, encodeHeartbeat(77));
    expect(isEvent(beat) && beat.status === 20).toBe(true);
    client.socket.write(encodeEvent(78, null));
    client.socket.write(encodeCall({ id: 79, service: "demo.Greeter", method: "notify", oneWay: true }));
    await client.call("demo.Greeter", "hello");
    expect(v1.calls.slice(before).map((call) => Number(call.id))).toEqual([79, 1]);
    expect(client.unexpected).toHaveLength(0);
    client.close();
  });

  it("closes a connection that brings garbage, with a counted reason, and no other", async () => {
    const good = await DubboClient.connect(envoy.port("dubbo"));
    await good.call("demo.Greeter", "hello");
    for (const garbage of [
      "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "x".repeat(100_000),
    ]) {
      const bad = await DubboClient.connect(envoy.port("dubbo"));
      bad.socket.write(garbage);
      await bad.closed;
    }
    await envoy.waitForStat(["connections_closed_total", "reason=not_this_protocol"], 3);
    const tooLarge = await DubboClient.connect(envoy.port("dubbo"));
    tooLarge.socket.write(Buffer.from("dabbc20000000000000000017fffffff", "hex"));
    await tooLarge.closed;
    await envoy.waitForStat(["connections_closed_total", "reason=too_large"]);
    expect(answerText(await good.call("demo.Greeter", "hello"))).toBe("v1 hello");
    good.close();
  });

  it("forgets a connection that ends in the middle of a message", async () => {
    for (const cut of [1, 9, 15, 16, 60, 100]) {
      const client = await DubboClient.connect(envoy.port("dubbo"));
      const bytes = encodeCall({ id: 1, service: "demo.Greeter", method: "hello", args: ["a".repeat(200)] });
      client.socket.end(bytes.subarray(0, cut));
      await client.closed;
    }
    const client = await DubboClient.connect(envoy.port("dubbo"));
    expect(answerText(await client.call("demo.Greeter", "hello"))).toBe("v1 hello");
    client.close();
  });

  it("shows its metrics in /stats, and with labels in /stats/prometheus", async () => {
    const client = await DubboClient.connect(envoy.port("dubbo"));
    await client.call("demo.Greeter", "measured", { attachments: { user: "jason" } });
    await client.call("demo.Absent", "measured");
    await envoy.waitForStat(["wasmcustom.meltemi_requests_total", "method=measured", "cluster=v2", "status=20"]);
    await envoy.waitForStat(["wasmcustom.meltemi_replies_total", "code=not_found"]);
    await envoy.waitForStat(["wasmcustom.meltemi_config_updates_total", "listener=dubbo", "result=accepted"]);
    await envoy.waitFor("the histogram in Prometheus", async () => {
      const text = await envoy.get("/stats/prometheus?filter=meltemi");
      const requests = text.split("\n").find((line) => /^meltemi_requests_total\{.*method="measured"/.test(line)) ?? "";
      const labels = ['listener="dubbo"', 'service="greeter"', 'cluster="v2"', 'status="20"'];
      const histogram = /^meltemi_request_duration_microseconds_bucket\{.*method="measured".*le="/m.test(text);
      return labels.every((label) => requests.includes(label)) && histogram;
    });
    client.close();
  });
});
