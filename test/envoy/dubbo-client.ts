import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { ByteQueue } from "../support/byte-queue.js";
import { type Call, type DubboMessage, decodeMessage, encodeCall } from "../support/dubbo.js";

type Waiting = { resolve: (answer: DubboMessage) => void; reject: (error: Error) => void };

/** A Dubbo client: one connection, many calls in flight, answers found by id. */
export class DubboClient {
  /** Resolves when the connection has ended, with the bytes of an unfinished message, if any. */
  readonly closed: Promise<number>;
  /** Messages that nobody asked for. */
  readonly unexpected: DubboMessage[] = [];
  private readonly waiting = new Map<bigint, Waiting>();
  private readonly bytes = new ByteQueue();
  private nextId = 1n;

  private constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.read(chunk));
    socket.on("error", () => socket.destroy());
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        for (const { reject } of this.waiting.values())
          reject(new Error("the connection was closed before the answer came"));
        this.waiting.clear();
        resolve(this.bytes.length);
      });
    });
  }

  /** Over TLS where its options are given. */
  static async connect(port: number, tls?: ConnectionOptions, host = "127.0.0.1"): Promise<DubboClient> {
    const socket = tls === undefined ? connect(port, host) : connectTls({ ...tls, port, host });
    await new Promise((resolve, reject) => {
      socket.once(tls === undefined ? "connect" : "secureConnect", resolve);
      socket.once("error", reject);
    });
    return new DubboClient(socket);
  }

  /** Sends a call and waits for its answer. */
  call(service: string, method: string, options: Partial<Call> = {}): Promise<DubboMessage> {
    const id = this.nextId++;
    return this.exchange(id, encodeCall({ id, service, method, ...options }));
  }

  /** Sends any message and waits for the one with its id. */
  exchange(id: bigint, message: Uint8Array): Promise<DubboMessage> {
    const answer = new Promise<DubboMessage>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.socket.write(message);
    return answer;
  }

  close(): void {
    this.socket.destroy();
  }

  private read(chunk: Uint8Array): void {
    this.bytes.append(chunk);
    for (let next = decodeMessage(this.bytes.view()); next; next = decodeMessage(this.bytes.view())) {
      const message = { ...next, body: Buffer.from(next.body), bytes: Buffer.from(next.bytes) };
      this.bytes.drain(message.bytes.length);
      const waiting = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (waiting) waiting.resolve(message);
      else this.unexpected.push(message);
    }
  }
}
