import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { buildBootstrap } from "../../adapter/xds/bootstrap.js";

/** Lines of Envoy's log by which the filter's VM or the host complains of the filter. */
const COMPLAINT = /trap|unreachable|RuntimeError|proxy_on|abort|assert|Caught|SEGV/;
/** Statistics that have to stay at 0. */
const FORBIDDEN =
  /vm_reload|\.downstream_cx_protocol_error|remote_load_fetch_failures|http2\.(rx_messaging_error|.*flood)/;

const LISTENING_LIMIT_MS = 30_000;

export interface EnvoyStart {
  readonly path: string;
  readonly node: string;
  readonly xdsPort: number;
  readonly concurrency: number;
}

/** One Envoy of the soak. */
export class SoakEnvoy {
  private ending = false;

  private constructor(
    private readonly process: EnvoyProcess,
    readonly node: string,
    private readonly admin: string,
    /** What must never be said or counted. */
    readonly complaints: string[],
  ) {
    process.exited.then(({ signal, status, complaints: last }) => {
      if (!this.ending) complaints.push(`${node} ended by itself (${signal ?? status}): ${last}`);
    });
  }

  static async start({ path, node, xdsPort, concurrency }: EnvoyStart): Promise<SoakEnvoy> {
    const complaints: string[] = [];
    const write = (line: string): void => {
      if (/"level":[456]0/.test(line) && COMPLAINT.test(line)) complaints.push(line.trim());
    };
    const bootstrap = buildBootstrap({
      node: { id: node, cluster: "soak" },
      xds: { host: "127.0.0.1", port: xdsPort },
      admin: { ip: "127.0.0.1", port: 0 },
      mode: "delta",
    });
    const log = pino({ level: "warn", base: null }, { write });
    const process = await EnvoyProcess.start({ path, bootstrap, concurrency, log });
    return new SoakEnvoy(process, node, await process.ready(), complaints);
  }

  get memory_bytes(): number {
    const status = readFileSync(`/proc/${this.process.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  }

  async get(path: string, method = "GET"): Promise<string> {
    return (await fetch(`http://${this.admin}${path}`, { method })).text();
  }

  async stats(filter: string): Promise<Map<string, number>> {
    const lines = (await this.get(`/stats?filter=${encodeURIComponent(filter)}`)).split("\n");
    return new Map(lines.map((line) => line.split(": ")).map(([name, value]) => [name ?? "", Number(value)]));
  }

  /** Waits until a client can connect: the listener is there. */
  async listening(): Promise<void> {
    const end_ms = Date.now() + LISTENING_LIMIT_MS;
    while (!(await this.get("/listeners")).includes(":")) {
      if (Date.now() > end_ms) throw new Error(`${this.node} does not listen after ${LISTENING_LIMIT_MS / 1000} s`);
      await sleep(20);
    }
  }

  /** What happened to the client's connections, for which nobody but the filter answers. */
  async check(): Promise<void> {
    for (const [name, value] of await this.stats("vm_reload|protocol_error|fetch_failures|rx_messaging|flood")) {
      if (value > 0 && FORBIDDEN.test(name)) this.complaints.push(`${this.node}: ${name} is ${value}`);
    }
  }

  /** No new connections, and those that exist are told to go. */
  async drain(): Promise<void> {
    await this.get("/healthcheck/fail", "POST");
    await this.get("/drain_listeners?graceful", "POST");
  }

  /** Connections of clients. */
  async connections(): Promise<number> {
    const stats = await this.stats("^http\\.outbound_dubbo.*\\.downstream_cx_active$");
    if (![...stats.values()].some((value) => value >= 0))
      throw new Error(`${this.node} does not count its connections`);
    return [...stats.values()].reduce((sum, value) => sum + (value || 0), 0);
  }

  async stop(): Promise<void> {
    await this.check();
    this.ending = true;
    await this.process.stop();
  }
}
