import { writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import type { OutboundListener } from "../adapter/model/model.js";
import type { JsonObject } from "../adapter/xds/json.js";
import { bootstrap } from "./bootstrap.js";
import type { Case } from "./cases.js";
import { declaredDubbo } from "./declared.js";
import { type Envoy, startEnvoy } from "./envoy.js";
import { tcpProxy } from "./envoys-own.js";
import { Load } from "./load.js";
import { type Measured, measureInTurns, type Subject } from "./measure.js";
import { meltemi } from "./meltemi.js";
import { type BenchOptions, parseOptions } from "./options.js";
import { SPOKEN } from "./protocols.js";
import { tableHead, tableOf } from "./report.js";
import { routeTableWithRegexes, toOneVersion } from "./routes.js";
import { subject } from "./subjects.js";
import { measureWanted, wantedListeners, wantedTable } from "./wanted.js";

/** The comparison of table sizes: the same calls by a short table and by a long one. */
const ROUTES_CASE: Case = { name: "16x16/64", connections: 16, inFlight: 16, payloadBytes: 64 };
const ROUTES_SIZES = [10_000, 10];

function sizeName(size: number): string {
  return `routes-${size}`;
}

function listeners(options: BenchOptions): JsonObject[] {
  const { wasm, against } = options;
  if (options.suite === "wanted") return wantedListeners(wasm);
  const spoken = SPOKEN[options.protocol];
  const table = spoken.table(options.routes, options.routeBy);
  const all: Partial<Record<BenchOptions["proxies"][number], () => JsonObject>> = {
    meltemi: () => meltemi("meltemi", table, wasm),
    connection: () => meltemi("connection", { ...table, mode: "connection" }, wasm),
    declared: () => meltemi("declared", declaredTable(options, table), wasm),
    observe: () => meltemi("observe", { ...toOneVersion(table), mode: "observe" }, wasm),
    [spoken.own]: () => spoken.listener(table),
    tcp_proxy: () => tcpProxy("tcp_proxy"),
  };
  return [
    ...options.proxies.map((proxy) => made(all[proxy], `${proxy} does not speak ${options.protocol}`)),
    ...(against === undefined ? [] : [meltemi("against", table, against)]),
    ...(options.suite === "calls"
      ? []
      : ROUTES_SIZES.map((size) => meltemi(sizeName(size), routeTableWithRegexes(size), wasm))),
  ];
}

/** What is declared is Dubbo, without its attachments. */
function declaredTable({ protocol, routeBy }: BenchOptions, table: OutboundListener): OutboundListener {
  if (protocol !== "dubbo" || routeBy !== "method") throw new Error("declared is for dubbo, with --route-by method");
  return declaredDubbo(table);
}

function made(make: (() => JsonObject) | undefined, otherwise: string): JsonObject {
  if (make === undefined) throw new Error(otherwise);
  return make();
}

/** Each group is measured in turns and set against its first. */
function groups(options: BenchOptions, envoy: Envoy): Subject[][] {
  const setting = { ...options, envoy };
  const against = options.against === undefined ? [] : ["against"];
  const proxies: string[] = [...options.proxies.slice(0, 1), ...against, ...options.proxies.slice(1)];
  const byCase = options.cases.map((shape) =>
    proxies.map((proxy) => subject(shape.name, proxy, proxy, shape, setting)),
  );
  const bySize = ROUTES_SIZES.map((size) =>
    subject(`${ROUTES_CASE.name}/${size}`, "meltemi", sizeName(size), ROUTES_CASE, setting),
  );
  return options.suite === "calls" ? byCase : [...byCase, bySize];
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
      if (options.suite === "wanted") {
        console.log(`${setting(options, envoy)}\n`);
        console.log(wantedTable(await measureWanted(load, envoy, options)));
        return;
      }
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
