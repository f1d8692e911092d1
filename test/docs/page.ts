import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MAIN, ROOT, runToEnd } from "../cli/support/meltemi.js";

/** Files are shown where a line before them names them, in backquotes. */
const FILE = /^`([\w./-]+\.yaml)`:\n\n```yaml\n([\s\S]*?)^```$/gm;
const COMMAND = /^```console\n\$ (.*)\n([\s\S]*?)^```$/gm;

/** A page of the documentation, whose files are in a directory as long as the tests of the suite run. */
export class Page {
  readonly text: string;
  #directory = "";

  constructor(name: string) {
    this.text = readFileSync(`docs/${name}`, "utf8");
  }

  /** Each command of the page prints what the page says: where the page's files are, or in another directory. */
  describeCommands(directory?: string): void {
    beforeAll(() => {
      this.#directory = mkdtempSync(join(tmpdir(), "meltemi-docs-"));
      for (const [, name = "", text = ""] of this.text.matchAll(FILE)) {
        mkdirSync(dirname(this.path(name)), { recursive: true });
        writeFileSync(this.path(name), text);
      }
    });
    afterAll(() => rmSync(this.#directory, { recursive: true }));
    const commands = [...this.text.matchAll(COMMAND)].map(
      ([, command = "", output = ""]) => [command, output] as const,
    );
    expect(commands).not.toHaveLength(0);
    it.each(commands)("$ %s", async (command, output) => {
      const whole = command.replace(/^meltemi/, `"${process.execPath}" "${join(ROOT, MAIN)}"`);
      const { stdout } = await runToEnd("sh", ["-c", `cd "${directory ?? this.#directory}" && ${whole}`]);
      expect(stdout).toBe(output);
    });
  }

  /** What `meltemi check` says where one of the page's files is another one. */
  async checkWith(name: string, change: (text: string) => string): Promise<string> {
    const written = readFileSync(this.path(name), "utf8");
    const changed = change(written);
    expect(changed).not.toBe(written);
    writeFileSync(this.path(name), changed);
    const { stdout } = await runToEnd(process.execPath, [join(ROOT, MAIN), "check", this.path(dirname(name))]);
    writeFileSync(this.path(name), written);
    return stdout;
  }

  private path(name: string): string {
    return join(this.#directory, name);
  }
}
