import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callHead, encodeAnswer, encodeCall } from "../support/dubbo.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

const MIB = 1 << 20;

const POLICY = {
  request_mutation: { set: { user: "jason" }, add: { tags: "blue" }, remove: ["secret"] },
  response_mutation: { set: { "served-by": "meltemi" }, remove: ["debug"] },
};

const CONFIG = {
  virtual_hosts: [
    {
      name: "all",
      services: ["*"],
      routes: [
        {
          match: { attributes: [{ name: "method", prefix_match: "changed-too" }] },
          route: { cluster: "v2" },
          policy: POLICY,
        },
        {
          match: { attributes: [{ name: "method", prefix_match: "changed" }] },
          route: { cluster: "v1" },
          policy: POLICY,
        },
        { route: { cluster: "v1" } },
      ],
    },
  ],
};

/** A call as the client makes it, and as the server is to get it. */
function calls(method: string, id: bigint, size: number) {
  const call = { id, service: "a.B", method, args: ["x".repeat(size)] };
  return {
    sent: encodeCall({ ...call, attachments: { user: "tom", secret: "s", tags: "red" } }),
    received: encodeCall({ ...call, attachments: { user: "jason", tags: "red,blue" } }),
  };
}

/** What routes change in messages, in real Envoys. */
describe.each(VERSIONS)("messages that are changed, on $name", (version) => {
  let envoy: TestEnvoy;
  let server: DubboServer;
  /** What the server got, by id. */
  const received = new Map<bigint, Uint8Array>();

  beforeAll(async () => {
    server = await DubboServer.start("v1", (call, socket) => {
      received.set(call.id, Buffer.from(call.bytes));
      const { method } = callHead(call);
      const value = "y".repeat(Number(/(\d+)$/.exec(method)?.[1] ?? 4));
      socket.write(encodeAnswer({ id: call.id, value, attachments: { debug: "d", more: "m" } }));
    });
    const clusters = ["v1", "v2"].map((name) => ({ name, ports: [server.port] }));
    envoy = await TestEnvoy.start(version, [{ name: "dubbo", config: CONFIG }], clusters, 1);
  });

  afterAll(async () => {
    await envoy.stop();
    await server.close();
  });

  it.each([
    ["short ones", 10, 10],
    ["a call of 3 MiB", 3 * MIB, 10],
    ["an answer of 3 MiB", 10, 3 * MIB],
  ])("are what their senders would have written: %s", async (_, size, answerSize) => {
    const client = await DubboClient.connect(envoy.port("dubbo"));
    const id = BigInt(size + answerSize);
    const { sent, received: expected } = calls(`changed${answerSize}`, id, size);
    const answer = await client.exchange(id, sent);
    expect(Buffer.compare(received.get(id) ?? Buffer.of(), expected)).toBe(0);
    const value = "y".repeat(answerSize);
    const attachments = { more: "m", "served-by": "meltemi" };
    expect(Buffer.compare(answer.bytes, encodeAnswer({ id, value, attachments }))).toBe(0);
    client.close();
  });

  it("calls and answers of 1 MiB, many at once, to two clusters", async () => {
    const client = await DubboClient.connect(envoy.port("dubbo"));
    await Promise.all(
      Array.from({ length: 32 }, async (_, index) => {
        const id = BigInt(20_000_000 + index);
        const { sent, received: expected } = calls(`${index % 2 ? "changed" : "changed-too"}${MIB}`, id, MIB);
        const answer = await client.exchange(id, sent);
        expect(Buffer.compare(received.get(id) ?? Buffer.of(), expected)).toBe(0);
        const attachments = { more: "m", "served-by": "meltemi" };
        expect(Buffer.compare(answer.bytes, encodeAnswer({ id, value: "y".repeat(MIB), attachments }))).toBe(0);
      }),
    );
    client.close();
  });

  it("among others, many at once, of all sizes", async () => {
    const client = await DubboClient.connect(envoy.port("dubbo"));
    await Promise.all(
      Array.from({ length: 400 }, async (_, index) => {
        const id = BigInt(10_000_000 + index);
        const size = (index * 7919) % 50_000;
        const method = `${index % 3 ? "changed" : "plain"}${(index * 104_729) % 80_000}`;
        const { sent, received: expected } = calls(method, id, size);
        const answer = await client.exchange(id, sent);
        expect(Buffer.compare(received.get(id) ?? Buffer.of(), index % 3 ? expected : sent), method).toBe(0);
        const value = "y".repeat((index * 104_729) % 80_000);
        const attachments = index % 3 ? { more: "m", "served-by": "meltemi" } : { debug: "d", more: "m" };
        expect(Buffer.compare(answer.bytes, encodeAnswer({ id, value, attachments })), method).toBe(0);
      }),
    );
    expect(client.unexpected).toEqual([]);
    client.close();
  });
});
