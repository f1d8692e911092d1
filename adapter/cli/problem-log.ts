import type { Logger } from "../log/logger.js";
import { formatProblem } from "../status/format.js";
import type { Problem } from "../status/problem.js";

/** Logs each problem of the configuration when it appears and when it is gone, and not each time the directory is read. */
export class ProblemLog {
  #known: ReadonlyMap<string, "error" | "warning"> = new Map();

  constructor(private readonly log: Logger) {}

  /** Takes all problems there are now: those of resources, and those of serving what they say. */
  update(problems: readonly Problem[], serving: readonly string[]): void {
    const now = new Map<string, "error" | "warning">(
      problems.map((problem) => [formatProblem(problem), problem.severity] as const),
    );
    for (const text of serving) now.set(text, "error");
    for (const [text, severity] of now) {
      if (!this.#known.has(text)) this.log[severity === "error" ? "error" : "warn"](text);
    }
    for (const text of this.#known.keys()) if (!now.has(text)) this.log.info(`solved: ${text}`);
    this.#known = now;
  }
}
