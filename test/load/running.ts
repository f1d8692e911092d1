import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { fetchEnvoy } from "../../adapter/envoy/fetch-envoy.js";
import { createLogger } from "../../adapter/log/logger.js";
import type { Mesh } from "../../adapter/model/model.js";
import { type ControlPlane, startControlPlane } from "../../adapter/server/control-plane.js";
import { buildBootstrap } from "../../adapter/xds/bootstrap.js";
import type { WasmCode } from "../../adapter/xds/extension-configs.js";
import { Load } from "../../bench/load.js";

export const WASM = fileURLToPath(new URL("../../dist/meltemi.wasm", import.meta.url));
const LOOPBACK = "127.0.0.1";

/** The control plane, an Envoy that has its first mesh, and the load generator. */
export interface Running {
  readonly load: Load;
  readonly controlPlane: ControlPlane;
  readonly pid: number;
  /** Of the listener. */
  readonly address: string;
  stats(filter: string): Promise<Map<string, number>>;
  memory_mib(): number;
  /** Processor time of the workers so far. */
  workers_ms(): number;
  stop(): Promise<void>;
}

export interface RunningOptions {
  readonly envoy: string;
  readonly concurrency: number;
  readonly code: WasmCode;
  readonly mesh: (servers: Readonly<Record<string, string>>) => Mesh;
}

export async function startAll({ envoy: version, concurrency, code, mesh }: RunningOptions): Promise<Running> {
  const log = pino({ level: "silent" });
  const path = await fetchEnvoy({ version, env: process.env, log: createLogger({ format: "text" }) });
  const load = await Load.start();
  const controlPlane = await startControlPlane({
    xds: { address: LOOPBACK, port: 0 },
    listen: [{ protocol: "dubbo", addresses: [{ ip: LOOPBACK, port: 0 }] }],
    code,
    log,
  });
  controlPlane.setMesh(mesh(load.servers));
  const xds = { host: LOOPBACK, port: controlPlane.xdsPort };
  const node = { id: "load", cluster: "load" };
  const bootstrap = buildBootstrap({ node, xds, admin: { ip: LOOPBACK, port: 0 }, mode: "delta" });
  const envoy = await EnvoyProcess.start({ path, bootstrap, concurrency, log });
  const admin = `http://${await envoy.ready()}`;
  await controlPlane.synchronized();
  const { listener_statuses } = (await (await fetch(`${admin}/listeners?format=json`)).json()) as {
    listener_statuses: { local_address: { socket_address: { port_value: number } } }[];
  };
  const { pid } = envoy;
  return {
    load,
    controlPlane,
    pid,
    address: `${LOOPBACK}:${listener_statuses[0]?.local_address.socket_address.port_value}`,
    stats: async (filter) => {
      const text = await (await fetch(`${admin}/stats?filter=${encodeURIComponent(filter)}`)).text();
      return new Map(text.split("\n").map((line) => [line.split(": ")[0] ?? "", Number(line.split(": ")[1])]));
    },
    memory_mib: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024,
    workers_ms: () =>
      readdirSync(`/proc/${pid}/task`)
        .filter((task) => readFileSync(`/proc/${pid}/task/${task}/comm`, "utf8").startsWith("wrk:"))
        .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]) / 1e6)
        .reduce((sum, ms) => sum + ms, 0),
    stop: async () => {
      load.stop();
      await envoy.stop();
      await controlPlane.close();
    },
  };
}
