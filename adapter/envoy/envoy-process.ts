import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MeltemiError } from "../error/meltemi-error.js";
import type { Logger } from "../log/logger.js";
import { ENVOY_LOG_FORMAT, envoyLogArguments, forwardEnvoyLog } from "./envoy-log.js";
import { type Lifeline, tieToOurLife } from "./lifeline.js";

export interface EnvoyOptions {
  readonly path: string;
  /** Envoy's bootstrap, as an object in the JSON mapping. Its admin interface may listen on port 0. */
  readonly bootstrap: object;
  readonly concurrency: number;
  /** Where Envoy's own log goes. */
  readonly log: Logger;
}

/** What Envoy says of how it ended. */
export interface EnvoyExit {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly complaints: string;
}

const POLL_INTERVAL_MS = 50;
/** Envoy itself goes on without xDS after 15 s (initial_fetch_timeout), and so is ready or dead before this is over. */
const READY_TIMEOUT_MS = 40_000;
/** SIGTERM ends Envoy at once; one that has not ended by then hangs. */
const TERM_TIMEOUT_MS = 5_000;

/** An Envoy that runs as our child: never outlives us, ends when told to. */
export class EnvoyProcess {
  readonly pid: number;
  readonly exited: Promise<EnvoyExit>;
  #hasExited = false;

  private constructor(
    private readonly child: ChildProcess,
    private readonly directory: string,
    log: Logger,
  ) {
    this.pid = child.pid as number;
    const lifeline: Lifeline = tieToOurLife(this.pid);
    const stderr = forwardEnvoyLog(child.stderr as NonNullable<typeof child.stderr>, log);
    this.exited = new Promise((resolve) => {
      child.once("exit", () => {
        this.#hasExited = true;
        lifeline.release();
      });
      child.once("close", (status, signal) => resolve({ status, signal, complaints: stderr.complaints() }));
    });
  }

  /** Starts it and returns when the process exists; `ready` waits for more. */
  static async start(options: EnvoyOptions): Promise<EnvoyProcess> {
    const directory = await mkdtemp(join(tmpdir(), "meltemi-envoy-"));
    await writeFile(join(directory, "bootstrap.json"), JSON.stringify(options.bootstrap));
    const args = ["--config-path", join(directory, "bootstrap.json"), "--use-dynamic-base-id"];
    args.push("--admin-address-path", join(directory, "admin"), "--concurrency", String(options.concurrency));
    args.push("--log-format", ENVOY_LOG_FORMAT, ...envoyLogArguments(options.log.level));
    // A process group of its own: Ctrl-C reaches us alone, and we end Envoy in order.
    const child = spawn(options.path, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (cause) =>
        reject(new MeltemiError("ENVOY_FAILED", `${options.path} cannot be run: ${cause.message}`, { cause })),
      );
    });
    return new EnvoyProcess(child, directory, options.log);
  }

  /** Resolves with the address of the admin interface when Envoy has its configuration and its listeners are warm. */
  async ready(): Promise<string> {
    const deadline_ms = Date.now() + READY_TIMEOUT_MS;
    while (Date.now() < deadline_ms) {
      if (this.#hasExited) throw ended(await this.exited);
      const address = await this.#adminAddress();
      if (address !== undefined && (await answersReady(address))) return address;
      await sleep(POLL_INTERVAL_MS);
    }
    throw new MeltemiError(
      "ENVOY_FAILED",
      `Envoy is not ready after ${READY_TIMEOUT_MS / 1000} s; its log above says what it waits for`,
    );
  }

  async stop(): Promise<EnvoyExit> {
    this.#signal("SIGTERM");
    const kill = setTimeout(() => this.#signal("SIGKILL"), TERM_TIMEOUT_MS);
    const exit = await this.exited;
    clearTimeout(kill);
    await rm(this.directory, { recursive: true, force: true });
    return exit;
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.#hasExited) this.child.kill(signal);
  }

  async #adminAddress(): Promise<string | undefined> {
    try {
      return (await readFile(join(this.directory, "admin"), "utf8")).trim() || undefined;
    } catch {
      return undefined;
    }
  }
}

/** The error for an Envoy that has ended by itself. */
export function ended(exit: EnvoyExit): MeltemiError {
  const how = exit.signal === null ? `with status ${exit.status}` : `by ${exit.signal}`;
  return new MeltemiError("ENVOY_FAILED", `Envoy ended ${how}${exit.complaints === "" ? "" : `:\n${exit.complaints}`}`);
}

async function answersReady(address: string): Promise<boolean> {
  try {
    return (await fetch(`http://${address}/ready`)).status === 200;
  } catch {
    return false;
  }
}
