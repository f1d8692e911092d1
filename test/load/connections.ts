import { readFileSync } from "node:fs";
import type { LoadRun } from "../../bench/load.js";
import { CANARY_USER, ORDINARY_USER } from "../../bench/routes.js";
import { meshOf, virtualHost } from "./mesh.js";
import { startAll, WASM } from "./running.js";

interface Options {
  readonly count: number;
  readonly clusters: "1" | "2";
  readonly rate: number;
  readonly envoy: string;
}

/** docs/load-and-faults.md: of a client connection, and of each of its tunnels. */
const MOST_BYTES = 64 << 10;
const SAMPLE_EVERY_MS = 200;

/** Memory of an Envoy with very many client connections, each with a tunnel or two. */
export async function manyConnections({ count, clusters, rate, envoy }: Options): Promise<void> {
  const code = { kind: "inline", bytes: readFileSync(WASM) } as const;
  const mesh = (servers: Readonly<Record<string, string>>) => meshOf(servers, [virtualHost("v2")]);
  const running = await startAll({ envoy, concurrency: 2, code, mesh });
  const tunnels = Number(clusters);
  const most_bytes = (1 + tunnels) * MOST_BYTES;
  const calls = [
    { user: CANARY_USER, server: "v2" },
    { user: ORDINARY_USER, server: "v1" },
  ];
  const run = (connections: number): LoadRun => ({
    address: running.address,
    connections,
    in_flight: 1,
    payload_bytes: 64,
    echo: false,
    calls: calls.slice(-tunnels),
    rate,
    warm_up_ms: 100,
    measure_ms: Math.round(Math.max((2_000 * connections) / rate, 500)),
    envoy_pid: running.pid,
  });
  try {
    await running.load.measure(run(1));
    const before_mib = running.memory_mib();
    let most_mib = before_mib;
    const sampling = setInterval(() => {
      most_mib = Math.max(most_mib, running.memory_mib());
    }, SAMPLE_EVERY_MS);
    const { calls: answered } = await running.load.measure(run(count));
    clearInterval(sampling);
    const each_bytes = ((most_mib - before_mib) * (1 << 20)) / count;
    console.log(
      `${count} client connections and ${tunnels * count} upstream connections, Envoy ${envoy}: ${answered} calls, 0 lost`,
    );
    console.log(
      `${before_mib.toFixed(0)} MiB before, ${most_mib.toFixed(0)} MiB at most: ${(each_bytes / 1024).toFixed(1)} KiB each, ` +
        `computed ${most_bytes / 1024} KiB`,
    );
    if (each_bytes > most_bytes) process.exitCode = 1;
  } finally {
    await running.stop();
  }
}
