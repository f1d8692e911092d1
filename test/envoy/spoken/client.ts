import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { ByteQueue } from "../../support/byte-queue.js";
import type { Spoken, SpokenAnswer } from "./spoken.js";

/** One connection of a client of any protocol. */
export class SpokenClient {
  /** Answers that nobody waits for: there must be none. */
  readonly unexpected: SpokenAnswer[] = [];
  readonly #waiting: {
    readonly id: number;
    readonly resolve: (answer: SpokenAnswer) => void;
    reject(why: Error): void;
  }[] = [];
  readonly #bytes = new ByteQueue();
  #lastId = 0;

  private constructor(
    private readonly spoken: Spoken,
    private readonly socket: Socket,
  ) {
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("close", () => {
      for (const { reject } of this.#waiting) reject(new Error("the connection was closed before the answer came"));
    });
  }

  /** Over TLS where its options are given. */
  static async connect(
    spoken: Spoken,
    port: number,
    host = "127.0.0.1",
    tls?: ConnectionOptions,
  ): Promise<SpokenClient> {
    const socket = tls === undefined ? connect(port, host) : connectTls({ ...tls, port, host });
    await once(socket, tls === undefined ? "connect" : "secureConnect");
    return new SpokenClient(spoken, socket);
  }

  /** All of them in one write. */
  call(method: string, attributes: readonly Readonly<Record<string, string>>[]): Promise<SpokenAnswer>[] {
    const calls = attributes.map((own) => ({ id: ++this.#lastId, method, attributes: own }));
    this.socket.write(Buffer.concat(calls.map((call) => this.spoken.encodeCall(call))));
    return calls.map(({ id }) => new Promise((resolve, reject) => this.#waiting.push({ id, resolve, reject })));
  }

  close(): void {
    this.socket.destroy();
  }

  #read(chunk: Uint8Array): void {
    this.#bytes.append(chunk);
    const { spoken } = this;
    for (let next = spoken.decodeAnswer(this.#bytes.view()); next; next = spoken.decodeAnswer(this.#bytes.view())) {
      const answer = { ...next, bytes: Buffer.from(next.bytes) };
      this.#bytes.drain(answer.bytes.length);
      const at = spoken.ordered ? 0 : this.#waiting.findIndex(({ id }) => id === answer.id);
      const [waiting] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (waiting) waiting.resolve(answer);
      else this.unexpected.push(answer);
    }
  }
}
