import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";

/** What a server was asked, as it came. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

type Answer = (asked: Asked, count: number) => { readonly status: number; readonly after_ms?: number };

/** A server that answers with its name and what it was asked. */
export class Backend {
  readonly asked: Asked[] = [];
  /** Default: 200 at once. */
  answer: Answer = () => ({ status: 200 });
  #onAsked: (() => void) | undefined;

  private constructor(
    readonly name: string,
    readonly port: number,
    private readonly server: { close(done: () => void): void },
  ) {}

  /** HTTP/1.1, or HTTP/2 alone. */
  static async start(name: string, http2 = false, ip = "127.0.0.1"): Promise<Backend> {
    const handle = (request: IncomingMessage, response: ServerResponse): void => backend.#handle(request, response);
    const server = http2 ? (createHttp2Server(handle as never) as Http2Server) : createServer(handle);
    await new Promise<void>((resolve) => server.listen(0, ip, resolve));
    const backend = new Backend(name, (server.address() as AddressInfo).port, server);
    return backend;
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const asked = { method: request.method ?? "", url: request.url ?? "", headers: request.headers };
    this.asked.push(asked);
    this.#onAsked?.();
    const { status, after_ms = 0 } = this.answer(asked, this.asked.length);
    request.resume();
    const say = (): void => {
      response.writeHead(status, { "content-type": "application/json", "x-backend": this.name });
      response.end(JSON.stringify({ name: this.name, ...asked }));
    };
    if (after_ms === 0) say();
    else setTimeout(say, after_ms);
  }

  /** Resolves when it has been asked so often, answers aside. */
  async askedTimes(count: number): Promise<void> {
    while (this.asked.length < count) {
      await new Promise<void>((resolve) => {
        this.#onAsked = resolve;
      });
    }
  }

  reset(): void {
    this.asked.length = 0;
    this.answer = () => ({ status: 200 });
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
  }
}
