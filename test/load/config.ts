import { readFileSync } from "node:fs";
import type { LoadResult, LoadRun } from "../../bench/load.js";
import { CANARY_USER, ORDINARY_USER, VERSIONS } from "../../bench/routes.js";
import { meshOf, virtualHost } from "./mesh.js";
import { startAll, WASM } from "./running.js";

interface Options {
  readonly seconds: number;
  readonly changes: number;
  readonly rate: number;
  readonly code: string;
  readonly envoy: string;
  readonly concurrency: number;
}

const CONNECTIONS = 16;
const IN_FLIGHT = 64;
/** Memory that may come in the second half of the changes: what would be more is a leak. */
const MOST_GROWTH_MIB = 8;

/** The load generator ends at the first call that is lost, or answered wrongly or by a server that neither table allows. */
export async function changesUnderLoad(options: Options): Promise<void> {
  const { seconds, rate, envoy, concurrency } = options;
  const code =
    options.code === "file"
      ? ({ kind: "file", path: WASM } as const)
      : ({ kind: "inline", bytes: readFileSync(WASM) } as const);
  let turn = 0;
  const next = (servers: Readonly<Record<string, string>>) =>
    meshOf(servers, [virtualHost(VERSIONS[turn++ % VERSIONS.length] ?? "v1")]);
  const running = await startAll({ envoy, concurrency, code, mesh: next });
  const { load, controlPlane } = running;
  const run: LoadRun = {
    address: running.address,
    connections: CONNECTIONS,
    in_flight: IN_FLIGHT,
    payload_bytes: 64,
    echo: false,
    calls: [
      { user: CANARY_USER, server: "v1", or: "v2" },
      { user: ORDINARY_USER, server: "v1" },
    ],
    rate,
    warm_up_ms: 1_000,
    measure_ms: seconds * 1_000,
    envoy_pid: running.pid,
  };
  try {
    console.log(
      `Envoy ${envoy}, ${concurrency} workers, ${rate} calls/s, ${options.changes} changes/s, code ${options.code}`,
    );
    const before = tell("without changes", await load.measure(run));
    const updates = () => running.stats("config_updates_total.*result=accepted");
    const updatesBefore = sum(await updates());
    let half_mib = 0;
    const change = setInterval(() => controlPlane.setMesh(next(load.servers)), 1_000 / options.changes);
    const halfway = setTimeout(() => {
      half_mib = running.memory_mib();
    }, seconds * 500);
    const during = tell("with changes", await load.measure(run));
    clearInterval(change);
    clearTimeout(halfway);
    const after = tell("without changes", await load.measure(run));
    // Each table is read by every worker and twice more.
    const tables = (sum(await updates()) - updatesBefore) / (concurrency + 2);
    const growth_mib = running.memory_mib() - half_mib;
    console.log(`${tables.toFixed(0)} tables reached the workers (${(tables / seconds).toFixed(0)}/s)`);
    const moved_ms = (during.p99_us - Math.max(before.p99_us, after.p99_us)) / 1_000;
    console.log(`p99 moved by ${moved_ms.toFixed(2)} ms; memory by ${growth_mib.toFixed(1)} MiB in the second half`);
    if (growth_mib > MOST_GROWTH_MIB || tables < seconds) process.exitCode = 1;
  } finally {
    await running.stop();
  }
}

function tell(what: string, result: LoadResult): LoadResult {
  const { calls, seconds, p50_us, p99_us, max_us } = result;
  const ms = (us: number) => (us / 1_000).toFixed(2).padStart(8);
  console.log(
    `${what.padEnd(16)} ${(calls / seconds).toFixed(0).padStart(7)} calls/s  p50 ${ms(p50_us)}  p99 ${ms(p99_us)}  max ${ms(max_us)} ms  0 lost`,
  );
  return result;
}

function sum(stats: ReadonlyMap<string, number>): number {
  return [...stats.values()].reduce((all, value) => all + (value || 0), 0);
}
