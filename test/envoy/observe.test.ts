import { afterEach, describe, expect, it } from "vitest";
import { answerText, callHead, encodeAnswer } from "../support/dubbo.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer, type Handler } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const route = (service: string, cluster: string) => ({
  name: service,
  services: [service],
  routes: [{ route: { cluster } }],
});
const CONFIG = { virtual_hosts: [route("demo.Greeter", "v1"), route("demo.Dead", "dead")] };

/** `hang` is not answered, at `die` the connection is reset. */
const moody: Handler = (call, socket) => {
  const { method } = callHead(call);
  if (method === "die") socket.resetAndDestroy();
  else if (method !== "hang") socket.write(encodeAnswer({ id: call.id, value: method }));
};

const LISTENER = "listener=dubbo";
const RUNS = VERSIONS.flatMap((version) => [1, 2].map((concurrency) => ({ ...version, concurrency })));

describe.each(RUNS)("what can be seen, on $name with $concurrency workers", (run) => {
  let envoy: TestEnvoy;
  let server: DubboServer;
  let deadPort: number;

  async function start(): Promise<void> {
    server = await DubboServer.start("v1", moody);
    const gone = await DubboServer.start("gone");
    deadPort = gone.port;
    await gone.close();
    const clusters = [
      { name: "v1", ports: [server.port] },
      { name: "dead", ports: [deadPort] },
    ];
    envoy = await TestEnvoy.start(run, [{ name: "dubbo", config: CONFIG }], clusters, run.concurrency);
  }

  afterEach(async () => {
    await envoy.stop();
    await server.close();
  });

  /** Waits until the gauge is `value`; the sum of all its workers. */
  async function becomes(name: string, value: number): Promise<void> {
    await envoy.waitFor(`${name} = ${value}`, async () => (await envoy.stats()).get(`wasmcustom.${name}`) === value);
  }

  it("gauges are the sum of the workers, and 0 when all is gone", async () => {
    await start();
    const clients = await Promise.all(Array.from({ length: 20 }, () => DubboClient.connect(envoy.port("dubbo"))));
    const calls = Promise.allSettled(clients.map((client) => client.call("demo.Greeter", "hang")));
    await becomes(`meltemi_connections_active;${LISTENER}`, 20);
    await becomes(`meltemi_calls_in_flight;${LISTENER}`, 20);
    await becomes(`meltemi_tunnels_active;${LISTENER};state=open`, 20);
    expect((await envoy.stats()).get("wasmcustom.meltemi_memory_bytes")).toBeGreaterThan(100_000 * run.concurrency);
    for (const client of clients.slice(0, 7)) client.close();
    await becomes(`meltemi_connections_active;${LISTENER}`, 13);
    await becomes(`meltemi_calls_in_flight;${LISTENER}`, 13);
    for (const client of clients) client.close();
    await calls;
    for (const name of ["connections_active", "calls_in_flight"]) await becomes(`meltemi_${name};${LISTENER}`, 0);
    for (const state of ["opening", "open", "closing"]) {
      const gauge = (await envoy.stats()).get(`wasmcustom.meltemi_tunnels_active;${LISTENER};state=${state}`);
      expect(gauge ?? 0).toBe(0);
    }
    await envoy.waitForStat(["meltemi_connections_closed_total", "reason=client_left_busy"], 20);
    await envoy.waitForStat(["meltemi_calls_unanswered_total", "reason=client_left"], 20);
    await envoy.waitForStat(["meltemi_tunnels_ended_total", "reason=connection_ended"], 20);
  });

  it("failures of upstreams have cluster, host and reason as labels", async () => {
    await start();
    const client = await DubboClient.connect(envoy.port("dubbo"));
    expect((await client.call("demo.Dead", "hello")).status).toBe(80);
    expect((await client.call("demo.Greeter", "die")).status).toBe(80);
    expect((await client.call("demo.Greeter", "hello")).status).toBe(20);
    await becomes(`meltemi_tunnels_active;${LISTENER};state=open`, 1);
    await envoy.waitForStat(["meltemi_upstream_failures_total;cluster=dead"]);
    await envoy.waitForStat(["meltemi_upstream_failures_total;cluster=v1"]);
    const text = await envoy.get("/stats/prometheus");
    const failures = text.split("\n").filter((line) => line.startsWith("meltemi_upstream_failures_total"));
    const labels = (line: string) =>
      new Map([...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
    const [dead, reset] = ["dead", "v1"].map((cluster) =>
      failures.map(labels).find((map) => map.get("cluster") === cluster),
    );
    expect(dead?.get("host")).toBe(`127.0.0.1:${deadPort}`);
    expect(dead?.get("reason")).toBe("URX_UF");
    expect(reset?.get("host")).toBe(`127.0.0.1:${server.port}`);
    expect(reset?.get("reason")).toBe("reset");
    expect(text).toContain(`meltemi_tunnels_active{listener="dubbo",state="open"}`);
    expect(text).toContain("# TYPE meltemi_connections_active gauge");
    client.close();
  });

  it("the admin interface turns the debug log on and off, and it follows a connection", async () => {
    await start();
    const client = await DubboClient.connect(envoy.port("dubbo"));
    expect(answerText(await client.call("demo.Greeter", "before"))).toBe("before");
    const events = () => envoy.log.flatMap((line) => /cx=\d+ event=[^"\\]*/.exec(line) ?? []);
    expect(events()).toEqual([]);
    await envoy.post("/logging?wasm=debug");
    const port = (client.socket.address() as { port: number }).port;
    await envoy.waitFor("the connection is seen", () =>
      events().some((line) => line.includes(`from=127.0.0.1:${port} `)),
    );
    const number = /cx=(\d+) event=seen/.exec(events().join("\n"))?.[1];
    expect(answerText(await client.call("demo.Greeter", "after"))).toBe("after");
    client.close();
    await envoy.waitFor("its end", () =>
      events().some((line) => line === `cx=${number} event=closed reason=client_left`),
    );
    const ours = events().filter((line) => line.startsWith(`cx=${number} `));
    expect(ours.join("\n")).toMatch(
      /event=call id=2 service=demo.Greeter method=after kind=call bytes=\d+ .*cluster=v1 stream=1/,
    );
    expect(ours.join("\n")).toMatch(/event=answer id=2 status=20 duration_us=\d+/);
    await envoy.post("/logging?wasm=warning");
    await envoy.waitFor("a connection of which nothing is said", async () => {
      const before = events().length;
      const silent = await DubboClient.connect(envoy.port("dubbo"));
      await silent.call("demo.Greeter", "silent");
      silent.close();
      return events().length === before;
    });
  });
});
