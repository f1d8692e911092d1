import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerText, encodeCall } from "../support/dubbo.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const KIB = 1024;
const MIB = 1 << 20;
const MOST_BYTES = 16 * MIB;

/** docs/load-and-faults.md: what one idle client connection with a tunnel costs Envoy. */
const CONNECTION_BYTES = 128 * KIB;
/** On one worker: more than the stack holds if all are visited in one turn. */
const CONNECTIONS = 2500;

/** The same place: tunnels × (window + what Envoy has read beyond it), and the client's write buffer. */
const TUNNELS = 10;
const UNREAD_BYTES = TUNNELS * 4 * MIB + 4 * MIB;

const clusterNames = Array.from({ length: TUNNELS }, (_, i) => `v${i}`);
const CONFIG = {
  virtual_hosts: clusterNames.map((name) => ({
    name,
    services: [`demo.${name}`],
    routes: [{ route: { cluster: name } }],
  })),
};

describe.each(VERSIONS.flatMap((version) => [1, 2].map((workers) => ({ ...version, workers }))))(
  "bounds, $name, $workers workers",
  (version) => {
    let envoy: TestEnvoy;
    let server: DubboServer;

    beforeAll(async () => {
      server = await DubboServer.start("v");
      const clusters = clusterNames.map((name) => ({ name, ports: [server.port] }));
      envoy = await TestEnvoy.start(version, [{ name: "dubbo", config: CONFIG }], clusters, version.workers);
    });

    afterAll(async () => {
      await envoy.stop();
      await server.close();
    });

    const connect = (): Promise<DubboClient> => DubboClient.connect(envoy.port("dubbo"));

    it("carries a message of the greatest length, and closes for one byte more", async () => {
      const client = await connect();
      const others = await connect();
      for (const over of [0, 1]) {
        const text = argumentFor(MOST_BYTES + over);
        const call = client.call("demo.v0", "hello", { args: [text] });
        if (over === 0) expect(answerText(await call)).toBe("v hello");
        else await expect(call).rejects.toThrow("closed");
        expect(answerText(await others.call("demo.v1", "hello"))).toBe("v hello");
      }
      await envoy.waitForStat(["connections_closed_total", "reason=too_large"]);
      others.close();
    });

    it("answers a thousand calls in flight on one connection", async () => {
      const client = await connect();
      const answers = await Promise.all(
        Array.from({ length: 1000 }, (_, i) => client.call(`demo.v${i % TUNNELS}`, `m${i}`)),
      );
      expect(answers.map(answerText)).toEqual(answers.map((_, i) => `v m${i}`));
      expect(client.unexpected).toHaveLength(0);
      client.close();
    });

    it("holds no more than its windows of megabytes that ten upstreams answer and nobody reads", async () => {
      const stuck = await connect();
      for (const name of clusterNames) await stuck.call(`demo.${name}`, "hello");
      const before_bytes = envoy.memory_bytes;
      stuck.socket.pause();
      const asked = Promise.allSettled(
        clusterNames.flatMap((name) => Array.from({ length: 4 }, () => stuck.call(`demo.${name}`, `sized${4 * MIB}`))),
      );
      const sent = (): number =>
        [...server.sockets].reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0);
      await untilStill(envoy, sent);
      expect([...server.sockets].some((socket) => socket.writableLength > MIB)).toBe(true);
      expect(envoy.memory_bytes - before_bytes).toBeLessThan(UNREAD_BYTES);

      const other = await connect();
      for (let i = 0; i < 50; i++) expect(answerText(await other.call("demo.v3", `m${i}`))).toBe(`v m${i}`);
      other.close();
      stuck.close();
      await asked;
    });

    it("costs what was computed for each of very many connections, and serves all of them after a tick", async () => {
      await (await connect()).call("demo.v0", "hello");
      const count = CONNECTIONS / version.workers ** 2;
      const before_bytes = envoy.memory_bytes;
      const clients: DubboClient[] = [];
      for (let i = 0; i < count; i += 25) {
        const some = await Promise.all(Array.from({ length: 25 }, connect));
        await Promise.all(some.map((client) => client.call("demo.v0", "hello")));
        clients.push(...some);
      }
      // At its next tick the filter has something to do on all of them at once: it asks whether Envoy drains.
      await envoy.waitForStat(["http.dubbo.no_cluster"], count);
      const answers = await Promise.all(clients.map((client) => client.call("demo.v0", "hello")));
      expect(new Set(answers.map(answerText))).toEqual(new Set(["v hello"]));
      expect((envoy.memory_bytes - before_bytes) / count).toBeLessThan(CONNECTION_BYTES);
      for (const client of clients) client.close();
    });
  },
);

/** An argument with which a call has exactly this length. */
function argumentFor(messageBytes: number): string {
  let length = messageBytes;
  for (;;) {
    const text = "a".repeat(length);
    const actual = encodeCall({ id: 1n, service: "demo.v0", method: "hello", args: [text] }).length;
    if (actual === messageBytes) return text;
    length -= actual - messageBytes;
  }
}

async function untilStill(envoy: TestEnvoy, value: () => number): Promise<void> {
  let last = -1;
  let since_ms = Date.now();
  await envoy.waitFor("nothing moves any more", () => {
    if (value() !== last) {
      last = value();
      since_ms = Date.now();
    }
    return Date.now() - since_ms > 500;
  });
}
