import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { MeltemiError } from "../error/meltemi-error.js";
import type { NodeAddress } from "../model/node-profile.js";
import type { BindAddress } from "../xds/bind.js";
import type { BootstrapOptions } from "../xds/bootstrap.js";
import type { XdsTls } from "../xds/bootstrap-tls.js";
import type { JsonObject } from "../xds/json.js";
import { type HostPort, parseBindAddress, parseHostPort } from "./address.js";
import { EXIT_CODE_HELP } from "./exit-code.js";
import { parseLabel } from "./label.js";
import { defaultMaxConnections, machineAddresses, parseNodeAddress } from "./machine.js";

interface Options {
  readonly node: string;
  readonly cluster: string;
  readonly xds: HostPort;
  readonly admin: BindAddress;
  readonly mode: "delta" | "sotw";
  readonly namespace?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly address?: readonly NodeAddress[] | false;
  readonly interception: "redirect" | "none";
  readonly dualStack?: boolean;
  readonly maxConnections?: number | "none";
  readonly xdsCa?: string;
  readonly xdsCert?: string;
  readonly xdsKey?: string;
  readonly xdsSni?: string;
  readonly sdsDirectory: string;
}

const EXAMPLES = `
With --xds-ca two small files are written beside the bootstrap (--sds-directory) in which Envoy finds the names of the certificates' files; it
watches those, so that renewed ones are taken without a restart.

Examples:
  meltemi bootstrap --node laptop --xds 127.0.0.1:18000 > bootstrap.json
  envoy --config-path bootstrap.json --use-dynamic-base-id
  meltemi bootstrap --node "sidecar~10.0.0.5~orders-1.prod~prod" --xds adapter.mesh:18000 --interception redirect > bootstrap.json
  meltemi bootstrap --node laptop --xds adapter.mesh:18000 --xds-ca ca.crt --xds-cert tls.crt --xds-key tls.key > bootstrap.json
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
    .option("--namespace <name>", "the node's namespace, where its certificate does not say it")
    .option(
      "--label <key=value>",
      "a label of the workload that the node serves, for the selectors of policies; may be repeated",
      parseLabel,
    )
    .option(
      "--address <[interface=]ip>",
      "an address at which others reach the workload that the node serves, its own first; may be repeated (default: all of this machine)",
      parseNodeAddress,
    )
    .option("--no-address", "announce none: the bootstrap is for machines whose addresses are not known here")
    .addOption(
      new Option(
        "--interception <mode>",
        "redirect: the machine's connections are redirected to the node (see meltemi iptables)",
      )
        .choices(["redirect", "none"])
        .default("none"),
    )
    .option(
      "--dual-stack",
      "use both families where the machine has both, whatever the mesh says (default: ISTIO_DUAL_STACK, else as the mesh says)",
    )
    .option("--no-dual-stack", "use the family of the first address alone")
    .option(
      "--max-connections <count>",
      "so many connections of clients at most, so that Envoy does not run out of descriptors; none: as many as come (default: for the limit that holds here)",
      parseMaxConnections,
    )
    .option("--xds-ca <file>", "speak TLS with the adapter, whose certificate one of these has signed (PEM)")
    .option("--xds-cert <file>", "the node's own certificate (PEM)")
    .option("--xds-key <file>", "its key (PEM)")
    .option("--xds-sni <name>", "what the adapter's certificate names (default: the address of --xds)")
    .option("--sds-directory <directory>", "where the secrets that name these files are written", ".")
    .addHelpText("after", EXAMPLES)
    .action(async (options: Options) => {
      const { xds, admin, mode, maxConnections = defaultMaxConnections() } = options;
      const { buildBootstrap } = await import("../xds/bootstrap.js");
      const { xdsSecretFiles } = await import("../xds/bootstrap-tls.js");
      const tls = xdsTls(options);
      for (const [path, content] of tls === undefined ? [] : xdsSecretFiles(tls)) await write(path, content);
      const bootstrap = buildBootstrap({
        node: nodeOf(options),
        xds,
        tls,
        admin,
        mode,
        maxConnections: maxConnections === "none" ? undefined : maxConnections,
      });
      process.stdout.write(text(bootstrap));
    });
}

function nodeOf(options: Options): BootstrapOptions["node"] {
  const { node: id, cluster, namespace, label: labels, address = machineAddresses() } = options;
  const { dualStack = dualStackOf(process.env.ISTIO_DUAL_STACK), interception } = options;
  return { id, cluster, namespace, labels, addresses: address || [], captured: interception === "redirect", dualStack };
}

/** Istio's switch, as its agents read it. */
function dualStackOf(text = ""): boolean | undefined {
  if (text === "") return undefined;
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  throw new MeltemiError("USAGE", `ISTIO_DUAL_STACK=${text}: must be true or false`);
}

function parseMaxConnections(text: string): number | "none" {
  if (text === "none") return text;
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1) throw new InvalidArgumentError("Write a number, 1 and up, or none.");
  return count;
}

function xdsTls({ xds, xdsCa, xdsCert, xdsKey, xdsSni, sdsDirectory }: Options): XdsTls | undefined {
  if ((xdsCert === undefined) !== (xdsKey === undefined)) {
    throw new MeltemiError("USAGE", "a certificate takes both --xds-cert and --xds-key");
  }
  if (xdsCa === undefined) {
    if (xdsCert === undefined && xdsSni === undefined) return undefined;
    throw new MeltemiError("USAGE", "TLS takes --xds-ca, to know the adapter by");
  }
  return {
    authority: resolve(xdsCa),
    name: xdsSni ?? xds.host,
    certificate: xdsCert && xdsKey ? { certificate: resolve(xdsCert), key: resolve(xdsKey) } : undefined,
    directory: resolve(sdsDirectory),
  };
}

async function write(path: string, content: JsonObject): Promise<void> {
  try {
    await writeFile(path, text(content));
  } catch (cause) {
    throw new MeltemiError("USAGE", `${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

function text(json: JsonObject): string {
  return `${JSON.stringify(json, undefined, 2)}\n`;
}
