import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL("load", import.meta.url));
const BINARY = fileURLToPath(new URL("bin/load", import.meta.url));

/** One measurement, as bench/load/run.go reads it. */
export interface LoadRun {
  /** By its name in bench/load/protocol.go. Absent: Dubbo. */
  readonly protocol?: string;
  readonly address: string;
  readonly connections: number;
  readonly in_flight: number;
  readonly payload_bytes: number;
  readonly echo: boolean;
  readonly calls: readonly { readonly user: string; readonly server: string; readonly or?: string }[];
  /** Calls per second of all connections. Absent: as many as go. */
  readonly rate?: number;
  readonly warm_up_ms: number;
  readonly measure_ms: number;
  /** For which the connections are kept afterwards, without a call. */
  readonly idle_ms?: number;
  readonly envoy_pid: number;
}

/** What it answers. */
export interface LoadResult {
  readonly calls: number;
  readonly seconds: number;
  readonly envoy_cpu_seconds: number;
  readonly load_cpu_seconds: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly max_us: number;
}

/** The native process that makes the calls and answers them. It ends at the first answer that is wrong or lost. */
export class Load {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly servers: Readonly<Record<string, string>>;

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    servers: Readonly<Record<string, string>>,
  ) {
    this.#child = child;
    this.#lines = lines;
    this.servers = servers;
  }

  static async start(): Promise<Load> {
    try {
      execFileSync("go", ["build", "-o", BINARY, "."], { cwd: SOURCES, stdio: ["ignore", "ignore", "inherit"] });
    } catch (cause) {
      throw new Error("the load generator does not build: it needs Go 1.22 or later on the PATH", { cause });
    }
    const child = spawn(BINARY, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new Load(child, lines, await answer(lines));
  }

  async measure(run: LoadRun): Promise<LoadResult> {
    this.#child.stdin.write(`${JSON.stringify(run)}\n`);
    return answer(this.#lines);
  }

  stop(): void {
    this.#child.stdin.end();
  }
}

async function answer<T>(lines: AsyncIterator<string>): Promise<T> {
  const line = await lines.next();
  if (line.done) {
    throw new Error("the load generator gave up: an answer was wrong or lost (see above)");
  }
  return JSON.parse(line.value) as T;
}
