import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { ByteQueue } from "../../support/byte-queue.js";
import type { Spoken, SpokenRequest } from "./spoken.js";

/** What becomes of a call: `hold` keeps its answer back until `release`; `cut` ends its connection. */
export type Doing = "answer" | "fail" | "hold" | "cut";

/** An upstream of any protocol. What it does with the calls of a method is said by the test; others it answers. */
export class SpokenServer {
  readonly calls: SpokenRequest[] = [];
  readonly sockets = new Set<Socket>();
  /** For the nth call of a method, from 0. */
  readonly plans = new Map<string, (nth: number) => Doing>();
  readonly #byMethod = new Map<string, SpokenRequest[]>();
  readonly #held: { readonly method: string; readonly answer: () => void }[] = [];
  readonly #server: Server;
  #changed: (() => void)[] = [];

  private constructor(private readonly spoken: Spoken) {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(spoken: Spoken, address = "127.0.0.1"): Promise<SpokenServer> {
    const started = new SpokenServer(spoken);
    started.#server.listen(0, address);
    await once(started.#server, "listening");
    return started;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  of(method: string): readonly SpokenRequest[] {
    return this.#byMethod.get(method) ?? [];
  }

  /** Resolves when so many calls of the method have come. */
  async got(method: string, count: number): Promise<void> {
    while (this.of(method).length < count) await new Promise<void>((resolve) => this.#changed.push(resolve));
  }

  /** Answers what was held back. */
  release(method: string): void {
    for (const held of this.#held) if (held.method === method) held.answer();
    this.plans.delete(method);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.sockets.delete(socket));
    const bytes = new ByteQueue();
    socket.on("data", (chunk) => {
      bytes.append(chunk);
      const { spoken } = this;
      for (let next = spoken.decodeCall(bytes.view()); next; next = spoken.decodeCall(bytes.view())) {
        const call = { ...next, bytes: Buffer.from(next.bytes) };
        bytes.drain(call.bytes.length);
        this.#take(call, socket);
      }
    });
  }

  #take(call: SpokenRequest, socket: Socket): void {
    const calls = this.#byMethod.get(call.method) ?? [];
    this.#byMethod.set(call.method, calls);
    const nth = calls.push(call) - 1;
    this.calls.push(call);
    const doing = this.plans.get(call.method)?.(nth) ?? "answer";
    const answer = () => void socket.write(this.spoken.encodeAnswer(call));
    if (doing === "answer") answer();
    else if (doing === "fail") socket.write(this.spoken.encodeFailure(call));
    else if (doing === "cut") socket.destroy();
    else this.#held.push({ method: call.method, answer });
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}
