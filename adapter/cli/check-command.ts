import { Command, Option } from "commander";
import type { Direction } from "../evaluate/decode.js";
import { formatProblem, problemToJson } from "../status/format.js";
import type { Problem } from "../status/problem.js";
import type { Translation, TranslatorOptions } from "../translate/translator.js";
import { EXIT_CODE_HELP, ExitCode } from "./exit-code.js";
import { filterCheck } from "./filter-check.js";
import { withIstioNamespace } from "./mesh-options.js";
import { type Output, outputOption } from "./output-option.js";
import { requireDirectory } from "./require-directory.js";
import { type TenantOptions, withTenants } from "./tenant-options.js";

interface Options {
  readonly strict: boolean;
  readonly output: Output;
  readonly capture?: string;
  readonly direction: Direction;
  readonly protocol?: string;
  readonly attribute: readonly string[];
  readonly tenants: TenantOptions["tenants"];
  readonly istioNamespace: string;
}

const EXAMPLES = `
--output json prints one object:
  { "errors": 1, "warnings": 0,
    "problems": [ { "severity": "error" | "warning", "file", "line", "kind", "namespace", "name", "field", "reason" } ],
    "ignored": [ { "file", "line", "reason" } ] }
kind, namespace and name are null where a file cannot be read as resources.

With --capture a protocol that an ApplicationProtocol of the directory declares reads the bytes in a file, by the filter's own code: each
message is shown with its offset, size, kind, id, service, method and attributes, or what is wrong at which byte. The file has the bytes
themselves, or hexadecimal digits, also as xxd and hexdump -C write them. --output json prints one object:
  { "bytes", "messages": [ { "offset", "missing", "step": "done" | "more" | "bad", "framed", "total", "kind", "id", "status", "ok", "need", "reason",
                             "at", "service", "method", "attributes": { … } } ] }

Examples:
  meltemi check ./config
  meltemi check ./config --strict
  meltemi check ./config --tenants namespace
  meltemi check ./config --output json | jq -r '.problems[].reason'
  meltemi check ./config --capture call.hex
  meltemi check ./config --protocol awesomeRPC --capture answers.bin --direction response
${EXIT_CODE_HELP}
Warnings alone end it with 0, unless --strict is given.`;

export function checkCommand(finish: (code: ExitCode) => void): Command {
  return withTenants(withIstioNamespace(new Command("check")))
    .description("tell every problem in a directory of YAML: file, line, resource, field, reason")
    .argument("<directory>", "directory of YAML, with its folders")
    .option("--strict", "let warnings fail too", false)
    .option("--capture <file>", "have a declared protocol read the bytes in it, and show each message")
    .addOption(
      new Option("--direction <direction>", "with --capture: who sent them, a client or a server")
        .choices(["request", "response"])
        .default("request"),
    )
    .option("--protocol <name>", "with --capture: by which protocol (default: the only one that is declared)")
    .option("--attribute <name>", "with --capture: show this key of a map, too; may be repeated", collect, [])
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action(
      async (
        directory: string,
        { strict, output, capture, tenants, istioNamespace: rootNamespace, ...how }: Options,
      ) => {
        await requireDirectory(directory);
        if (capture !== undefined) {
          const { captureText, checkCapture, isWhole } = await import("./check-capture.js");
          const { protocol, direction, attribute } = how;
          const checked = await checkCapture(directory, { capture, protocol, direction, attribute });
          const { bytes, messages } = checked;
          const json = () => `${JSON.stringify({ bytes: bytes.length, messages }, undefined, 2)}\n`;
          process.stdout.write(output === "json" ? json() : captureText(checked));
          finish(!messages.every(isWhole) ? ExitCode.PROBLEMS : ExitCode.OK);
          return;
        }
        const options = { checkFilterConfig: await filterCheck(), rootNamespace };
        const translation =
          tenants === "none" ? await checkAll(directory, options) : await checkApart(directory, options);
        const errors = count(translation.problems, "error");
        const warnings = count(translation.problems, "warning");
        process.stdout.write(output === "json" ? toJson(translation) : toText(translation));
        finish(errors > 0 || (strict && warnings > 0) ? ExitCode.PROBLEMS : ExitCode.OK);
      },
    );
}

async function checkAll(directory: string, options: TranslatorOptions): Promise<Found> {
  const { check } = await import("../status/check.js");
  return await check(directory, options);
}

async function checkApart(directory: string, options: TranslatorOptions): Promise<Found> {
  const { checkTenants } = await import("../tenants/check-tenants.js");
  return await checkTenants(directory, options);
}

type Found = Pick<Translation, "problems" | "ignored">;

function collect(name: string, before: readonly string[]): readonly string[] {
  return [...before, name];
}

function toText({ problems, ignored }: Found): string {
  const errors = count(problems, "error");
  const warnings = count(problems, "warning");
  const lines = problems.map(formatProblem);
  const others = ignored.length === 0 ? "" : `; ${plural(ignored.length, "document")} of other kinds left out`;
  lines.push(`${plural(errors, "error")}, ${plural(warnings, "warning")}${others}`);
  return `${lines.join("\n")}\n`;
}

function toJson({ problems, ignored }: Found): string {
  const value = {
    errors: count(problems, "error"),
    warnings: count(problems, "warning"),
    problems: problems.map(problemToJson),
    ignored: ignored.map(({ place, reason }) => ({ file: place.file, line: place.line, reason })),
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function count(problems: readonly Problem[], severity: Problem["severity"]): number {
  return problems.filter((problem) => problem.severity === severity).length;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
