import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkFilterConfig } from "../../adapter/evaluate/check-filter-config.js";
import { loadFilter } from "../../adapter/evaluate/filter-vm.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { formatProblem } from "../../adapter/status/format.js";
import { Translator } from "../../adapter/translate/translator.js";

const here = import.meta.dirname;
const filter = loadFilter(readFileSync(join(here, "../../dist/meltemi.wasm")));

/** With the filter itself as the judge: the .wasm that Envoy runs. */
function problemsOf(text: string): readonly string[] {
  const translator = new Translator({
    checkFilterConfig: (protocol, config) => checkFilterConfig(filter, protocol, config),
  });
  return translator.translate(parseFile(text, "input.yaml", recognise)).problems.map(formatProblem);
}

const cases = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test.each(cases)("the filter takes all that translation makes: %s", (name) => {
  const lines = problemsOf(readFileSync(join(here, name, "input.yaml"), "utf8"));
  const golden = readFileSync(join(here, name, "__golden__/problems.txt"), "utf8");
  expect(lines.map((line) => `${line}\n`).join("")).toBe(golden);
});

test("the examples of the reference are good", () => {
  const reference = readFileSync(join(here, "../../docs/reference/virtual-service.md"), "utf8");
  const blocks = [...reference.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = ""]) => yaml);
  const resources = blocks.filter((yaml) => yaml.startsWith("apiVersion"));
  expect(resources.length).toBeGreaterThan(1);
  expect(problemsOf(resources.join("---\n"))).toEqual([]);
  // The others are parts of the first one, which has one route for every call.
  const [example = ""] = resources;
  const upToRoutes = example.slice(0, example.indexOf("  routes:"));
  const services = resources.slice(1).join("---\n");
  const routes = blocks.filter((yaml) => yaml.startsWith("  routes:"));
  const matches = blocks.filter((yaml) => /^ {4}(match:|- attributes:)/.test(yaml));
  expect([routes.length, matches.length]).toEqual([1, 2]);
  for (const yaml of routes) expect(problemsOf(`${upToRoutes}${yaml}---\n${services}`)).toEqual([]);
  for (const yaml of matches) {
    const match = yaml.startsWith("    match:") ? yaml : `    match:\n${yaml}`;
    const route = `  routes:\n  - name: one\n${match}    route: [ { destination: { host: reviews } } ]\n`;
    expect(problemsOf(`${upToRoutes}${route}---\n${services}`)).toEqual([]);
  }
});

test.each(["listener-policy.md", "destination-policy.md"])("the examples of %s are good", (page) => {
  const examples = (name: string) => {
    const text = readFileSync(join(here, "../../docs/reference", name), "utf8");
    return [...text.matchAll(/^```yaml\n(apiVersion: .*?)^```$/gms)].map(([, yaml = ""]) => yaml);
  };
  const policies = examples(page);
  expect(policies.length).toBeGreaterThan(1);
  const services = examples("virtual-service.md").slice(1);
  // Another port, for the second listener.
  const ports = services.map((yaml) => yaml.replace("ports: [ {", "ports: [ { number: 20890, name: dubbo-books }, {"));
  const [, , , , planes = ""] = examples("mesh-policy.md");
  expect(planes).toContain("planes:");
  expect(problemsOf([...ports, ...policies, planes].join("---\n"))).toEqual([]);
});

describe("what only the filter knows is told by field and line", () => {
  const service = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: a }
spec:
  hosts: [ a.default.svc.cluster.local ]
  ports: [ { number: 1, name: dubbo } ]
  resolution: STATIC
  endpoints: [ { address: 10.0.0.1 } ]
`;
  const virtualService = (name: string, attributes: string) => `---
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: ${name} }
spec:
  hosts: [ com.example.${name} ]
  routes:
  - match:
    - attributes: ${attributes}
    route: [ { destination: { host: a } } ]
`;

  test("an expression that does not compile", () => {
    const good = virtualService("good", "{ user: { regex: 'j.*' } }");
    const bad = virtualService("bad", "{ method: { exact: a }, user: { regex: 'j(' } }");
    expect(problemsOf(service + good + bad)).toEqual([
      expect.stringMatching(
        /^input\.yaml:28: error: VirtualService default\/bad: spec\.routes\[0\]\.match\[0\]\.attributes\.user: missing closing/,
      ),
    ]);
  });

  test("an attribute that cannot be changed", () => {
    const headers = "headers: { request: { set: { method: get } } }";
    const [bad = ""] = virtualService("bad", "{ user: { exact: jason } }").split("\n    route:");
    const lines = problemsOf(`${service}${bad}\n    route: [ { destination: { host: a }, ${headers} } ]\n`);
    expect(lines).toEqual([
      expect.stringMatching(
        /VirtualService default\/bad: spec\.routes\[0\]\.route\[0\]\.headers\.request: messages of this protocol have no place for it/,
      ),
    ]);
    const redis = service.replace("name: dubbo", "name: redis").replace("default.svc", "redis.svc");
    const store = `---
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: store }
spec:
  hosts: [ "*" ]
  protocol: redis
  routes: [ { headers: { response: { set: { user: a } } }, route: [ { destination: { host: a.redis.svc.cluster.local } } ] } ]
`;
    expect(problemsOf(redis + store)).toEqual([
      expect.stringMatching(/VirtualService default\/store: spec\.routes\[0\]\.headers\.response: messages of this/),
    ]);
  });

  test("more attributes than a table has room for", () => {
    const attributes = (from: number) =>
      `{ ${Array.from({ length: 40 }, (_, index) => `a${from + index}: { present: true }`).join(", ")} }`;
    const lines = problemsOf(
      service + virtualService("first", attributes(0)) + virtualService("second", attributes(40)),
    );
    expect(lines).toEqual([
      expect.stringMatching(/VirtualService default\/second: spec\.routes\[0\]\.match\[0\]\.attributes\.a64: .*64/),
    ]);
  });
});
