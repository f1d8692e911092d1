import { type ChildProcessByStdio, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { tieToOurLife } from "../../../adapter/envoy/lifeline.js";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The command line as users get it: built. */
export const MAIN = "dist/adapter/cli/main.js";

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, in the project's root. */
export async function meltemi(...args: readonly string[]): Promise<Result> {
  return await runToEnd(process.execPath, [MAIN, ...args]);
}

export async function runToEnd(command: string, args: readonly string[], env = process.env): Promise<Result> {
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stdout, stderr };
}

/** A command that goes on running. */
export class Running {
  /** What it has printed on stdout. */
  readonly lines: string[] = [];
  readonly closed: Promise<number | null>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #output = new EventEmitter<{ line: []; stderr: [] }>();
  #stderr = "";

  private constructor(child: ChildProcessByStdio<null, Readable, Readable>) {
    this.#child = child;
    // A test that fails before its end leaves nothing behind.
    const lifeline = tieToOurLife(child.pid as number);
    child.once("exit", () => lifeline.release());
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.lines.push(line);
      this.#output.emit("line");
    });
    child.stderr.on("data", (chunk) => {
      this.#stderr += chunk;
      this.#output.emit("stderr");
    });
    this.closed = once(child, "close").then(([status]) => status as number | null);
  }

  /** `inside`: what stands before Node, to run it somewhere else. */
  static start(args: readonly string[], env = process.env, inside: readonly string[] = []): Running {
    const [command = process.execPath, ...rest] = [...inside, process.execPath, ...args];
    return new Running(spawn(command, rest, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] }));
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The first line on stdout. */
  async firstLine(): Promise<string> {
    await this.#until("line", () => this.lines.length > 0);
    return this.lines[0] as string;
  }

  /** Resolves when this text stands on stderr so many times. */
  async logged(text: string, times: number): Promise<void> {
    await this.#until("stderr", () => this.#stderr.split(text).length > times);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for output that makes it true; fails with what is on stderr if the command ends before. */
  async #until(event: "line" | "stderr", isDone: () => boolean): Promise<void> {
    while (!isDone()) await Promise.race([once(this.#output, event), this.#ended()]);
  }

  async #ended(): Promise<never> {
    const status = await this.closed;
    throw new Error(`ended with status ${status} before it printed what was waited for:\n${this.#stderr}`);
  }
}
