import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { MeltemiError } from "../error/meltemi-error.js";
import type { ListenAddress } from "./discovery-server.js";

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** By path. */
export type Answers = Readonly<Record<string, (parameters: URLSearchParams) => Answer | Promise<Answer>>>;

export interface Http {
  readonly port: number;
  close(): Promise<void>;
}

export async function startHttp({ address, port }: ListenAddress, answers: Answers): Promise<Http> {
  const http = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const answer = Object.hasOwn(answers, pathname) ? answers[pathname] : undefined;
    const { status, type, body } =
      (await answer?.(searchParams)) ?? text(404, `there is ${Object.keys(answers).join(", ")}`);
    response.writeHead(status, { "content-type": type }).end(body);
  });
  await new Promise<void>((resolve, reject) => {
    http.once("listening", resolve);
    http.once("error", (cause) =>
      reject(
        new MeltemiError("CANNOT_LISTEN", `HTTP cannot be served on ${address}:${port}: ${cause.message}`, { cause }),
      ),
    );
    http.listen(port, address);
  });
  return { port: (http.address() as AddressInfo).port, close: () => close(http) };
}

export function text(status: number, body: string): Answer {
  return { status, type: "text/plain; charset=utf-8", body: `${body}\n` };
}

async function close(http: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });
}
