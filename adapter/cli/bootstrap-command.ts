import { Command, Option } from "commander";
import type { BindAddress } from "../xds/bind.js";
import { type HostPort, parseBindAddress, parseHostPort } from "./address.js";
import { EXIT_CODE_HELP } from "./exit-code.js";

interface Options {
  readonly node: string;
  readonly cluster: string;
  readonly xds: HostPort;
  readonly admin: BindAddress;
  readonly mode: "delta" | "sotw";
}

const EXAMPLES = `
Examples:
  meltemi bootstrap --node laptop --xds 127.0.0.1:18000 > bootstrap.json
  envoy --config-path bootstrap.json --use-dynamic-base-id
${EXIT_CODE_HELP}`;

export function bootstrapCommand(): Command {
  return new Command("bootstrap")
    .description("print an Envoy bootstrap that takes everything from an adapter")
    .requiredOption("--node <id>", "the node's id, by which the adapter knows it")
    .option("--cluster <name>", "the node's cluster, in Envoy's sense of where it runs", "meltemi")
    .requiredOption("--xds <address:port>", "where the adapter serves xDS; a DNS name will do", parseHostPort)
    .addOption(
      new Option("--admin <address:port>", "Envoy's admin interface")
        .argParser(parseBindAddress)
        .default({ ip: "127.0.0.1", port: 9901 }, "127.0.0.1:9901"),
    )
    .addOption(
      new Option("--mode <mode>", "what a change sends: what has changed, or all resources of its type")
        .choices(["delta", "sotw"])
        .default("delta"),
    )
    .addHelpText("after", EXAMPLES)
    .action(async ({ node, cluster, xds, admin, mode }: Options) => {
      const { buildBootstrap } = await import("../xds/bootstrap.js");
      const bootstrap = buildBootstrap({ node: { id: node, cluster }, xds, admin, mode });
      process.stdout.write(`${JSON.stringify(bootstrap, undefined, 2)}\n`);
    });
}
