import { setTimeout as sleep } from "node:timers/promises";
import type { OutboundListener } from "../adapter/model/model.js";
import type { JsonObject } from "../adapter/xds/json.js";
import { type Case, parseCases } from "./cases.js";
import type { Envoy } from "./envoy.js";
import { dubboProxy, tcpProxy } from "./envoys-own.js";
import type { Load } from "./load.js";
import { type Measured, measureInTurns, median } from "./measure.js";
import { meltemi } from "./meltemi.js";
import { governedTable, routeTable, routeTableWithRegexes } from "./routes.js";
import { type Mix, runOf, type Setting, subject } from "./subjects.js";

/** A tunnel without calls is closed after this time here, so that idle connections need not be waited for so long. */
const TUNNEL_IDLE_MS = 1_000;
const FEW_ROUTES = 10;
const MANY_ROUTES = 10_000;
const GOVERNED_ROUTES = 1_000;

/** A ratio of two listeners that is wanted, in one case. CPU and memory: at most; calls per second: at least. */
interface Bound {
  readonly to: string;
  readonly of: "CPU" | "calls/s";
  readonly wanted: number;
}

interface Goal {
  readonly shape: string;
  readonly mix: Mix;
  readonly listener: string;
  readonly note?: string;
  readonly bounds: readonly Bound[];
}

const GOALS: readonly Goal[] = [
  {
    shape: "16x16/64",
    mix: "two",
    listener: "meltemi",
    bounds: [
      { to: "dubbo_proxy", of: "CPU", wanted: 1 / 6 },
      { to: "tcp_proxy", of: "CPU", wanted: 1.9 },
    ],
  },
  {
    shape: "16x16/64",
    mix: "one",
    listener: "meltemi",
    bounds: [
      { to: "dubbo_proxy", of: "CPU", wanted: 1 / 8 },
      { to: "tcp_proxy", of: "CPU", wanted: 1.35 },
    ],
  },
  {
    shape: "16x1/64",
    mix: "two",
    listener: "meltemi",
    bounds: [
      { to: "dubbo_proxy", of: "CPU", wanted: 1 },
      { to: "tcp_proxy", of: "CPU", wanted: 1.25 },
    ],
  },
  { shape: "256x1/64", mix: "one", listener: "meltemi", bounds: [{ to: "dubbo_proxy", of: "CPU", wanted: 1.15 }] },
  {
    shape: "16x1/1MiB",
    mix: "one",
    listener: "meltemi",
    note: "by attachment",
    bounds: [{ to: "tcp_proxy", of: "calls/s", wanted: 0.95 }],
  },
  {
    shape: "16x1/1MiB",
    mix: "one",
    listener: "by_method",
    note: "by method",
    bounds: [{ to: "tcp_proxy", of: "calls/s", wanted: 0.95 }],
  },
  {
    shape: "16x16/64",
    mix: "two",
    listener: "many_routes",
    note: "10,000 routes, regexes among them",
    bounds: [{ to: "few_routes", of: "CPU", wanted: 1.05 }],
  },
  {
    shape: "16x16/64",
    mix: "two",
    listener: "governed",
    note: "1,000 routes with retries and a local limit each",
    bounds: [{ to: "meltemi", of: "CPU", wanted: 1.2 }],
  },
];

/** All that the goals speak of. */
export function wantedListeners(wasm: string): JsonObject[] {
  const table = quickToIdle(routeTable(2));
  return [
    meltemi("meltemi", table, wasm),
    meltemi("by_method", routeTable(2, "method"), wasm),
    meltemi("few_routes", routeTableWithRegexes(FEW_ROUTES), wasm),
    meltemi("many_routes", routeTableWithRegexes(MANY_ROUTES), wasm),
    meltemi("governed", governedTable(GOVERNED_ROUTES), wasm),
    dubboProxy("dubbo_proxy", table),
    tcpProxy("tcp_proxy"),
  ];
}

function quickToIdle(table: OutboundListener): OutboundListener {
  return { ...table, settings: { tunnelIdleTimeout_ms: TUNNEL_IDLE_MS } };
}

/** A line of the table. */
interface Line {
  readonly what: string;
  readonly wanted: number;
  readonly measured: number;
  readonly atLeast: boolean;
  /** The least and the greatest of the rounds. */
  readonly spread?: readonly [number, number];
}

export async function measureWanted(
  load: Load,
  envoy: Envoy,
  options: { readonly rounds: number; readonly seconds: number },
): Promise<Line[]> {
  const lines: Line[] = [];
  for (const goal of GOALS) {
    const setting = { protocol: "dubbo", envoy, mix: goal.mix, seconds: options.seconds, echo: false } as const;
    const subjects = [goal.listener, ...goal.bounds.map(({ to }) => to)].map((listener) =>
      subject(goal.shape, listener, listener, caseOf(goal.shape), setting),
    );
    const [own, ...others] = await measureInTurns(load, subjects, options.rounds);
    lines.push(...goal.bounds.map((bound, i) => lineOf(goal, bound, own as Measured, others[i] as Measured)));
  }
  return [...lines, ...(await idleMemory(load, envoy))];
}

function caseOf(shape: string): Case {
  return parseCases(shape)[0] as Case;
}

function lineOf(goal: Goal, { to, of, wanted }: Bound, own: Measured, other: Measured): Line {
  const clusters = goal.mix === "one" ? "one cluster" : "two clusters";
  const what = `${goal.shape}, ${goal.note ?? clusters}: ${of} ÷ ${to}`;
  if (of === "calls/s") {
    return { what, wanted, measured: own.figures.calls_per_s / other.figures.calls_per_s, atLeast: true };
  }
  const ratios = own.cpu_us_by_round.map((value, i) => value / (other.cpu_us_by_round[i] ?? Number.NaN));
  const spread = [Math.min(...ratios), Math.max(...ratios)] as const;
  return { what, wanted, measured: median(ratios), atLeast: false, spread };
}

const IDLE_CONNECTIONS: Case = { name: "1000x1/64", connections: 1000, inFlight: 1, payloadBytes: 64 };
const OGHTTP2 = "envoy.reloadable_features.http2_use_oghttp2";

/** What Envoy's heap holds for a connection that has made a call or two and is idle since. */
async function idleMemory(load: Load, envoy: Envoy): Promise<Line[]> {
  const setting: Setting = { protocol: "dubbo", envoy, mix: "one", seconds: 0.1, echo: false };
  const tcp = await idleBytes(load, "tcp_proxy", setting);
  const own = await idleBytes(load, "meltemi", setting);
  await envoy.setRuntime(OGHTTP2, "true");
  const withOghttp2 = await idleBytes(load, "meltemi", setting);
  await envoy.setRuntime(OGHTTP2, "");
  const line = (what: string, bytes: number, wanted: number): Line => ({
    what: `idle connection, ${what}: memory ÷ tcp_proxy (${kb(bytes)} ÷ ${kb(tcp)})`,
    wanted,
    measured: bytes / tcp,
    atLeast: false,
  });
  return [line("tunnels closed", own, 2.1), line("with oghttp2", withOghttp2, 1)];
}

async function idleBytes(load: Load, listener: string, setting: Setting): Promise<number> {
  // One connection first: it brings what is kept for good, and while it is there the servers see that former ones have ended.
  await load.measure(runOf(listener, { ...IDLE_CONNECTIONS, connections: 1 }, setting));
  await sleep(TUNNEL_IDLE_MS);
  const before = await setting.envoy.allocatedBytes();
  const idle_ms = 6 * TUNNEL_IDLE_MS;
  const measured = load.measure({ ...runOf(listener, IDLE_CONNECTIONS, setting), idle_ms });
  // All calls are answered and tunnels closed by then, and the connections are still there.
  await sleep(setting.seconds * 1000 + 0.75 * idle_ms);
  const bytes = (await setting.envoy.allocatedBytes()) - before;
  await measured;
  return bytes / IDLE_CONNECTIONS.connections;
}

function kb(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} KB`;
}

export function wantedTable(lines: readonly Line[]): string {
  const rows = lines.map(({ what, wanted, measured, atLeast, spread }) => {
    const reached = atLeast ? measured >= wanted : measured <= wanted;
    const rounds = spread === undefined ? "" : ` (${spread.map(ratio).join("–")})`;
    return `| ${what} | ${atLeast ? "≥" : "≤"} ${ratio(wanted)} | ${ratio(measured)}${rounds} | ${reached ? "yes" : "no"} |`;
  });
  return ["| what | wanted | measured | reached |", "|---|---|---|---|", ...rows].join("\n");
}

function ratio(value: number): string {
  return value.toFixed(value < 0.3 ? 3 : 2);
}
