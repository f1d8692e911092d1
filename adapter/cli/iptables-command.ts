import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { MeltemiError } from "../error/meltemi-error.js";
import type { Interception } from "../interception/rules.js";
import { isBlock } from "../model/ip.js";
import type { Family } from "../model/node-profile.js";
import { INBOUND_PORT, OUTBOUND_PORT } from "../model/redirection.js";
import { EXIT_CODE_HELP } from "./exit-code.js";

interface Options {
  readonly envoyPort: number;
  readonly inboundCapturePort: number;
  readonly proxyUid: readonly number[];
  readonly proxyGid: readonly number[];
  readonly istioInboundPorts: "*" | readonly number[];
  readonly istioLocalExcludePorts: readonly number[];
  readonly istioLocalOutboundPortsExclude: readonly number[];
  readonly istioServiceCidr: "*" | readonly string[];
  readonly istioServiceExcludeCidr: readonly string[];
  readonly istioExcludeInterfaces: readonly string[];
  readonly family?: "ipv4" | "ipv6" | "both";
  readonly apply?: true;
  readonly undo?: true;
}

const FAMILIES = { ipv4: ["IPv4"], ipv6: ["IPv6"], both: ["IPv4", "IPv6"] } as const;

const EXAMPLES = `
Names and meanings of the options are those of istio-iptables. Lists have commas; an empty one ("") is none.

Without --apply and --undo the rules are printed, each with its reason, for iptables-restore --noflush and ip6tables-restore --noflush.
Both options take root (in a container: the capabilities NET_ADMIN and NET_RAW), iptables and, for IPv6, iproute2: ::6 becomes an address of
the loopback interface. Rules of others stay as they are. Rules are gone when the machine, or the Pod, is.

Examples:
  meltemi iptables
  meltemi iptables --apply
  meltemi iptables --apply -b 8080,20880 -x 10.0.0.0/8,fd00::/8
  meltemi iptables --apply -d 15000,22 -o 22,53 -c docker+
  meltemi iptables --undo
${EXIT_CODE_HELP}`;

export function iptablesCommand(): Command {
  return new Command("iptables")
    .description("print, apply or undo the rules by which a machine's connections are redirected to its Envoy")
    .option("-p, --envoy-port <port>", "where Envoy takes what goes out", parsePort, OUTBOUND_PORT)
    .option("-z, --inbound-capture-port <port>", "where Envoy takes what comes in", parsePort, INBOUND_PORT)
    .addOption(listOption("-u, --proxy-uid <uids>", "users that Envoy runs as", parseIds, [1337]))
    .addOption(listOption("-g, --proxy-gid <gids>", "groups that Envoy runs as", parseIds, [1337]))
    .addOption(
      listOption(
        "-b, --istio-inbound-ports <ports>",
        'ports whose incoming connections are redirected; "*": all',
        allOr(parsePorts),
        "*",
      ),
    )
    .addOption(
      listOption("-d, --istio-local-exclude-ports <ports>", "ports whose incoming connections are not", parsePorts, []),
    )
    .addOption(
      listOption(
        "-o, --istio-local-outbound-ports-exclude <ports>",
        "ports to which connections go without Envoy",
        parsePorts,
        [],
      ),
    )
    .addOption(
      listOption(
        "-i, --istio-service-cidr <ranges>",
        'IP ranges to which connections are redirected, of either family; "*": all',
        allOr(parseDestinations),
        "*",
      ),
    )
    .addOption(
      listOption("-x, --istio-service-exclude-cidr <ranges>", "IP ranges to which they are not", parseRanges, []),
    )
    .addOption(
      listOption(
        "-c, --istio-exclude-interfaces <names>",
        "interfaces whose connections are left alone; docker+: all whose name begins like that",
        parseInterfaces,
        [],
      ),
    )
    .addOption(
      new Option(
        "--family <family>",
        "of which connections are redirected (default: what the machine has addresses of)",
      ).choices(Object.keys(FAMILIES)),
    )
    .option("--apply", "put the rules in force; those of an earlier --apply are replaced")
    .addOption(new Option("--undo", "remove what --apply has made").conflicts("apply"))
    .addHelpText("after", EXAMPLES)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const families = options.family === undefined ? familiesOfMachine() : FAMILIES[options.family];
  if (options.undo) {
    const { undoInterception } = await import("../interception/intercept.js");
    const undone = await undoInterception(families);
    for (const family of families) {
      process.stdout.write(
        `${family}: ${undone.includes(family) ? "not redirected any more" : "was not redirected"}\n`,
      );
    }
    return;
  }
  const interception = interceptionOf(options);
  if (options.apply) {
    const { intercept } = await import("../interception/intercept.js");
    await intercept(families, interception);
    for (const family of families) process.stdout.write(`${family}: redirected\n`);
    return;
  }
  const { printRules } = await import("../interception/print.js");
  process.stdout.write(families.map((family) => printRules(family, interception)).join("\n"));
}

function interceptionOf(options: Options): Interception {
  const { envoyPort, inboundCapturePort, proxyUid, proxyGid } = options;
  if (proxyUid.length + proxyGid.length === 0) {
    throw new MeltemiError("USAGE", "say whom Envoy runs as (-u or -g): its own connections would come back to it");
  }
  if (envoyPort === inboundCapturePort) {
    throw new MeltemiError("USAGE", `-p and -z are both ${envoyPort}: Envoy tells directions by the port`);
  }
  return {
    outboundPort: envoyPort,
    inboundPort: inboundCapturePort,
    inboundPorts: options.istioInboundPorts,
    excludedInboundPorts: options.istioLocalExcludePorts,
    excludedOutboundPorts: options.istioLocalOutboundPortsExclude,
    outboundRanges: options.istioServiceCidr,
    excludedOutboundRanges: options.istioServiceExcludeCidr,
    excludedInterfaces: options.istioExcludeInterfaces,
    proxyUids: proxyUid,
    proxyGids: proxyGid,
  };
}

/** Link-local addresses count: connections could be made from them that nobody redirects. */
function familiesOfMachine(): readonly Family[] {
  const addresses = Object.values(networkInterfaces()).flatMap((all = []) => all.filter(({ internal }) => !internal));
  const families = FAMILIES.both.filter((one) => addresses.some(({ family }) => family === one));
  if (families.length === 0) {
    throw new MeltemiError("USAGE", "this machine has no address but the loopback interface's: say --family");
  }
  return families;
}

function listOption<T>(flags: string, description: string, parse: (text: string) => T, otherwise: T): Option {
  const shown = Array.isArray(otherwise) ? otherwise.join(",") || "none" : String(otherwise);
  return new Option(flags, description).argParser(parse).default(otherwise, shown);
}

function allOr<T>(parse: (text: string) => T): (text: string) => "*" | T {
  return (text) => (text === "*" ? "*" : parse(text));
}

function items(text: string): readonly string[] {
  return text === "" ? [] : text.split(",").map((item) => item.trim());
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port === 0 || port > 65_535) {
    throw new InvalidArgumentError(`Write ports from 1 to 65535; "${text}" is none.`);
  }
  return port;
}

function parsePorts(text: string): readonly number[] {
  return items(text).map(parsePort);
}

function parseIds(text: string): readonly number[] {
  return items(text).map((item) => {
    if (!/^\d{1,10}$/.test(item)) throw new InvalidArgumentError(`Write numbers, such as 1337; "${item}" is none.`);
    return Number(item);
  });
}

function parseRanges(text: string): readonly string[] {
  return items(text).map((item) => {
    if (!isBlock(item)) {
      throw new InvalidArgumentError(`Write IP ranges, such as 10.0.0.0/8 or fd00::/8; "${item}" is none.`);
    }
    const [ip = "", bits = isIP(ip) === 6 ? 128 : 32] = item.split("/");
    return `${ip}/${bits}`;
  });
}

function parseDestinations(text: string): readonly string[] {
  const ranges = parseRanges(text);
  const loopback = ranges.find((range) => /^127\.|^::1\//.test(range));
  if (loopback !== undefined) {
    throw new InvalidArgumentError(`${loopback}: connections over the loopback interface are never redirected.`);
  }
  return ranges;
}

function parseInterfaces(text: string): readonly string[] {
  return items(text).map((item) => {
    if (!/^[^\s/+!"]{1,15}\+?$/.test(item) || item.length > 15) {
      throw new InvalidArgumentError(`Write names of interfaces, such as eth1 or docker+; "${item}" is none.`);
    }
    return item;
  });
}
