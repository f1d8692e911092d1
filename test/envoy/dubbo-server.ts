import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { ByteQueue } from "../support/byte-queue.js";
import {
  callHead,
  type DubboMessage,
  decodeMessage,
  encodeAnswer,
  encodeEvent,
  encodeHeartbeatAnswer,
  isEvent,
  isTwoWay,
} from "../support/dubbo.js";

/** What to do with a call. The default answers with the server's name and the method. */
export type Handler = (call: DubboMessage, socket: Socket) => void;

/** An upstream that speaks Dubbo. Anything that does not parse is an error that `close` throws: nothing else may arrive here. */
export class DubboServer {
  readonly calls: DubboMessage[] = [];
  readonly sockets = new Set<Socket>();
  readonly failures: unknown[] = [];

  private constructor(
    readonly name: string,
    private readonly server: Server,
  ) {}

  /** Over TLS where its options are given; `address` is one of the loopback interface. Without a port one that is free. */
  static async start(
    name: string,
    handler?: Handler,
    tls?: TlsOptions,
    address = "127.0.0.1",
    port = 0,
  ): Promise<DubboServer> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    const dubbo = new DubboServer(name, server);
    server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) =>
      dubbo.serve(socket, handler ?? dubbo.answer),
    );
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
    return dubbo;
  }

  get port(): number {
    return this.#bound.port;
  }

  get address(): string {
    return this.#bound.address;
  }

  get #bound(): AddressInfo {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error(`${this.name} does not listen`);
    return address;
  }

  /** Answers with this server's name and the method; a `sized` method's answer has as many bytes as its name says. */
  readonly answer: Handler = (call, socket) => {
    if (isEvent(call)) return void (isTwoWay(call) && socket.write(encodeHeartbeatAnswer(call.id)));
    if (!isTwoWay(call)) return;
    const { method } = callHead(call);
    const size = Number(/^sized(\d+)$/.exec(method)?.[1] ?? 0);
    socket.write(encodeAnswer({ id: call.id, value: `${this.name} ${method}${" ".repeat(size)}` }));
  };

  /** Ends as a provider does in order: takes no new connection, says so on those it has, and goes when they have ended. */
  async leave(): Promise<void> {
    for (const socket of this.sockets) socket.write(encodeEvent(0, "R"));
    await this.close({ cut: false });
  }

  async close({ cut } = { cut: true }): Promise<void> {
    if (cut) for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    if (this.failures.length > 0)
      throw new Error(`${this.name} received what is not Dubbo: ${this.failures.join("; ")}`);
  }

  private serve(socket: Socket, handler: Handler): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    const bytes = new ByteQueue();
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("data", (chunk) => {
      bytes.append(chunk);
      try {
        for (let next = decodeMessage(bytes.view()); next; next = decodeMessage(bytes.view())) {
          const call = { ...next, body: Buffer.from(next.body), bytes: Buffer.from(next.bytes) };
          bytes.drain(call.bytes.length);
          this.calls.push(call);
          handler(call, socket);
        }
      } catch (error) {
        this.failures.push(error);
        socket.destroy();
      }
    });
  }
}
