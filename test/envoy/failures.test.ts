import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answerText, callHead, encodeAnswer } from "../support/dubbo.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer, type Handler } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const route = (service: string, cluster: string) => ({
  name: service,
  services: [service],
  routes: [{ route: { cluster } }],
});
const CONFIG = {
  virtual_hosts: [
    route("demo.V1", "v1"),
    route("demo.V2", "v2"),
    route("demo.Dead", "dead"),
    route("demo.Empty", "empty"),
    route("demo.Unknown", "unknown"),
  ],
};

/** Dies as the method says; `hang` never answers. */
const mortal: Handler = (call, socket) => {
  const { method } = callHead(call);
  if (method === "die") socket.resetAndDestroy();
  else if (method === "leave") socket.end();
  else if (method === "cut")
    socket.write(encodeAnswer({ id: call.id, value: "half" }).subarray(0, 20), () => socket.destroy());
  else if (method !== "hang") socket.write(encodeAnswer({ id: call.id, value: `v1 ${method}` }));
};

describe.each(VERSIONS)("upstreams that fail, on $name", (version) => {
  let envoy: TestEnvoy;
  let v1: DubboServer;
  let v2: DubboServer;
  let client: DubboClient;

  beforeEach(async () => {
    v1 = await DubboServer.start("v1", mortal);
    v2 = await DubboServer.start("v2");
    const gone = await DubboServer.start("gone");
    const deadPort = gone.port;
    await gone.close();
    const clusters = [
      { name: "v1", ports: [v1.port] },
      { name: "v2", ports: [v2.port] },
      { name: "dead", ports: [deadPort] },
      { name: "empty", ports: [] },
    ];
    envoy = await TestEnvoy.start(version, [{ name: "dubbo", config: CONFIG }], clusters);
    client = await DubboClient.connect(envoy.port("dubbo"));
  });

  afterEach(async () => {
    client.close();
    await envoy.stop();
    await v1.close();
    await v2.close();
  });

  it("answers with status 80, the cluster and Envoy's reason when nobody can be reached", async () => {
    for (const [service, cluster, flag] of [
      ["demo.Dead", "dead", "UF"],
      ["demo.Empty", "empty", "UH"],
      ["demo.Unknown", "unknown", "NC"],
    ] as const) {
      const answer = await client.call(service, "hello");
      expect(answer.status).toBe(80);
      expect(answerText(answer)).toContain(cluster);
      expect(answerText(answer)).toContain(flag);
    }
    expect(answerText(await client.call("demo.V2", "hello"))).toBe("v2 hello");
    expect(client.unexpected).toHaveLength(0);
    await envoy.waitForStat(["meltemi_replies_total", "code=upstream_failure"], 3);
  });

  it("swallows the rest of a long message that has nowhere to go, and finds the call behind it", async () => {
    for (const service of ["demo.Dead", "demo.Empty", "demo.Unknown"]) {
      const [long, next] = await Promise.all([
        client.call(service, "hello", { args: ["a".repeat(8 << 20)] }),
        client.call("demo.V2", "hello"),
      ]);
      expect(long.status).toBe(80);
      expect(answerText(next)).toBe("v2 hello");
    }
  });

  it.each(["die", "leave"])("answers the calls in flight when the upstream does: %s", async (how) => {
    const hanging = client.call("demo.V1", "hang");
    const other = client.call("demo.V2", "hello");
    const last = client.call("demo.V1", how);
    for (const answer of await Promise.all([hanging, last])) {
      expect(answer.status).toBe(80);
      expect(answerText(answer)).toContain("v1");
    }
    expect(answerText(await other)).toBe("v2 hello");
    expect(answerText(await client.call("demo.V1", "again"))).toBe("v1 again");
    expect(v1.sockets.size).toBe(1);
  });

  it("opens a tunnel again when its upstream left while it was idle", async () => {
    expect(answerText(await client.call("demo.V1", "hello"))).toBe("v1 hello");
    for (const socket of v1.sockets) socket.end();
    await envoy.waitFor("the upstream's connection is gone", () => v1.sockets.size === 0);
    expect(answerText(await client.call("demo.V1", "again"))).toBe("v1 again");
  });

  it("closes the client's connection when an answer is cut in the middle, with a counted reason", async () => {
    await expect(client.call("demo.V1", "cut")).rejects.toThrow("closed");
    expect(await client.closed).toBeGreaterThan(0);
    await envoy.waitForStat(["connections_closed_total", "reason=answer_cut"]);
    const next = await DubboClient.connect(envoy.port("dubbo"));
    expect(answerText(await next.call("demo.V1", "hello"))).toBe("v1 hello");
    next.close();
  });

  it("survives clients that leave with calls in flight", async () => {
    for (let i = 0; i < 20; i++) {
      const passing = await DubboClient.connect(envoy.port("dubbo"));
      const calls = [
        passing.call("demo.V1", "hang"),
        passing.call("demo.V2", "hello"),
        passing.call("demo.Dead", "hello"),
      ];
      const settled = Promise.allSettled(calls);
      await envoy.waitFor("a call at the upstream", () => v1.calls.length > i);
      if (i % 2) passing.socket.resetAndDestroy();
      else passing.close();
      await settled;
    }
    expect(answerText(await client.call("demo.V1", "hello"))).toBe("v1 hello");
  });
});
