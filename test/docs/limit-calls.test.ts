import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN, ROOT, runToEnd } from "../cli/support/meltemi.js";

const page = readFileSync("docs/limit-calls.md", "utf8");
/** Files are shown where a line before them names them, in backquotes. */
const FILE = /^`([\w./-]+\.yaml)`:\n\n```yaml\n([\s\S]*?)^```$/gm;
const COMMAND = /^```console\n\$ (.*)\n([\s\S]*?)^```$/gm;

describe("docs/limit-calls.md", () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "meltemi-limit-"));
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

  /** Pieces of a route or of a VirtualService. */
  const pieces = [...page.matchAll(/^```yaml\n( {2}[\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

  it.each(pieces)("can be written in a VirtualService:\n%s", async (piece) => {
    const written = readFileSync(join(directory, "config/limits.yaml"), "utf8");
    writeFileSync(join(directory, "config/limits.yaml"), written.replace(/^ {2}localRateLimit: .*\n/m, piece));
    const { stdout } = await runToEnd(process.execPath, [join(ROOT, MAIN), "check", join(directory, "config")]);
    writeFileSync(join(directory, "config/limits.yaml"), written);
    expect(stdout).toBe("0 errors, 0 warnings\n");
  });
});
