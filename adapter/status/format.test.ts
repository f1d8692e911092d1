import { expect, test } from "vitest";
import { formatFieldPath } from "./field-path.js";
import { formatProblem, problemToJson } from "./format.js";
import { type Problem, sortProblems } from "./problem.js";

const problem: Problem = {
  severity: "error",
  resource: { kind: "VirtualService", namespace: "prod", name: "reviews" },
  file: "prod/reviews.yaml",
  line: 12,
  field: "spec.hosts",
  reason: "is empty",
};

const ofFile: Problem = { ...problem, resource: undefined, field: "", line: 3 };

test("one line for people", () => {
  expect(formatProblem(problem)).toBe("prod/reviews.yaml:12: error: VirtualService prod/reviews: spec.hosts: is empty");
  expect(formatProblem(ofFile)).toBe("prod/reviews.yaml:3: error: is empty");
  expect(formatProblem({ ...ofFile, file: "" })).toBe("error: is empty");
});

test("JSON with every key", () => {
  expect(problemToJson(ofFile)).toEqual({
    severity: "error",
    file: "prod/reviews.yaml",
    line: 3,
    kind: null,
    namespace: null,
    name: null,
    field: "",
    reason: "is empty",
  });
});

test("sorted by file, then line as a number, then field", () => {
  const b10 = { ...problem, file: "b", line: 10 };
  const b9 = { ...problem, file: "b", line: 9 };
  const first = { ...b9, field: "a" };
  expect(sortProblems([b10, b9, problem, first])).toEqual([first, b9, b10, problem]);
});

test.each([
  [[], ""],
  [["spec", "routes", 0, "match", 0, "attributes", "user"], "spec.routes[0].match[0].attributes.user"],
  [["metadata", "labels", "app.kubernetes.io/name"], 'metadata.labels["app.kubernetes.io/name"]'],
  [["attributes", ""], 'attributes[""]'],
  [["attributes", "x-user"], "attributes.x-user"],
])("the path %j is %s", (path, expected) => {
  expect(formatFieldPath(path)).toBe(expected);
});
