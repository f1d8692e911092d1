import http2 from "node:http2";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { ByteQueue } from "../support/byte-queue.js";
import { callHead, type DubboMessage, decodeMessage, encodeAnswer, encodeCall } from "../support/dubbo.js";
import type { Connection, NextFilter } from "./connection.js";
import { EmulatedEnvoy } from "./envoy.js";

const CONFIG = JSON.stringify({
  virtual_hosts: [
    {
      name: "all",
      services: ["*"],
      routes: [
        { match: { attributes: [{ name: "user", exact_match: "jason" }] }, route: { cluster: "v2" } },
        { route: { cluster: "v1" } },
      ],
    },
  ],
});

/** Node's own HTTP/2 server where HCM would be: it knows nothing of what our peer assumes. */
class NodeServer implements NextFilter {
  readonly failures: string[] = [];
  private readonly socket: Duplex;
  private readonly pending = new ByteQueue();

  constructor(connection: Connection, envoy: EmulatedEnvoy, settings: http2.Settings, changed: () => void) {
    const server = http2.createServer({ settings });
    server.on("sessionError", (error) => this.failures.push(String(error)));
    server.on("stream", (stream, headers) => answerCalls(stream, headers));
    this.socket = new Duplex({
      read: () => setImmediate(() => this.feed()),
      write(bytes: Buffer, _encoding, done) {
        connection.write(bytes);
        envoy.run();
        changed();
        done();
      },
    });
    server.emit("connection", this.socket);
  }

  onData(buffer: ByteQueue): void {
    this.pending.append(buffer.take());
    setImmediate(() => this.feed());
  }

  onConnectionClose(): void {
    this.socket.destroy();
  }

  /** Not from within its own write: Node's session may no more be entered twice than HCM's. */
  private feed(): void {
    if (this.pending.length > 0 && !this.socket.destroyed) this.socket.push(Buffer.from(this.pending.take()));
  }
}

/** A Dubbo server at the end of a tunnel: answers with its cluster's name and the call's method. */
function answerCalls(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
  stream.respond({ ":status": 200, "x-meltemi-upstream-host": "127.0.0.1:20880", "x-meltemi-response-flags": "-" });
  const bytes = new ByteQueue();
  stream.on("data", (chunk: Buffer) => {
    bytes.append(chunk);
    for (let call = decodeMessage(bytes.view()); call; call = decodeMessage(bytes.view())) {
      const text = `${headers["x-meltemi-cluster"]} ${callHead(call).method} ${"x".repeat(call.body.length)}`;
      stream.write(encodeAnswer({ id: call.id, value: text }));
      bytes.drain(call.bytes.length);
    }
  });
}

async function exchange(settings: http2.Settings, calls: Uint8Array[], chunk: number): Promise<DubboMessage[]> {
  const envoy = new EmulatedEnvoy();
  // A route asks for an attachment: messages have to be seen whole.
  envoy.readBufferLimit_bytes = 17 << 20;
  expect(envoy.configure("dubbo", CONFIG)).toBe(true);
  let server: NodeServer | undefined;
  let connection: Connection | undefined;
  const answers: DubboMessage[] = [];
  await new Promise<void>((resolve, reject) => {
    const changed = () => {
      if (!connection?.open) return reject(new Error(`closed by the ${connection?.closedBy}: ${envoy.log.join("\n")}`));
      for (
        let next = decodeMessage(connection.received.view());
        next;
        next = decodeMessage(connection.received.view())
      ) {
        answers.push({ ...next, body: Buffer.from(next.body) });
        connection.received.drain(next.bytes.length);
      }
      if (server?.failures.length) reject(new Error(server.failures.join("\n")));
      if (answers.length === calls.length) resolve();
    };
    connection = envoy.connect("dubbo", (made) => {
      server = new NodeServer(made, envoy, settings, changed);
      return server;
    });
    const bytes = Buffer.concat(calls);
    for (let at = 0; at < bytes.length; at += chunk) {
      connection.receive(bytes.subarray(at, at + chunk));
      envoy.run();
    }
  });
  connection?.closeByClient();
  return answers;
}

describe("the filter against Node's HTTP/2", () => {
  it.each([
    ["default windows and frames", {}],
    ["a megabyte of window and of frame", { initialWindowSize: 1 << 20, maxFrameSize: 1 << 20 }],
    ["a window of a hundred bytes", { initialWindowSize: 100 }],
  ])("carries calls and answers with %s", async (_name, settings) => {
    const calls = Array.from({ length: 60 }, (_, id) =>
      encodeCall({
        id,
        service: "demo.Greeter",
        method: `m${id}`,
        args: ["a".repeat(id * id)],
        attachments: id % 2 ? { user: "jason" } : {},
      }),
    );
    for (const chunk of [777, 1 << 20]) {
      const answers = await exchange(settings, calls, chunk);
      const texts = new Map(answers.map((answer) => [Number(answer.id), Buffer.from(answer.body).toString("latin1")]));
      for (let id = 0; id < calls.length; id++) expect(texts.get(id)).toContain(`${id % 2 ? "v2" : "v1"} m${id} xx`);
    }
  });

  it("carries messages of a megabyte both ways", async () => {
    const big = (id: number) =>
      encodeCall({
        id,
        service: "demo.Greeter",
        method: "big",
        args: ["a".repeat(1 << 20)],
        attachments: { user: "jason" },
      });
    const answers = await exchange(
      { initialWindowSize: 1 << 20, maxFrameSize: 1 << 20 },
      [big(1), big(2), big(3)],
      100_000,
    );
    expect(answers.map((answer) => answer.bytes.length)).toSatisfy((sizes: number[]) =>
      sizes.every((size) => size > 1 << 20),
    );
  });
});
