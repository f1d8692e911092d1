import { writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import type { JsonObject } from "../adapter/xds/json.js";
import { bootstrap } from "./bootstrap.js";
import type { Case } from "./cases.js";
import { type Envoy, startEnvoy } from "./envoy.js";
import { dubboProxy, tcpProxy } from "./envoys-own.js";
import { Load } from "./load.js";
import { type Measured, measureInTurns, type Subject } from "./measure.js";
import { meltemi } from "./meltemi.js";
import { type BenchOptions, parseOptions } from "./options.js";
import { tableHead, tableOf } from "./report.js";
import { CANARY_USER, ORDINARY_USER, routeTable, toOneVersion, type Version } from "./routes.js";

const WARM_UP_MS = 300;

/** The comparison of table sizes: the same calls by a short table and by a long one. */
const ROUTES_CASE: Case = { name: "16x16/64", connections: 16, inFlight: 16, payloadBytes: 64 };
const ROUTES_SIZES = [10_000, 10];

function sizeName(size: number): string {
  return `routes-${size}`;
}

function listeners(options: BenchOptions): JsonObject[] {
  const table = routeTable(options.routes);
  const { wasm, against } = options;
  const all = {
    meltemi: () => meltemi("meltemi", table, wasm),
    connection: () => meltemi("connection", { ...table, mode: "connection" }, wasm),
    observe: () => meltemi("observe", { ...toOneVersion(table), mode: "observe" }, wasm),
    dubbo_proxy: () => dubboProxy("dubbo_proxy", table),
    tcp_proxy: () => tcpProxy("tcp_proxy"),
  };
  return [
    ...options.proxies.map((proxy) => all[proxy]()),
    ...(against === undefined ? [] : [meltemi("against", table, against)]),
    ...(options.suite === "calls" ? [] : ROUTES_SIZES.map((size) => meltemi(sizeName(size), routeTable(size), wasm))),
  ];
}

/** Each group is measured in turns and set against its first. */
function groups(options: BenchOptions, envoy: Envoy): Subject[][] {
  const subject = (name: string, proxy: string, listener: string, shape: Case): Subject => ({
    case: name,
    proxy,
    run: {
      address: envoy.addresses.get(listener) ?? "",
      connections: shape.connections,
      in_flight: shape.inFlight,
      payload_bytes: shape.payloadBytes,
      echo: options.echo,
      calls: calls(options.mix, listener),
      warm_up_ms: WARM_UP_MS,
      measure_ms: options.seconds * 1000,
      envoy_pid: envoy.pid,
    },
  });
  const against = options.against === undefined ? [] : ["against"];
  const proxies: string[] = [...options.proxies.slice(0, 1), ...against, ...options.proxies.slice(1)];
  const byCase = options.cases.map((shape) => proxies.map((proxy) => subject(shape.name, proxy, proxy, shape)));
  const bySize = ROUTES_SIZES.map((size) =>
    subject(`${ROUTES_CASE.name}/${size}`, "meltemi", sizeName(size), ROUTES_CASE),
  );
  return options.suite === "calls" ? byCase : [...byCase, bySize];
}

/** Where all calls of a connection go that is not routed call by call; in mode `connection` its first is the canary's. */
const CARRIED: Readonly<Record<string, Version>> = { tcp_proxy: "v1", observe: "v1", connection: "v2" };

/** The calls that a connection makes in turn, and who must answer each. */
function calls(mix: BenchOptions["mix"], listener: string): { user: string; server: Version }[] {
  const all = CARRIED[listener];
  const canary = { user: CANARY_USER, server: all ?? "v2" } as const;
  return mix === "one" ? [canary] : [canary, { user: ORDINARY_USER, server: all ?? "v1" }];
}

function setting({ rounds, seconds, mix }: BenchOptions, envoy: Envoy): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model}, Linux ${release()}`;
  const method = `${rounds} rounds of ${seconds} s, calls to ${mix} cluster${mix === "two" ? "s" : ""}`;
  return `Envoy ${envoy.version} with one worker; ${method}\n${machine}`;
}

async function bench(options: BenchOptions): Promise<void> {
  const load = await Load.start();
  const measured: Measured[] = [];
  try {
    const envoy = await startEnvoy(options.envoy, bootstrap(listeners(options), load.servers));
    try {
      console.log(`${setting(options, envoy)}\n\n${tableHead()}`);
      for (const group of groups(options, envoy)) {
        const figures = await measureInTurns(load, group, options.rounds);
        console.log(tableOf(figures));
        measured.push(...figures);
      }
    } finally {
      await envoy.stop();
    }
  } finally {
    load.stop();
  }
  if (options.json !== undefined) {
    const all = measured.map(({ figures }) => figures);
    writeFileSync(options.json, `${JSON.stringify(all, null, 2)}\n`);
  }
}

try {
  await bench(parseOptions(process.argv));
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}
