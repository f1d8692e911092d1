import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerText, callHead, type DubboMessage } from "../support/dubbo.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const MIB = 1 << 20;
const MOST_HELD_BYTES = 48 * MIB;

const CONFIG = {
  virtual_hosts: [
    { name: "slow", services: ["demo.Slow"], routes: [{ route: { cluster: "slow" } }] },
    { name: "all", services: ["*"], routes: [{ route: { cluster: "v1" } }] },
  ],
};

/** The same service routed by an attachment, which stands behind the arguments: the message has to be seen whole. */
const BY_ATTACHMENT = {
  virtual_hosts: [
    {
      name: "all",
      services: ["*"],
      routes: [{ match: { attributes: [{ name: "user", exact_match: "jason" }] }, route: { cluster: "v1" } }],
    },
  ],
};

describe.each(VERSIONS)("large and many bytes on $name", (version) => {
  let envoy: TestEnvoy;
  let v1: DubboServer;
  let slow: DubboServer;

  beforeAll(async () => {
    v1 = await DubboServer.start("v1");
    slow = await DubboServer.start("slow");
    const clusters = [
      { name: "v1", ports: [v1.port] },
      { name: "slow", ports: [slow.port] },
    ];
    const listeners = [
      { name: "dubbo", config: CONFIG },
      {
        name: "by-attachment",
        config: { ...BY_ATTACHMENT, read_buffer_bytes: 17 * MIB },
        bufferLimit_bytes: 17 * MIB,
      },
      { name: "collected", config: BY_ATTACHMENT },
      {
        name: "small-frames",
        config: CONFIG,
        http2: { custom_settings_parameters: [], initial_stream_window_size: 65_535 },
      },
    ];
    envoy = await TestEnvoy.start(version, listeners, clusters);
  });

  afterAll(async () => {
    await envoy.stop();
    await v1.close();
    await slow.close();
  });

  it.each(["dubbo", "by-attachment", "collected", "small-frames"])(
    "carries 1 MiB and 8 MiB both ways (listener %s)",
    async (listener) => {
      const client = await DubboClient.connect(envoy.port(listener));
      for (const size of [MIB, 8 * MIB]) {
        const before = v1.calls.length;
        const args = ["a".repeat(size)];
        const [big, small] = await Promise.all([
          client.call("demo.Big", `sized${size}`, { args, attachments: { user: "jason" } }),
          client.call("demo.Big", "small", { attachments: { user: "jason" } }),
        ]);
        expect(big.bytes.length).toBeGreaterThan(size);
        expect(answerText(small)).toBe("v1 small");
        expect(v1.calls[before]?.bytes.length).toBeGreaterThan(size);
        expect(Buffer.from(v1.calls[before]?.body ?? []).includes("a".repeat(30_000))).toBe(true);
      }
      client.close();
    },
  );

  it("stops the client of an upstream that never reads, and nobody else", async () => {
    const stuck = await DubboClient.connect(envoy.port("dubbo"));
    const calls: Promise<unknown>[] = [stuck.call("demo.Slow", "hello")];
    await envoy.waitFor("the slow upstream's connection", () => slow.calls.length > 0);
    for (const socket of slow.sockets) socket.pause();
    const before_bytes = envoy.memory_bytes;
    for (let i = 0; i < 256; i++) calls.push(stuck.call("demo.Slow", "hello", { args: ["a".repeat(MIB)] }));
    const settled = Promise.allSettled(calls);
    await untilStill(envoy, () => stuck.socket.bytesWritten);
    expect(stuck.socket.writableLength).toBeGreaterThan(200 * MIB);

    const other = await DubboClient.connect(envoy.port("dubbo"));
    for (let i = 0; i < 50; i++) expect(answerText(await other.call("demo.Fast", `m${i}`))).toBe(`v1 m${i}`);
    expect(envoy.memory_bytes - before_bytes).toBeLessThan(MOST_HELD_BYTES);

    stuck.close();
    other.close();
    await settled;
    for (const socket of slow.sockets) socket.destroy();
  });

  it("goes on where it stopped when the slow upstream reads again", async () => {
    const client = await DubboClient.connect(envoy.port("dubbo"));
    await client.call("demo.Slow", "hello");
    for (const socket of slow.sockets) socket.pause();
    const calls = Array.from({ length: 40 }, (_, i) => client.call("demo.Slow", `m${i}`, { args: ["a".repeat(MIB)] }));
    await untilStill(envoy, () => client.socket.bytesWritten);
    for (const socket of slow.sockets) socket.resume();
    const answers = await Promise.all(calls);
    expect(answers.map(answerText)).toEqual(answers.map((_, i) => `slow m${i}`));
    client.close();
  });

  it("stops the upstream of a client that does not read, and delivers all when it does", async () => {
    const client = await DubboClient.connect(envoy.port("dubbo"));
    await client.call("demo.Fast", "hello");
    const before_bytes = envoy.memory_bytes;
    client.socket.pause();
    const calls = Array.from({ length: 100 }, () => client.call("demo.Fast", `sized${MIB}`));
    await envoy.waitFor("all calls at the upstream", () => v1.calls.filter(isFor(`sized${MIB}`)).length >= 100);
    const waiting = () => [...v1.sockets].reduce((sum, socket: Socket) => sum + socket.writableLength, 0);
    await untilStill(envoy, waiting);
    expect(waiting()).toBeGreaterThan(50 * MIB);
    expect(envoy.memory_bytes - before_bytes).toBeLessThan(MOST_HELD_BYTES);
    client.socket.resume();
    const answers = await Promise.all(calls);
    expect(answers.every((answer) => answer.bytes.length > MIB)).toBe(true);
    client.close();
  });
});

function isFor(method: string): (call: DubboMessage) => boolean {
  return (call) => callHead(call).method === method;
}

/** Until a number has stopped moving: five looks in a row, 20 ms apart, show the same. */
async function untilStill(envoy: TestEnvoy, read: () => number): Promise<void> {
  let last = -1;
  let same = 0;
  await envoy.waitFor("a number that stands still", () => {
    same = read() === last ? same + 1 : 0;
    last = read();
    return same >= 5;
  });
}
