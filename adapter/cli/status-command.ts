import { Command, Option } from "commander";
import { MeltemiError } from "../error/meltemi-error.js";
import type { StatusReport } from "../server/status-report.js";
import { formatAddress } from "../xds/address.js";
import { DEFAULT_ADMIN, type HostPort, parseHostPort } from "./address.js";
import { EXIT_CODE_HELP, ExitCode } from "./exit-code.js";
import { type Output, outputOption } from "./output-option.js";

interface Options {
  readonly namespace?: string;
  readonly admin: HostPort;
  readonly output: Output;
}

const TIMEOUT_MS = 10_000;

const EXAMPLES = `
Of each type of resource: ok, where the node has accepted the newest version of all that it asks for; behind, where it has not yet; refused,
where it refuses a part of it and goes on with what it had.

Examples:
  meltemi status
  meltemi status --admin 127.0.0.1:18081 --output json
  kubectl exec deploy/meltemi -- meltemi status
${EXIT_CODE_HELP}`;

export function statusCommand(finish: (code: ExitCode) => void): Command {
  return new Command("status")
    .description("list the Envoys that are connected to an adapter, what they have and what they refuse")
    .addOption(
      new Option("--admin <address:port>", "the adapter's admin address")
        .argParser(parseHostPort)
        .default({ host: DEFAULT_ADMIN.ip, port: DEFAULT_ADMIN.port }, formatAddress(DEFAULT_ADMIN)),
    )
    .option("--namespace <name>", "those of this namespace alone (default: all)")
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action(async ({ admin, namespace, output }: Options) => {
      const { formatStatus } = await import("./status-text.js");
      const report = await fetchStatus(admin, namespace);
      process.stdout.write(output === "json" ? `${JSON.stringify(report, undefined, 2)}\n` : formatStatus(report));
      finish(report.nodes.some(({ refused }) => refused.length > 0) ? ExitCode.PROBLEMS : ExitCode.OK);
    });
}

async function fetchStatus({ host, port }: HostPort, namespace: string | undefined): Promise<StatusReport> {
  const address = formatAddress({ ip: host, port });
  try {
    const query = namespace === undefined ? "" : `?namespace=${encodeURIComponent(namespace)}`;
    const response = await fetch(`http://${address}/status${query}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.ok) return (await response.json()) as StatusReport;
    const body = (await response.text()).trim();
    throw new Error(`it answers ${response.status}: ${body}`);
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new MeltemiError("ADAPTER_FAILED", `no adapter tells of itself at ${address} (its --admin): ${reason}`, {
      cause: error,
    });
  }
}
