import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { type AwesomeMessage, decodeAwesome, encodeAwesome } from "./awesome.js";

/** A server of awesomeRPC. Calls of method `fail` get an error of its own, all others their body back, with the server's version in front. */
export class AwesomeServer {
  readonly received: AwesomeMessage[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(version: string) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      onMessages(socket, (message) => {
        this.received.push(message);
        if (message.kind !== "call") return;
        const { id, method, body = new Uint8Array() } = message;
        const failed = { status: 7, text: `${version} does not` };
        const answer = { kind: "answer", id, body: Buffer.concat([Buffer.from(`${version}:`), body]) } as const;
        socket.write(encodeAwesome({ ...answer, ...(method === "fail" ? failed : { status: 0 }) }));
      });
    });
  }

  static async start(version: string): Promise<AwesomeServer> {
    const started = new AwesomeServer(version);
    started.#server.listen(0, "127.0.0.1");
    await once(started.#server, "listening");
    return started;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** One connection of a client, whose calls may all be in flight at once. */
export class AwesomeClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (answer: AwesomeMessage) => void>();
  #lastId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    onMessages(socket, (message) => this.#waiting.get(message.id)?.(message));
  }

  static async connect(address: string): Promise<AwesomeClient> {
    const [host, port] = address.split(":");
    const socket = connect(Number(port), host);
    await once(socket, "connect");
    return new AwesomeClient(socket);
  }

  async call(message: Omit<AwesomeMessage, "id" | "kind">): Promise<AwesomeMessage> {
    return await this.#ask({ ...message, kind: "call", id: ++this.#lastId });
  }

  async heartbeat(): Promise<AwesomeMessage> {
    return await this.#ask({ kind: "heartbeat", id: ++this.#lastId });
  }

  send(message: Omit<AwesomeMessage, "id" | "kind">): void {
    this.#socket.write(encodeAwesome({ ...message, kind: "oneway", id: ++this.#lastId }));
  }

  close(): void {
    this.#socket.destroy();
  }

  #ask(message: AwesomeMessage): Promise<AwesomeMessage> {
    const answer = new Promise<AwesomeMessage>((resolve) => this.#waiting.set(message.id, resolve));
    this.#socket.write(encodeAwesome(message));
    return answer;
  }
}

function onMessages(socket: Socket, onMessage: (message: AwesomeMessage) => void): void {
  let kept = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    kept = Buffer.concat([kept, bytes]);
    for (let message = decodeAwesome(kept); message !== undefined; message = decodeAwesome(kept)) {
      kept = kept.subarray(message.bytes.length);
      onMessage(message);
    }
  });
}
