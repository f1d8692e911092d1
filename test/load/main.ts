import { Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_ENVOY_VERSION } from "../../adapter/envoy/fetch-envoy.js";
import { changesUnderLoad } from "./config.js";
import { manyConnections } from "./connections.js";
import { largeTable } from "./table.js";

const EXAMPLES = `
Examples:
  npm run load -- config                              100 route changes a second for a minute at 20,000 calls a second
  npm run load -- config --seconds 8 --rate 5000
  npm run load -- config --code file                  the filter's code not in each change, but as a file
  npm run load -- table --hosts 10000                 how long a worker stands still while such a table is read
  npm run load -- connections --count 10000           memory of each (mind ulimit -n: three files for each, two with one cluster)

They need Go. The status is 1 if a call was lost, or answered wrongly or by a server that neither table allows.`;

const program = new Command("load")
  .description("real Envoy and the control plane under a steady load: what changes cost the calls")
  .addHelpText("after", EXAMPLES);

program
  .command("config")
  .description("the same load without and with route changes")
  .option("--seconds <n>", "length of each of the measurements", positive, 60)
  .option("--changes <n>", "route changes per second", positive, 100)
  .option("--rate <n>", "calls per second", positive, 20_000)
  .option("--code <how>", "how the filter's code travels: inline or file", "inline")
  .option("--envoy <version>", "Envoy's version", DEFAULT_ENVOY_VERSION)
  .option("--concurrency <n>", "workers", positive, 1)
  .action(changesUnderLoad);

program
  .command("table")
  .description("processor time that a worker spends on one table, and the longest call meanwhile")
  .option("--hosts <n>", "virtual hosts, of two routes each", positive, 10_000)
  .option("--times <n>", "tables, one after the other", positive, 8)
  .option("--rate <n>", "calls per second", positive, 2_000)
  .option("--envoy <version>", "Envoy's version", DEFAULT_ENVOY_VERSION)
  .action(largeTable);

program
  .command("connections")
  .description("memory of very many client connections with a tunnel to each of one or two clusters")
  .option("--count <n>", "client connections", positive, 10_000)
  .addOption(new Option("--clusters <n>", "clusters that each calls").choices(["1", "2"]).default("2"))
  .option("--rate <n>", "calls per second", positive, 5_000)
  .option("--envoy <version>", "Envoy's version", DEFAULT_ENVOY_VERSION)
  .action(manyConnections);

await program.parseAsync();

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("a number above 0 is needed.");
  return value;
}
