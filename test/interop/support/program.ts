import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Lifeline, tieToOurLife } from "../../../adapter/envoy/lifeline.js";

const LOG_LINES = 400;
const TERM_TIMEOUT_MS = 15_000;

type Watcher = (line: string | undefined) => void;

/** A program that runs as our child: what it prints, what it is told, and how it ends. */
export class Program {
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #log: string[] = [];
  readonly #watchers = new Set<Watcher>();

  constructor(
    readonly name: string,
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.#child = spawn(command, args, { env, stdio: "pipe" });
    const lifeline: Lifeline | undefined = this.#child.pid === undefined ? undefined : tieToOurLife(this.#child.pid);
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#printed(line));
    createInterface({ input: this.#child.stderr }).on("line", (line) => this.#remember(line));
    // A program that has ended reads nothing any more; how it ended is told by `exited`.
    this.#child.stdin.on("error", () => {});
    this.exited = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#remember(`cannot be run: ${error.message}`);
        this.#ended(resolve, null);
      });
      this.#child.once("exit", () => lifeline?.release());
      this.#child.once("close", (status) => this.#ended(resolve, status));
    });
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Calls `watcher` for each line of stdout from now on, and with undefined at its end. */
  onLine(watcher: Watcher): void {
    this.#watchers.add(watcher);
  }

  /** The first line of stdout, from now on, that begins with `start`. */
  line(start: string): Promise<string> {
    return this.#lineThat((line) => line.startsWith(start), start);
  }

  /** The same of one that has `part` in it. */
  lineWith(part: string): Promise<string> {
    return this.#lineThat((line) => line.includes(part), part);
  }

  #lineThat(fits: (line: string) => boolean, what: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const watcher: Watcher = (line) => {
        if (line !== undefined && !fits(line)) return;
        this.#watchers.delete(watcher);
        if (line === undefined) reject(new Error(`${this.name} has ended without saying "${what}"\n${this.log()}`));
        else resolve(line);
      };
      this.#watchers.add(watcher);
    });
  }

  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Asks it to end and resolves when it has; kills it if it does not. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), TERM_TIMEOUT_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** The last of what it has printed. */
  log(): string {
    return `--- ${this.name}\n${this.#log.join("\n")}`;
  }

  #printed(line: string): void {
    this.#remember(line);
    for (const watcher of [...this.#watchers]) watcher(line);
  }

  #ended(resolve: (status: number | null) => void, status: number | null): void {
    for (const watcher of [...this.#watchers]) watcher(undefined);
    resolve(status);
  }

  #remember(line: string): void {
    this.#log.push(line);
    if (this.#log.length > LOG_LINES) this.#log.shift();
  }
}
