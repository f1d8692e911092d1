import { availableParallelism } from "node:os";
import { Command, InvalidArgumentError } from "commander";

export interface FuzzOptions {
  readonly cases: number;
  readonly seed: number;
  readonly minutes: number;
  readonly jobs: number;
  readonly case?: readonly [from: number, to: number];
  readonly script?: string;
  readonly filter?: string;
  readonly protocol?: string;
  readonly policies?: boolean;
}

const EXAMPLES = `
Examples:
  npm run fuzz                                      100,000 cases
  npm run fuzz -- --cases 1000000 --seed 7          a million, others
  npm run fuzz -- --cases 1000000000 --minutes 30   as many as half an hour allows
  npm run fuzz -- --seed 7 --case 4711              one case again
  npm run fuzz -- --seed 7 --case 4000-4711         a case that fails only behind others
  npm run fuzz -- --script failed.json              a script, as a failure prints it
  npm run fuzz -- --protocol thrift --case 1-50000  peers that speak another protocol than Dubbo
  npm run fuzz -- --protocol dubbo --policies       routes that ask for more than a cluster

The status is 1 if a case failed. What a case is, and what must hold, is in test/fuzz/README.md.`;

export function parseOptions(argv: readonly string[]): FuzzOptions {
  return new Command("fuzz")
    .description("Hostile clients, upstreams and HTTP/2 frames against the built filter, in the emulated Envoy")
    .option("--cases <n>", "how many", whole, 100_000)
    .option("--seed <n>", "which: the same seed gives the same cases", whole, 1)
    .option("--minutes <n>", "stop after so long", above0, Number.POSITIVE_INFINITY)
    .option("--jobs <n>", "threads", whole, availableParallelism())
    .option("--case <n>", "only this case, or these: FROM-TO", range)
    .option("--script <file>", "only this script")
    .option("--protocol <name>", "cases of another protocol's messages, on one thread")
    .option("--policies", "with --protocol: routes ask for retries, delays, limits and the like")
    .option("--filter <file>", "another build (it cannot tell what it keeps, so that is not checked)")
    .addHelpText("after", EXAMPLES)
    .parse(argv as string[])
    .opts<FuzzOptions>();
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("it must be a whole number above 0");
  return value;
}

function above0(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("it must be a number above 0");
  return value;
}

function range(text: string): readonly [number, number] {
  const [, from = "", to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (from === "") throw new InvalidArgumentError("it must be a number, or two as in 100-200");
  return [Number(from), Number(to)];
}
