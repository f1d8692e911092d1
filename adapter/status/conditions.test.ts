import { describe, expect, it } from "vitest";
import { conditionsOf, type Progress } from "./conditions.js";
import type { Problem } from "./problem.js";

const problem = (reason: string, more: Partial<Problem> = {}): Problem => ({
  severity: "error",
  resource: { kind: "VirtualService", namespace: "prod", name: "a" },
  file: "",
  line: 1,
  field: "spec.routes[0]",
  reason,
  ...more,
});

const ALL: Progress = { nodes: 3, having: 3, refusal: undefined };

function told(problems: readonly Problem[], progress: Progress = ALL) {
  const conditions = conditionsOf(problems, progress, 7);
  expect(conditions.map(({ observedGeneration }) => observedGeneration)).toEqual([7, 7, 7]);
  return Object.fromEntries(conditions.map(({ type, status, reason, message }) => [type, [status, reason, message]]));
}

describe("conditions of a resource", () => {
  it("without a problem", () => {
    expect(told([])).toEqual({
      Accepted: ["True", "Accepted", ""],
      ResolvedRefs: ["True", "ResolvedRefs", ""],
      Programmed: ["True", "Programmed", "all Envoys have it"],
    });
  });

  it("with a warning", () => {
    const warning = problem("never taken", { severity: "warning" });
    expect(told([warning]).Accepted).toEqual(["True", "Accepted", "spec.routes[0]: never taken"]);
  });

  it("that is wrong in itself", () => {
    const { Accepted, ResolvedRefs, Programmed } = told([problem("bad"), problem("twice", { field: "" })]);
    expect(Accepted).toEqual(["False", "Invalid", "spec.routes[0]: bad; twice"]);
    expect(ResolvedRefs?.[0]).toBe("True");
    expect(Programmed?.slice(0, 2)).toEqual(["False", "NotInForce"]);
  });

  it("that names what there is not", () => {
    const { Accepted, ResolvedRefs, Programmed } = told([problem("no host", { cause: "reference" })]);
    expect(Accepted?.[0]).toBe("True");
    expect(ResolvedRefs).toEqual(["False", "RefNotFound", "spec.routes[0]: no host"]);
    expect(Programmed?.slice(0, 2)).toEqual(["False", "NotInForce"]);
  });

  it("that comes after another one: the rest of it is in force", () => {
    const { Accepted, Programmed } = told([problem("left out", { cause: "conflict" })]);
    expect(Accepted).toEqual(["False", "Conflict", "spec.routes[0]: left out"]);
    expect(Programmed?.[0]).toBe("True");
  });

  it("on its way to the Envoys", () => {
    expect(told([], { nodes: 3, having: 2, refusal: undefined }).Programmed).toEqual([
      "False",
      "Pending",
      "2 of 3 Envoys have it",
    ]);
    expect(told([], { nodes: 3, having: 2, refusal: "c refuses it" }).Programmed).toEqual([
      "False",
      "Refused",
      "2 of 3 Envoys have it; c refuses it",
    ]);
    expect(told([], { nodes: 0, having: 0, refusal: undefined }).Programmed?.slice(0, 2)).toEqual([
      "Unknown",
      "NoEnvoy",
    ]);
  });
});
