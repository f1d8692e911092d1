import { setTimeout as sleep } from "node:timers/promises";
import type { LoadRun } from "../../bench/load.js";
import { median } from "../../bench/measure.js";
import { ORDINARY_USER, VERSIONS } from "../../bench/routes.js";
import { meshOf, otherHosts, virtualHost } from "./mesh.js";
import { startAll, WASM } from "./running.js";

interface Options {
  readonly hosts: number;
  readonly times: number;
  readonly rate: number;
  readonly envoy: string;
}

/** How long the workers may take behind their main thread. */
const WORKERS_FOLLOW_MS = 500;

export async function largeTable({ hosts, times, rate, envoy }: Options): Promise<void> {
  const others = otherHosts(hosts);
  let turn = 0;
  const code = { kind: "file", path: WASM } as const;
  const mesh = (servers: Readonly<Record<string, string>>) =>
    meshOf(servers, [virtualHost(VERSIONS[turn++ % VERSIONS.length] ?? "v1"), ...(turn > 1 ? others : [])]);
  const running = await startAll({ envoy, concurrency: 1, code, mesh });
  const { load, controlPlane } = running;
  try {
    const cpu_ms: number[] = [];
    for (let i = 0; i < times; i++) {
      const before_ms = running.workers_ms();
      controlPlane.setMesh(mesh(load.servers));
      await controlPlane.synchronized();
      await sleep(WORKERS_FOLLOW_MS);
      cpu_ms.push(running.workers_ms() - before_ms);
    }
    const [first = 0, ...rest] = cpu_ms;
    console.log(`${hosts} virtual hosts, Envoy ${envoy}: processor time of the worker for one table`);
    console.log(
      `first ${first.toFixed(1)} ms, then median ${median(rest).toFixed(1)} ms, least ${Math.min(...rest).toFixed(1)} ms`,
    );
    const run: LoadRun = {
      address: running.address,
      connections: 4,
      in_flight: 16,
      payload_bytes: 64,
      echo: false,
      calls: [{ user: ORDINARY_USER, server: "v1" }],
      rate,
      warm_up_ms: 500,
      measure_ms: 5_000,
      envoy_pid: running.pid,
    };
    const still = await load.measure(run);
    const measuring = load.measure(run);
    await sleep(1_500);
    controlPlane.setMesh(mesh(load.servers));
    await controlPlane.synchronized();
    const moved = await measuring;
    const ms = (us: number) => (us / 1_000).toFixed(1);
    console.log(`longest call: ${ms(still.max_us)} ms without a change, ${ms(moved.max_us)} ms with one`);
  } finally {
    await running.stop();
  }
}
