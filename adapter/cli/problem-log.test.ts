import { expect, it } from "vitest";
import type { Logger } from "../log/logger.js";
import type { Problem } from "../status/problem.js";
import { ProblemLog } from "./problem-log.js";

it("logs what is new and what is solved, once", () => {
  const lines: string[] = [];
  const at = (level: string) => (text: string) => lines.push(`${level} ${text}`);
  const problems = new ProblemLog({ error: at("error"), warn: at("warn"), info: at("info") } as unknown as Logger);
  const bad: Problem = { severity: "error", resource: undefined, file: "a.yaml", line: 1, field: "", reason: "is bad" };
  const doubtful: Problem = { ...bad, severity: "warning", line: 2, reason: "is doubtful" };

  problems.update([bad, doubtful], ["listener x is left out"]);
  problems.update([bad, doubtful], ["listener x is left out"]);
  problems.update([doubtful], []);

  expect(lines).toEqual([
    "error a.yaml:1: error: is bad",
    "warn a.yaml:2: warning: is doubtful",
    "error listener x is left out",
    "info solved: a.yaml:1: error: is bad",
    "info solved: listener x is left out",
  ]);
});
