import { Command, InvalidArgumentError } from "commander";
import { mayLackService, PROTOCOLS } from "../model/protocols.js";
import { EXIT_CODE_HELP, ExitCode } from "./exit-code.js";
import type { Call, ExplainedListener } from "./explain-call.js";
import { formatExplanations } from "./explanation-text.js";
import { withIstioNamespace } from "./mesh-options.js";
import { type Output, outputOption } from "./output-option.js";
import { formatPolicy } from "./policy-text.js";
import { requireDirectory } from "./require-directory.js";
import { type TenantOptions, withTenants } from "./tenant-options.js";

interface Options {
  readonly config: string;
  readonly protocol: string;
  readonly service: string;
  readonly attribute?: Readonly<Record<string, string>>;
  readonly port?: number;
  readonly namespace?: string;
  readonly gateway?: string;
  readonly istioNamespace: string;
  readonly tenants: TenantOptions["tenants"];
  readonly output: Output;
}

const EXAMPLES = `
The filter's own code decides, on the routes that it would get from the adapter. The attribute that stands for the service
(dubbo: interface) is set by itself.

--output json prints one object:
  { "protocol", "service", "attributes": { … },
    "listeners": [ { "port", "virtual_host", "route": ROUTE | null,
                     "passed_over": [ { "route": ROUTE, "failed": { "attribute", "matcher", "expected", "invert", "value" } } ] } ] }
  ROUTE is { "index", "name", "origin", "clusters": [ { "name", "weight" } ] }, the one that is taken with "policy": [ TEXT ] where it asks for more,
  a sticky one with "chosen", an index of clusters, where the call has the value; value is null where the call has no such attribute.

Examples:
  meltemi explain --config ./config --protocol dubbo --service demo.ReviewService --attribute user=jason
  meltemi explain --config ./config --protocol dubbo --service demo.ReviewService --attribute method=getReviews --output json
  meltemi explain --config ./config --tenants namespace --namespace foo --protocol dubbo --service demo.ReviewService
${EXIT_CODE_HELP}
1 is what it ends with where the call finds no route.`;

export function explainCommand(finish: (code: ExitCode) => void): Command {
  return withTenants(withIstioNamespace(new Command("explain")))
    .description("tell which route a call takes, and why not the ones before it")
    .requiredOption("-c, --config <directory>", "directory of YAML with the resources")
    .requiredOption("--protocol <name>", `the call's protocol: ${PROTOCOLS.join(", ")}, or one that is declared`)
    .option("--service <name>", "the service, as it stands in the message; left out where calls need not name one", "")
    .option("--attribute <name=value>", "an attribute of the call; may be repeated", parseAttribute)
    .option("--port <number>", "the service's port, where several have it (default: all)", parsePort)
    .option(
      "--namespace <name>",
      "of the Envoy that the call goes through, by which exportTo and Sidecars tell what it sees (default: all)",
    )
    .option(
      "--gateway <namespace/name>",
      "the Gateway that the call comes in at (default: none, it is one of the mesh)",
    )
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action(async (options: Options, command: Command) => {
      const {
        config,
        protocol,
        service,
        attribute = {},
        port,
        namespace,
        gateway,
        istioNamespace,
        tenants,
        output,
      } = options;
      if (tenants !== "none" && namespace === undefined)
        command.error("error: what a call does is told of one tenant: say it with --namespace");
      if (service === "" && PROTOCOLS.includes(protocol) && !mayLackService({ protocol })) {
        command.error(`error: every call of ${protocol} names a service: say it with --service`);
      }
      await requireDirectory(config);
      const { explainCall } = await import("./explain-call.js");
      const call = { protocol, service, attributes: attribute, port, namespace, gateway };
      const { listeners, services, errors } = await explainCall(config, call, istioNamespace, tenants !== "none");
      if (errors > 0) process.stderr.write(`${errors} errors in ${config}: ${HINT}, see "meltemi check ${config}"\n`);
      if (output === "json") process.stdout.write(toJson(call, listeners));
      else process.stdout.write(formatExplanations(call, listeners, services));
      const found = listeners.length > 0 && listeners.every(({ explanation }) => explanation.route !== undefined);
      finish(found ? ExitCode.OK : ExitCode.PROBLEMS);
    });
}

const HINT = "what they are about is not in force";

function toJson({ protocol, service, attributes }: Call, listeners: readonly ExplainedListener[]): string {
  const value = {
    protocol,
    service,
    attributes,
    listeners: listeners.map(({ port, explanation: { virtualHost, route, passedOver }, policy }) => ({
      port,
      virtual_host: virtualHost ?? null,
      route: route ? { ...route, ...(policy && { policy: formatPolicy(policy) }) } : null,
      passed_over: passedOver.map(({ route, failed }) => ({
        route,
        failed: { ...failed, value: failed.value ?? null },
      })),
    })),
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function parseAttribute(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write NAME=VALUE, such as user=jason.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InvalidArgumentError("Write a port, 1 to 65535.");
  return port;
}
