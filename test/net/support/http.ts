import { fileURLToPath } from "node:url";
import { runToEnd } from "../../cli/support/meltemi.js";
import { Program } from "../../interop/support/program.js";
import type { Host } from "./host.js";
import type { Family } from "./plane.js";

const SERVER = fileURLToPath(new URL("http-server.mjs", import.meta.url));
const MAX_TIME_S = 10;

/** What the server says of a request. */
export interface Seen {
  /** The server's. */
  readonly name: string;
  /** Of the connection, as are the addresses of its two ends. */
  readonly family: Family;
  readonly peer: string;
  readonly at: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpAnswer {
  /** 0 where there was none: `error` says why. */
  readonly status: number;
  readonly body: string;
  readonly error: string;
}

/** Serves HTTP/1.1 in a host, at these addresses, or at all of the families that it has. */
export async function startHttpServer(
  host: Host,
  name: string,
  port: number,
  addresses: readonly string[] = [
    ...(host.ipv4 === undefined ? ["127.0.0.1"] : ["0.0.0.0"]),
    ...(host.ipv6 === undefined ? [] : ["::"]),
  ],
): Promise<Program> {
  const [command = "", ...args] = [...host.inside, process.execPath, SERVER, name, String(port), ...addresses];
  const program = new Program(name, command, args);
  await program.line("ready");
  return program;
}

/** Asks with curl where `inside` puts it, such as a host's `inside`; `options` are curl's. */
export async function curl(inside: readonly string[], url: string, ...options: readonly string[]): Promise<HttpAnswer> {
  const limits = ["--max-time", String(MAX_TIME_S), "--noproxy", "*"];
  const format = ["--silent", "--show-error", "--globoff", "--write-out", "\n%{http_code}"];
  const [command = "", ...args] = [...inside, "curl", ...limits, ...format, ...options, url];
  const { stdout, stderr } = await runToEnd(command, args);
  const [, body = "", status = "0"] = /^(.*)\n(\d{3})$/s.exec(stdout) ?? [];
  return { status: Number(status), body, error: stderr.trim() };
}

/** What the server says that answers: `startHttpServer`'s. */
export async function ask(inside: readonly string[], url: string, ...options: readonly string[]): Promise<Seen> {
  const { status, body, error } = await curl(inside, url, ...options);
  if (status !== 200) throw new Error(`${url}: ${status === 0 ? error : `${status} ${body}`}`);
  return JSON.parse(body) as Seen;
}
