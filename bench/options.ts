import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError, Option } from "commander";
import { allCases, type Case, parseCases } from "./cases.js";
import { OWN_PROXIES, SPOKEN, SPOKEN_NAMES, type SpokenName } from "./protocols.js";
import type { RouteBy } from "./routes.js";
import type { Mix } from "./subjects.js";

/** `connection` and `observe` are Meltemi in those modes, where all calls of a connection go one way; `declared` is Dubbo as YAML declares it. */
export const PROXIES = ["meltemi", "connection", "observe", "declared", ...OWN_PROXIES, "tcp_proxy"] as const;
export type Proxy = (typeof PROXIES)[number];

export interface BenchOptions {
  readonly suite: "all" | "calls" | "routes" | "wanted";
  readonly protocol: SpokenName;
  readonly cases: readonly Case[];
  readonly proxies: readonly Proxy[];
  readonly seconds: number;
  readonly rounds: number;
  readonly mix: Mix;
  readonly routeBy: RouteBy;
  readonly routes: number;
  readonly echo: boolean;
  readonly envoy?: string;
  readonly wasm: string;
  readonly against?: string;
  readonly json?: string;
}

const EXAMPLES = `
Examples:
  npm run bench                                              everything (about 7 minutes)
  npm run bench -- --cases 16x1/64,16x16/64 --rounds 9       two cases, more rounds
  npm run bench -- --cases 4x64/1MiB --seconds 3 --json out.json
  npm run bench -- --cases 256x1/64 --mix one --proxies connection,dubbo_proxy,tcp_proxy
                                                             a cluster for a connection: the listener's mode \`connection\`
  npm run bench -- --suite routes                            10,000 routes against 10
  npm run bench -- --suite wanted                            what is wanted, and what is measured
  npm run bench -- --cases 16x1/1MiB --route-by method       long calls that need not be looked through
  npm run bench -- --cases 16x16/64 --route-by method --proxies meltemi,declared
                                                             Dubbo by its own codec, and as it is declared in YAML
  npm run bench -- --protocol thrift-binary --cases 16x1/64  framed Thrift, against thrift_proxy
  npm run bench -- --against ../old/dist/meltemi.wasm        two builds of the filter in the same turns

A case is CONNECTIONSxIN_FLIGHT/PAYLOAD: calls in flight on each connection, bytes of the argument.
The status is 1 if any answer was wrong or lost.`;

export function parseOptions(argv: readonly string[]): BenchOptions {
  const options = new Command("bench")
    .description("Envoy's CPU time per call: Meltemi, Envoy's own proxy and tcp_proxy in one Envoy, in turns")
    .addOption(new Option("--suite <name>", "what to run").choices(["all", "calls", "routes", "wanted"]).default("all"))
    .addOption(new Option("--protocol <name>", "what the calls are in").choices(SPOKEN_NAMES).default("dubbo"))
    .option("--cases <list>", "these cases only, and not the routes", parsed(parseCases))
    .addOption(
      new Option(
        "--proxies <list>",
        "these proxies only; else meltemi, Envoy's own of the protocol, tcp_proxy",
      ).argParser(parsed(parseProxies)),
    )
    .option("--seconds <n>", "length of a measurement", parsed(positive), 1)
    .option("--rounds <n>", "measurements of each proxy, of which the median counts", parsed(positive), 5)
    .addOption(
      new Option("--mix <kind>", "the calls of a connection alternate between two clusters, or all go to one")
        .choices(["two", "one"])
        .default("two"),
    )
    .addOption(
      new Option("--route-by <what>", "what the routes look at; by method all calls go to one cluster")
        .choices(["attachment", "method"])
        .default("attachment"),
    )
    .option("--routes <n>", "routes in the table, two or more", parsed(tableSize), 2)
    .option("--echo", "answers as long as the calls", false)
    .option("--envoy <file>", "Envoy's binary (or $ENVOY_PATH, or envoy on the PATH)")
    .option("--wasm <file>", "the filter", fileURLToPath(new URL("../dist/meltemi.wasm", import.meta.url)))
    .option("--against <file>", "another build of the filter, as proxy `against`")
    .option("--json <file>", "write the figures there")
    .addHelpText("after", EXAMPLES)
    .parse(argv as string[])
    .opts<Omit<BenchOptions, "cases" | "proxies"> & { cases?: readonly Case[]; proxies?: Proxy[] }>();
  const proxies = options.proxies ?? (["meltemi", SPOKEN[options.protocol].own, "tcp_proxy"] as const);
  const mix = options.routeBy === "method" ? "one" : options.mix;
  const { cases, protocol } = options;
  if (cases !== undefined) return { ...options, proxies, mix, cases, suite: "calls" };
  // The comparison of tables, and what is wanted, are in Dubbo's words.
  const suite = protocol === "dubbo" ? options.suite : "calls";
  return { ...options, proxies, mix, suite, cases: suite === "routes" ? [] : allCases() };
}

/** Reports what a parser throws as commander does. */
function parsed<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

function parseProxies(text: string): Proxy[] {
  const named = text.split(",");
  const unknown = named.find((name) => !PROXIES.includes(name as Proxy));
  if (unknown !== undefined) {
    throw new Error(`"${unknown}" is none of ${PROXIES.join(", ")}`);
  }
  return PROXIES.filter((proxy) => named.includes(proxy));
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) {
    throw new Error("it must be a number above 0");
  }
  return value;
}

function tableSize(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 2) {
    throw new Error("it must be a whole number, 2 or more");
  }
  return value;
}
