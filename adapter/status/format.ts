import { formatResourceName, type Problem } from "./problem.js";

/** One line for people: `prod/reviews.yaml:12: error: VirtualService prod/reviews-route: spec.routes[0].name: must be a string`. */
export function formatProblem(problem: Problem): string {
  const parts: string[] = problem.file === "" ? [] : [`${problem.file}:${problem.line}`];
  parts.push(problem.severity);
  if (problem.resource !== undefined) parts.push(formatResourceName(problem.resource));
  if (problem.field !== "") parts.push(problem.field);
  parts.push(problem.reason);
  return parts.join(": ");
}

/** A problem as JSON lists it: every key is always there. */
export interface ProblemJson {
  readonly severity: "error" | "warning";
  readonly file: string;
  readonly line: number;
  readonly kind: string | null;
  readonly namespace: string | null;
  readonly name: string | null;
  readonly field: string;
  readonly reason: string;
}

export function problemToJson(problem: Problem): ProblemJson {
  const { severity, file, line, resource, field, reason } = problem;
  return {
    severity,
    file,
    line,
    kind: resource?.kind ?? null,
    namespace: resource?.namespace ?? null,
    name: resource?.name ?? null,
    field,
    reason,
  };
}
