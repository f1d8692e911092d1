import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { buildBootstrap, type TestCluster, type TestListener } from "./bootstrap.js";

export interface Version {
  name: string;
  path: string;
}

/** The Envoys that a test runs on; vitest's global setup has named them. */
export const VERSIONS: Version[] = [
  { name: "Envoy 1.40", path: process.env.MELTEMI_TEST_ENVOY_1_40 ?? "" },
  { name: "Envoy 1.36", path: process.env.MELTEMI_TEST_ENVOY_1_36 ?? "" },
];

const POLL_INTERVAL_MS = 20;
const POLL_LIMIT_MS = 20_000;

/** A real Envoy with the built filter in it, on ports that it picks itself. */
export class TestEnvoy {
  private constructor(
    private readonly process: EnvoyProcess,
    /** Address of the admin interface. */
    readonly admin: string,
    private readonly ports: ReadonlyMap<string, number>,
    readonly log: string[],
  ) {}

  static async start(
    version: Version,
    listeners: TestListener[],
    clusters: TestCluster[],
    concurrency = 1,
  ): Promise<TestEnvoy> {
    const lines: string[] = [];
    const log = pino({ level: "info", base: null }, { write: (line: string) => void lines.push(line.trim()) });
    const bootstrap = buildBootstrap(listeners, clusters);
    const process = await EnvoyProcess.start({ path: version.path, bootstrap, concurrency, log });
    try {
      const admin = await process.ready();
      return new TestEnvoy(process, admin, await listenerPorts(admin), lines);
    } catch (error) {
      await process.stop();
      throw new Error(`${version.name} did not start:\n${lines.join("\n")}`, { cause: error });
    }
  }

  port(listener: string): number {
    const port = this.ports.get(listener);
    if (port === undefined) throw new Error(`no listener ${listener}`);
    return port;
  }

  get memory_bytes(): number {
    const status = readFileSync(`/proc/${this.process.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  }

  /** Whatever the admin interface answers. */
  async get(path: string): Promise<string> {
    const response = await fetch(`http://${this.admin}${path}`);
    return response.text();
  }

  /** What changes something at the admin interface. */
  async post(path: string): Promise<void> {
    const { ok, status } = await fetch(`http://${this.admin}${path}`, { method: "POST" });
    if (!ok) throw new Error(`POST ${path}: ${status}`);
  }

  async stats(): Promise<Map<string, number>> {
    const { stats } = JSON.parse(await this.get("/stats?format=json")) as {
      stats: Array<{ name?: string; value?: number }>;
    };
    return new Map(
      stats.flatMap(({ name, value }) => (name !== undefined && value !== undefined ? [[name, value]] : [])),
    );
  }

  /** Waits until the sum of the statistics whose names have all these parts is at least `least`. */
  async waitForStat(parts: string[], least = 1): Promise<number> {
    let sum = 0;
    await this.waitFor(`${parts.join(" … ")} ≥ ${least}`, async () => {
      const matching = [...(await this.stats())].filter(([name]) => parts.every((part) => name.includes(part)));
      sum = matching.reduce((total, [, value]) => total + value, 0);
      return sum >= least;
    });
    return sum;
  }

  async waitFor(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const deadline_ms = Date.now() + POLL_LIMIT_MS;
    while (!(await condition())) {
      if (Date.now() > deadline_ms) throw new Error(`in vain: ${what}; Envoy says:\n${this.log.slice(-30).join("\n")}`);
      await sleep(POLL_INTERVAL_MS);
    }
  }

  /**
   * Ends it, and says whether the filter's VM came through: a trap or a protocol error of HCM's is a failure of the test, but for
   * one that the test is about (`afterTrap`).
   */
  async stop({ afterTrap = false } = {}): Promise<void> {
    const stats = await this.stats();
    await this.process.stop();
    if (afterTrap) return;
    const complaints = this.log.filter((line) =>
      /"level":[456]0.*(trap|unreachable|RuntimeError|proxy_on|abort)/.test(line),
    );
    for (const [name, value] of stats) {
      if (value > 0 && /vm_reload|\.downstream_cx_protocol_error|remote_load_fetch_failures/.test(name)) {
        complaints.push(`${name}: ${value}`);
      }
    }
    if (complaints.length > 0) throw new Error(`the filter's VM or HCM complains:\n${complaints.join("\n")}`);
  }
}

async function listenerPorts(admin: string): Promise<Map<string, number>> {
  const answer = await (await fetch(`http://${admin}/listeners?format=json`)).json();
  const { listener_statuses } = answer as {
    listener_statuses: Array<{ name: string; local_address: { socket_address: { port_value: number } } }>;
  };
  return new Map(listener_statuses.map(({ name, local_address }) => [name, local_address.socket_address.port_value]));
}
