import { connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeBrpc, encodeBrpcAnswer, encodeBrpcCall } from "../support/brpc.js";
import { ByteQueue } from "../support/byte-queue.js";
import { answerText, callHead, decodeMessage, encodeAnswer, encodeCall } from "../support/dubbo.js";
import { decodeThrift, encodeThrift } from "../support/thrift.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

/** What a connection says, in one protocol: a call of a method, and what of the answer tells who gave it. */
interface Spoken {
  call(method: string): Buffer;
  /** The whole message at the beginning of `bytes`; undefined: not yet. */
  take(
    bytes: Uint8Array,
  ): { length: number; method: string; said: string; answer: (said: string) => Buffer } | undefined;
}

const DUBBO: Spoken = {
  call: (method) => encodeCall({ id: 1, service: "demo.Greeter", method }),
  take(bytes) {
    const message = decodeMessage(bytes);
    if (!message) return undefined;
    const isCall = message.status === 0;
    const method = isCall ? callHead(message).method : "";
    const said = isCall ? "" : answerText(message);
    return { length: message.bytes.length, method, said, answer: (value) => encodeAnswer({ id: message.id, value }) };
  },
};

const BRPC: Spoken = {
  call: (method) => encodeBrpcCall({ id: 1n, service: "demo.Greeter", method }),
  take(bytes) {
    const message = decodeBrpc(bytes);
    if (!message) return undefined;
    const { id, method, body } = message;
    const answer = (said: string) => encodeBrpcAnswer({ id, data: Buffer.from(said) });
    return { length: message.bytes.length, method, said: body.toString(), answer };
  },
};

const THRIFT: Spoken = {
  call: (method) => encodeThrift({ type: "call", name: method, seqid: 1 }),
  take(bytes) {
    const message = decodeThrift(bytes);
    if (!message) return undefined;
    const { name, seqid, fields } = message;
    const answer = (said: string) => encodeThrift({ type: "reply", name, seqid, fields: new Map([[0, said]]) });
    return { length: message.bytes.length, method: name, said: String(fields?.get(0) ?? ""), answer };
  },
};

const PROTOCOLS: Readonly<Record<string, Spoken>> = { dubbo: DUBBO, thrift: THRIFT, brpc: BRPC };

const CONFIG = {
  protocols: Object.keys(PROTOCOLS),
  virtual_hosts: [
    {
      name: "greeter",
      services: ["demo.Greeter", "*"],
      routes: [
        { match: { attributes: [{ name: "method", exact_match: "bye" }] }, route: { cluster: "v2" } },
        { route: { cluster: "v1" } },
      ],
    },
  ],
};

/** Answers calls of any of the protocols with its name. */
async function polyglot(name: string): Promise<Server> {
  const server = createServer((socket) => {
    const bytes = new ByteQueue();
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      bytes.append(chunk);
      const [first] = bytes.view();
      const spoken = first === 0xda ? DUBBO : first === 0x50 ? BRPC : THRIFT;
      for (let message = spoken.take(bytes.view()); message; message = spoken.take(bytes.view())) {
        socket.write(message.answer(`${name} ${message.method}`));
        bytes.drain(message.length);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it does not listen");
  return address.port;
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return socket;
}

/** Calls, and returns what the answer says. The call goes in two pieces, the first of which tells no protocol. */
function ask(socket: Socket, spoken: Spoken, method: string): Promise<string> {
  const call = spoken.call(method);
  socket.write(call.subarray(0, 1));
  setTimeout(() => socket.write(call.subarray(1)), 20);
  const bytes = new ByteQueue();
  return new Promise((resolve, reject) => {
    socket.once("close", () => reject(new Error("closed")));
    socket.on("data", function read(chunk) {
      bytes.append(chunk);
      const answer = spoken.take(bytes.view());
      if (!answer) return;
      socket.off("data", read);
      resolve(answer.said);
    });
  });
}

describe.each(VERSIONS)("one port for several protocols on $name", (version) => {
  let envoy: TestEnvoy;
  let servers: Server[];

  beforeAll(async () => {
    servers = await Promise.all(["v1", "v2"].map(polyglot));
    const clusters = servers.map((server, i) => ({ name: `v${i + 1}`, ports: [portOf(server)] }));
    envoy = await TestEnvoy.start(version, [{ name: "any", protocol: "auto", config: CONFIG }], clusters, 1);
  });

  afterAll(async () => {
    await envoy.stop();
    for (const server of servers) server.close();
  });

  it.each(Object.entries(PROTOCOLS))("routes the calls of a connection that speaks %s", async (_, spoken) => {
    const socket = await open(envoy.port("any"));
    for (const [method, expected] of [
      ["hello", "v1 hello"],
      ["bye", "v2 bye"],
      ["hello", "v1 hello"],
    ] as const) {
      expect(await ask(socket, spoken, method)).toBe(expected);
    }
    socket.destroy();
  });

  it("closes a connection that speaks none of them", async () => {
    const socket = await open(envoy.port("any"));
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    const said = await new Promise<number>((resolve) => {
      let bytes = 0;
      socket.on("data", (chunk) => {
        bytes += chunk.length;
      });
      socket.on("close", () => resolve(bytes));
    });
    expect(said).toBe(0);
  });
});
