import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN, ROOT, runToEnd } from "../cli/support/meltemi.js";

const page = readFileSync("docs/break-circuits.md", "utf8");
/** Files are shown where a line before them names them, in backquotes. */
const FILE = /^`([\w./-]+\.yaml)`:\n\n```yaml\n([\s\S]*?)^```$/gm;
const COMMAND = /^```console\n\$ (.*)\n([\s\S]*?)^```$/gm;

describe("docs/break-circuits.md", () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "meltemi-break-"));
    mkdirSync(join(directory, "config"));
    for (const [, name = "", text = ""] of page.matchAll(FILE)) writeFileSync(join(directory, name), text);
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  const commands = [...page.matchAll(COMMAND)].map(([, command = "", output = ""]) => [command, output] as const);

  it.each(commands)("$ %s", async (command, output) => {
    const whole = command.replace(/^meltemi/, `"${process.execPath}" "${join(ROOT, MAIN)}"`);
    const { stdout } = await runToEnd("sh", ["-c", `cd "${directory}" && ${whole}`]);
    expect(stdout).toBe(output);
  });
});
