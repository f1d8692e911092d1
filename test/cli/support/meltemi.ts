import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The command line as users get it: built. */
const MAIN = "dist/adapter/cli/main.js";

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
  readonly lines: string[] = [];
  readonly closed: Promise<number | null>;
  #stderr = "";

  private constructor(private readonly child: ChildProcessByStdio<null, Readable, Readable>) {
    child.stderr.on("data", (chunk) => (this.#stderr += chunk));
    this.closed = once(child, "close").then(([status]) => status as number | null);
  }

  static start(...args: readonly string[]): Running {
    return new Running(spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] }));
  }

  /** The first line on stdout; fails with what is on stderr if the command ends before it. */
  async firstLine(): Promise<string> {
    const lines = createInterface({ input: this.child.stdout });
    lines.on("line", (line) => this.lines.push(line));
    const line = once(lines, "line").then(([line]) => line as string);
    const closed = this.closed.then((status): never => {
      throw new Error(`ended with status ${status} before it printed a line:\n${this.#stderr}`);
    });
    return await Promise.race([line, closed]);
  }

  get stderr(): string {
    return this.#stderr;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}
