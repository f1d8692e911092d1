import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN, ROOT, runToEnd } from "../cli/support/meltemi.js";

const page = readFileSync("docs/change-attributes.md", "utf8");
/** Files are shown where a line before them names them, in backquotes. */
const FILE = /^`([\w./-]+\.yaml)`:\n\n```yaml\n([\s\S]*?)^```$/gm;
const COMMAND = /^```console\n\$ (.*)\n([\s\S]*?)^```$/gm;

describe("docs/change-attributes.md", () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "meltemi-change-"));
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

  it("has a part of a route that can be written in the place of the last one", async () => {
    const [, part = ""] = /^```yaml\n( {2}headers:[\s\S]*?)^```$/m.exec(page) ?? [];
    expect(part).not.toBe("");
    const file = join(directory, "config/changes.yaml");
    const written = readFileSync(file, "utf8");
    const route = part.replaceAll(/^ {2}/gm, "    ");
    writeFileSync(file, written.replace(/( {2}- name: others\n)[\s\S]*$/, `$1${route}`));
    const { stdout } = await runToEnd(process.execPath, [join(ROOT, MAIN), "check", join(directory, "config")]);
    writeFileSync(file, written);
    expect(stdout).toBe("0 errors, 0 warnings\n");
  });
});
