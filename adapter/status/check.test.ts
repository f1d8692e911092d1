import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { check } from "./check.js";
import { formatProblem } from "./format.js";

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "meltemi-check-"));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("everything that is wrong with a directory, by file and line", async () => {
  const entry = "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: { name: a }\n";
  writeFileSync(join(directory, "c.yaml"), "apiVersion: apps/v1\nkind: Deployment\n");
  writeFileSync(join(directory, "b.yaml"), "kind: [\n");
  writeFileSync(
    join(directory, "a.yaml"),
    `${entry}spec:\n  host: [ a ]\n  ports: [ { number: 1, name: dubbo } ]\n  resolution: DNS\n`,
  );
  const { problems, ignored, mesh } = await check(directory);
  expect(problems.map(formatProblem)).toEqual([
    "a.yaml:4: error: ServiceEntry default/a: spec: hosts is needed here",
    "a.yaml:5: error: ServiceEntry default/a: spec.host: unknown field; did you mean hosts?",
    expect.stringMatching(/^b\.yaml:2: error: malformed YAML: /),
  ]);
  expect(ignored).toMatchObject([{ place: { file: "c.yaml", line: 1 } }]);
  expect(mesh).toEqual({ services: [], listeners: [] });
});
