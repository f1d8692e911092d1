import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answerText, isEvent } from "../support/dubbo.js";
import type { TestCluster } from "./bootstrap.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const CALLS = 3000;
const route = (service: string, cluster: string) => ({
  name: service,
  services: [service],
  routes: [{ route: { cluster } }],
});
const CONFIG = {
  virtual_hosts: [route("demo.Three", "three"), route("demo.Quick", "quick"), route("demo.Half", "half")],
  clusters: [
    { name: "three", min_tunnels: 3 },
    { name: "quick", max_tunnel_calls: 10 },
  ],
};
const RUNS = VERSIONS.flatMap((version) => [1, 2].map((concurrency) => ({ version, concurrency })));

describe.each(RUNS)(
  "the tunnels of a connection, on $version.name with $concurrency workers",
  ({ version, concurrency }) => {
    let envoy: TestEnvoy;
    let servers: DubboServer[];
    let client: DubboClient;

    beforeEach(async () => {
      servers = await Promise.all(["a", "b", "c"].map((name) => DubboServer.start(name)));
      const gone = await DubboServer.start("gone");
      const deadPort = gone.port;
      await gone.close();
      const ports = servers.map(({ port }) => port);
      const clusters: TestCluster[] = [
        { name: "three", ports },
        { name: "quick", ports },
        { name: "half", ports: [deadPort, ...ports.slice(0, 1)], lbPolicy: "ROUND_ROBIN" },
      ];
      const listener = { name: "dubbo", config: CONFIG, connectRetries: 0 };
      envoy = await TestEnvoy.start(version, [listener], clusters, concurrency);
      client = await DubboClient.connect(envoy.port("dubbo"));
    });

    afterEach(async () => {
      client.close();
      await envoy.stop();
      for (const server of servers) await server.close();
    });

    /** Makes the calls, so many at a time, and counts who answered. */
    async function share(service: string, atATime: number): Promise<number[]> {
      const counts = new Map(servers.map(({ name }) => [name, 0]));
      const one = async (): Promise<void> => {
        const name = answerText(await client.call(service, "hello")).slice(0, 1);
        counts.set(name, (counts.get(name) ?? 0) + 1);
      };
      const lane = async (): Promise<void> => {
        for (let i = 0; i < CALLS / atATime; i++) await one();
      };
      await Promise.all(Array.from({ length: atATime }, lane));
      return [...counts.values()];
    }

    it.each([1, 20])("gives each of three hosts its share of one connection's calls, %d at a time", async (atATime) => {
      for (const count of await share("demo.Three", atATime)) {
        expect(count).toBeGreaterThan((CALLS / 3) * 0.9);
        expect(count).toBeLessThan((CALLS / 3) * 1.1);
      }
      expect(servers.reduce((sum, { sockets }) => sum + sockets.size, 0)).toBe(3);
    });

    it("replaces a tunnel after its number of calls, and loses none of them", async () => {
      const counts = await share("demo.Quick", 20);
      expect(counts.reduce((sum, count) => sum + count)).toBe(CALLS);
      expect(Math.min(...counts)).toBeGreaterThan(CALLS / 10);
      await envoy.waitFor("the former tunnels are gone", () => servers.every(({ sockets }) => sockets.size < 10));
    });

    it("puts calls whose host refuses the connection on another tunnel", async () => {
      for (let i = 0; i < 10; i++) {
        const passing = await DubboClient.connect(envoy.port("dubbo"));
        const args = ["a".repeat(i * 1000)];
        const calls = Array.from({ length: 5 }, () => passing.call("demo.Half", "hello", { args }));
        expect((await Promise.all(calls)).map(answerText)).toEqual(Array(5).fill("a hello"));
        passing.close();
      }
      await envoy.waitForStat(["half.upstream_cx_connect_fail"]);
    });

    it("tells the client when Envoy drains, answers what it has asked, and closes", async () => {
      const calls: Promise<unknown>[] = [];
      let told = false;
      const failHealthChecks = fetch(`http://${envoy.admin}/healthcheck/fail`, { method: "POST" });
      while (!told) {
        calls.push(client.call("demo.Three", "hello").then((answer) => expect(answerText(answer)).toContain("hello")));
        await calls.at(-1);
        told = client.unexpected.some(isEvent);
      }
      await failHealthChecks;
      await Promise.all(calls);
      expect(await client.closed).toBe(0);
      await envoy.waitForStat(["connections_closed_total", "reason=drained"]);
    });
  },
);
