import { Command, InvalidArgumentError } from "commander";
import { DEFAULT_ENVOY_VERSION } from "../../adapter/envoy/fetch-envoy.js";

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly envoy: string;
  readonly concurrency: number;
  readonly size: number;
  /** Empty: all. */
  readonly faults: readonly string[];
}

const EXAMPLES = `
Examples:
  npm run soak -- --minutes 30                        half an hour with a seed of its own, which it prints
  npm run soak -- --minutes 2 --seed 7 --envoy 1.36.4
  npm run soak -- --minutes 1 --faults killEndpoint,restartEndpoint

It needs Go. A line is printed every five seconds, and a verdict at the end. The status is 1 if a call to a healthy server failed
or was lost, an answer was wrong or came from a server that no table in force allowed, a call hung for 30 s, Envoy took more
memory than its bound, or the filter's VM or the connection manager complained.`;

export function parseOptions(argv: readonly string[]): SoakOptions {
  return new Command("soak")
    .description("real Envoy under load, with changes and faults at random; every answer is checked")
    .option("--minutes <n>", "how long", positive, 5)
    .option("--seed <n>", "what the choices begin with", positive, Date.now() % 1_000_000)
    .option("--envoy <version or file>", "the Envoy", DEFAULT_ENVOY_VERSION)
    .option("--concurrency <n>", "workers", positive, 2)
    .option("--size <n>", "multiple of the usual number of clients", positive, 1)
    .option("--faults <list>", "these faults alone, or none", (text) => text.split(","), [])
    .addHelpText("after", EXAMPLES)
    .parse(argv as string[])
    .opts<SoakOptions>();
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("a number above 0 is needed.");
  return value;
}
