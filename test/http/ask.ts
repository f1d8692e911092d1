import { request } from "node:http";

export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Which server answered; undefined: none. */
  readonly by: string | undefined;
  /** What that server was asked. */
  readonly asked: { readonly url: string; readonly headers: Readonly<Record<string, string>> } | undefined;
}

export interface AskOptions {
  readonly ip?: string;
  readonly port: number;
  readonly host: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request of HTTP/1.1 on a connection of its own. */
export function ask({
  ip = "127.0.0.1",
  port,
  host,
  path = "/",
  method = "GET",
  headers = {},
}: AskOptions): Promise<Response> {
  return new Promise((resolve, reject) => {
    const options = { host: ip, port, path, method, headers: { host, ...headers }, agent: false };
    const sent = request(options, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        const body = Buffer.concat(parts).toString();
        const by = response.headers["x-backend"] as string | undefined;
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body,
          by,
          asked: by === undefined ? undefined : JSON.parse(body),
        });
      });
    });
    sent.on("error", reject);
    sent.end();
  });
}
