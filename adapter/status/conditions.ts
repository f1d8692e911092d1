import type { Problem } from "./problem.js";

/** One of Kubernetes' conditions, without the time, which depends on what was there before. */
export interface Condition {
  readonly type: "Accepted" | "ResolvedRefs" | "Programmed" | "Conflicted";
  readonly status: "True" | "False" | "Unknown";
  readonly observedGeneration: number;
  readonly reason: string;
  readonly message: string;
}

/** How far a resource has come, of the nodes that are connected. */
export interface Progress {
  readonly nodes: number;
  readonly having: number;
  /** What one of the others says, if it refuses. */
  readonly refusal: string | undefined;
}

/** Kubernetes' own bound. */
const MAX_MESSAGE_LENGTH = 32_768;

/** What became of a resource, from all problems that it has. */
export function conditionsOf(
  problems: readonly Problem[],
  progress: Progress,
  generation: number,
): readonly Condition[] {
  const errors = problems.filter(({ severity }) => severity === "error");
  const warnings = problems.filter(({ severity }) => severity === "warning");
  const missing = errors.filter(({ cause }) => cause === "reference");
  const conflicts = errors.filter(({ cause }) => cause === "conflict");
  const invalid = errors.filter(({ cause }) => cause === undefined);
  const make = (type: Condition["type"], status: Condition["status"], reason: string, message: string): Condition =>
    conditionOf(type, status, reason, message, generation);
  const accepted =
    invalid.length > 0
      ? make("Accepted", "False", "Invalid", describe([...invalid, ...conflicts]))
      : conflicts.length > 0
        ? make("Accepted", "False", "Conflict", describe(conflicts))
        : make("Accepted", "True", "Accepted", describe(warnings));
  const resolved =
    missing.length > 0
      ? make("ResolvedRefs", "False", "RefNotFound", describe(missing))
      : make("ResolvedRefs", "True", "ResolvedRefs", "");
  const reached =
    invalid.length + missing.length > 0
      ? make("Programmed", "False", "NotInForce", "this generation is not in force: see the other conditions")
      : programmed(progress, generation);
  return [accepted, resolved, reached];
}

/** How far a resource that is in force has come. */
export function programmed({ nodes, having, refusal }: Progress, generation: number): Condition {
  const make = (status: Condition["status"], reason: string, message: string) =>
    conditionOf("Programmed", status, reason, message, generation);
  if (nodes === 0) return make("Unknown", "NoEnvoy", "no Envoy is connected");
  // Without a number: Envoys come and go, and nothing has changed then.
  if (having === nodes) return make("True", "Programmed", "all Envoys have it");
  const share = `${having} of ${nodes} Envoys have it`;
  return refusal === undefined ? make("False", "Pending", share) : make("False", "Refused", `${share}; ${refusal}`);
}

function conditionOf(
  type: Condition["type"],
  status: Condition["status"],
  reason: string,
  message: string,
  observedGeneration: number,
): Condition {
  return { type, status, observedGeneration, reason, message: message.slice(0, MAX_MESSAGE_LENGTH) };
}

function describe(problems: readonly Problem[]): string {
  return problems.map(({ field, reason }) => (field === "" ? reason : `${field}: ${reason}`)).join("; ");
}
