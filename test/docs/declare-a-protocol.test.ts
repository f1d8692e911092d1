import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applicationProtocolSchema } from "../../adapter/resource/schema/application-protocol.js";
import type { JsonSchema } from "../../adapter/resource/schema/json-schema.js";
import { MAIN, ROOT, runToEnd } from "../cli/support/meltemi.js";

const page = readFileSync("docs/declare-a-protocol.md", "utf8");
/** Files are shown where a line before them names them, in backquotes. */
const FILE = /`([\w./-]+\.(?:yaml|hex))`\)?:\n\n```(?:yaml|hex)\n([\s\S]*?)^```$/gm;
const COMMAND = /^```console\n\$ (.*)\n([\s\S]*?)^```$/gm;

describe("docs/declare-a-protocol.md", () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "meltemi-declare-"));
    mkdirSync(join(directory, "config"));
    const files = [...page.matchAll(FILE)];
    expect(files.map(([, name]) => name)).toEqual([
      "config/orders.yaml",
      "call.hex",
      "answers.hex",
      "bad.hex",
      "config/routes.yaml",
    ]);
    for (const [, name = "", text = ""] of files) writeFileSync(join(directory, name), text);
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  it.each([...page.matchAll(COMMAND)].map(([, command = "", output = ""]) => [command, output]))(
    "$ %s",
    async (command, output) => {
      const whole = command.replace(/^meltemi/, `"${process.execPath}" "${join(ROOT, MAIN)}"`);
      const { stdout } = await runToEnd("sh", ["-c", `cd "${directory}" && ${whole.replace(/\| jq .*$/, "")}`]);
      if (!command.includes("| jq")) expect(stdout).toBe(output);
      else expect(stdout).toContain(`"name": "${output.trim()}"`);
    },
  );
});

it("docs/reference/application-protocol.md names every field, and every value that a field may have", () => {
  const reference = readFileSync("docs/reference/application-protocol.md", "utf8");
  const names = new Set(namesIn(applicationProtocolSchema.properties?.spec as JsonSchema));
  expect(names.size).toBeGreaterThan(50);
  expect([...names].filter((name) => !reference.includes(`\`${name}\``))).toEqual([]);
});

function namesIn({ properties = {}, items, enum: values = [] }: JsonSchema): readonly string[] {
  const within = Object.entries(properties).flatMap(([name, schema]) => [name, ...namesIn(schema)]);
  return [...within, ...values, ...(items === undefined ? [] : namesIn(items))];
}
