import { Command } from "commander";
import { formatProblem, problemToJson } from "../status/format.js";
import type { Problem } from "../status/problem.js";
import type { Translation } from "../translate/translator.js";
import { EXIT_CODE_HELP, ExitCode } from "./exit-code.js";
import { filterCheck } from "./filter-check.js";
import { type Output, outputOption } from "./output-option.js";
import { requireDirectory } from "./require-directory.js";

interface Options {
  readonly strict: boolean;
  readonly output: Output;
}

const EXAMPLES = `
--output json prints one object:
  { "errors": 1, "warnings": 0,
    "problems": [ { "severity": "error" | "warning", "file", "line", "kind", "namespace", "name", "field", "reason" } ],
    "ignored": [ { "file", "line", "reason" } ] }
kind, namespace and name are null where a file cannot be read as resources.

Examples:
  meltemi check ./config
  meltemi check ./config --strict
  meltemi check ./config --output json | jq -r '.problems[].reason'
${EXIT_CODE_HELP}
Warnings alone end it with 0, unless --strict is given.`;

export function checkCommand(finish: (code: ExitCode) => void): Command {
  return new Command("check")
    .description("tell every problem in a directory of YAML: file, line, resource, field, reason")
    .argument("<directory>", "directory of YAML, with its folders")
    .option("--strict", "let warnings fail too", false)
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action(async (directory: string, { strict, output }: Options) => {
      await requireDirectory(directory);
      const { check } = await import("../status/check.js");
      const translation = await check(directory, { checkFilterConfig: await filterCheck() });
      const errors = count(translation.problems, "error");
      const warnings = count(translation.problems, "warning");
      process.stdout.write(output === "json" ? toJson(translation) : toText(translation));
      finish(errors > 0 || (strict && warnings > 0) ? ExitCode.PROBLEMS : ExitCode.OK);
    });
}

function toText({ problems, ignored }: Translation): string {
  const errors = count(problems, "error");
  const warnings = count(problems, "warning");
  const lines = problems.map(formatProblem);
  const others = ignored.length === 0 ? "" : `; ${plural(ignored.length, "document")} of other kinds left out`;
  lines.push(`${plural(errors, "error")}, ${plural(warnings, "warning")}${others}`);
  return `${lines.join("\n")}\n`;
}

function toJson({ problems, ignored }: Translation): string {
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
