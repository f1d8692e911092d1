import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { meltemi } from "./support/meltemi.js";

const SERVICE = `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: s, namespace: n }
spec:
  hosts: [s.example]
  ports: [{ number: 20880, name: dubbo, protocol: TCP }]
  resolution: STATIC
  endpoints: [{ address: 127.0.0.1 }]
`;

const route = (spec: string) => `apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: v, namespace: n }
spec:
  hosts: [demo.S]
  protocol: dubbo
  routes:
${spec}
`;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "meltemi-check-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

describe("meltemi check", () => {
  it("finds nothing wrong with the demo", async () => {
    const { status, stdout } = await meltemi("check", "envoy-config/demo", "--strict");
    expect(stdout).toBe("0 errors, 0 warnings\n");
    expect(status).toBe(0);
  });

  it("tells file, line, resource, field and reason, and fails", async () => {
    writeFileSync(join(directory, "service.yaml"), SERVICE);
    writeFileSync(
      join(directory, "route.yaml"),
      route("    - route:\n        - destination: { host: s.exampel, port: { number: 20880 } }"),
    );
    const { status, stdout } = await meltemi("check", directory);
    expect(stdout).toMatch(
      /^route\.yaml:9: error: VirtualService n\/v: spec\.routes\[0\]\.route\[0\]\.destination\.host: .*s\.exampel/,
    );
    expect(stdout).toMatch(/1 error, 0 warnings\n$/);
    expect(status).toBe(1);
  });

  it("asks the filter itself about regular expressions", async () => {
    writeFileSync(join(directory, "service.yaml"), SERVICE);
    writeFileSync(
      join(directory, "route.yaml"),
      route(`    - match: [{ attributes: { user: { regex: "a(b" } } }]
      route:
        - destination: { host: s.example, port: { number: 20880 } }`),
    );
    const { status, stdout } = await meltemi("check", directory, "--output", "json");
    const { errors, problems } = JSON.parse(stdout);
    expect(errors).toBe(1);
    expect(problems).toMatchObject([
      { severity: "error", file: "route.yaml", line: 8, kind: "VirtualService", namespace: "n", name: "v" },
    ]);
    expect(problems[0].field).toMatch(/^spec\.routes\[0\]\.match\[0\]\.attributes/);
    expect(status).toBe(1);
  });

  it("lets warnings pass, unless it is strict", async () => {
    writeFileSync(join(directory, "service.yaml"), SERVICE);
    const all = "    - route: [{ destination: { host: s.example, port: { number: 20880 } } }]";
    writeFileSync(join(directory, "route.yaml"), route(`${all}\n${all}`));
    const lenient = await meltemi("check", directory, "--output", "json");
    expect(JSON.parse(lenient.stdout)).toMatchObject({ errors: 0, warnings: 1, problems: [{ severity: "warning" }] });
    expect(lenient.status).toBe(0);
    expect((await meltemi("check", directory, "--strict")).status).toBe(1);
  });

  it("names malformed YAML by line, with null for the resource", async () => {
    writeFileSync(join(directory, "bad.yaml"), "a: 1\nb: [1,\n");
    const { status, stdout } = await meltemi("check", directory, "--output", "json");
    expect(JSON.parse(stdout)).toMatchObject({ errors: 1, problems: [{ file: "bad.yaml", kind: null, name: null }] });
    expect(status).toBe(1);
  });

  it("says which documents are none of ours", async () => {
    writeFileSync(join(directory, "other.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\n");
    const { status, stdout } = await meltemi("check", directory);
    expect(stdout).toBe("0 errors, 0 warnings; 1 document of other kinds left out\n");
    expect(status).toBe(0);
  });
});
