import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Lifeline, tieToOurLife } from "../../../adapter/envoy/lifeline.js";

const TERM_TIMEOUT_MS = 10_000;
const POLL_MS = 50;
/** So many of its last lines stand in an error. */
const LOG_LINES = 30;

/** A server of the infrastructure: it ends when told to, and when we are gone. */
export class Child {
  readonly #process: ChildProcess;
  readonly #lifeline: Lifeline;
  readonly #closed: Promise<unknown>;
  #exited = false;

  /** What it prints goes to `log`. */
  constructor(
    private readonly path: string,
    args: readonly string[],
    private readonly log: string,
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.#process = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"], env });
    const file = createWriteStream(log, { flags: "a" });
    this.#process.stdout?.pipe(file, { end: false });
    this.#process.stderr?.pipe(file, { end: false });
    this.#lifeline = tieToOurLife(this.#process.pid as number);
    this.#closed = once(this.#process, "close").then(() => {
      this.#exited = true;
      this.#lifeline.release();
      file.end();
    });
  }

  /** Waits until `probe` says true, or fails with what the server has printed. */
  async until(what: string, timeout_ms: number, probe: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + timeout_ms;
    while (!(await probe().catch(() => false))) {
      if (this.#exited) throw await this.#error(`has ended before ${what}`);
      if (Date.now() > end) throw await this.#error(`${what}: not within ${timeout_ms} ms`);
      await sleep(POLL_MS);
    }
  }

  async #error(what: string): Promise<Error> {
    const lines = (await readFile(this.log, "utf8")).trimEnd().split("\n");
    return new Error(`${this.path}: ${what}:\n${lines.slice(-LOG_LINES).join("\n")}`);
  }

  async stop(): Promise<void> {
    if (!this.#exited) this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), TERM_TIMEOUT_MS);
    await this.#closed;
    clearTimeout(timer);
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
