import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CommandOptions, shell } from "./command.js";

/** The commands of a page of documentation, as they stand in its blocks of `sh`, run one after the other. */
export class Page {
  readonly #commands: string[];
  #directory: string;

  constructor(
    file: string,
    directory: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    const blocks = [...readFileSync(file, "utf8").matchAll(/^```sh\n(.*?)^```$/gms)];
    this.#commands = blocks.flatMap(([, block]) => (block as string).trim().split("\n"));
    this.#directory = directory;
  }

  /** Those that were not run yet. */
  get left(): readonly string[] {
    return this.#commands;
  }

  /** Runs the page's next command, which has to begin like this; what it prints. */
  async run(beginning: string): Promise<string> {
    const line = this.#commands.shift() ?? "";
    if (!line.startsWith(beginning)) throw new Error(`the page's next command is "${line}", not "${beginning}…"`);
    if (line.startsWith("cd ")) {
      this.#directory = join(this.#directory, line.slice("cd ".length));
      return "";
    }
    return await this.shell(line);
  }

  /** Runs another command as if it stood in the page. */
  async shell(line: string, options: CommandOptions = {}): Promise<string> {
    return await shell(line, { cwd: this.#directory, env: this.env, ...options });
  }
}
