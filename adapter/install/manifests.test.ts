import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { chartFiles } from "./chart-files.js";
import { buildCrds } from "./crds.js";
import { printManifests } from "./manifests.js";
import type { InstallOptions } from "./options.js";

const ROOT = join(import.meta.dirname, "../..");

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-validations"?: readonly { readonly message?: string; readonly messageExpression?: string }[];
}

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly version: string };
const adapter = { image: `ghcr.io/meltemi/adapter:${version}`, listen: [] };

/** `npx vitest run --project unit adapter/install --update` writes the files anew; the difference is to be reviewed. */
it("are in envoy-config for who does not run the command", async () => {
  await expect(printManifests({ namespaces: [], adapter })).toMatchFileSnapshot(
    join(ROOT, "envoy-config/kubernetes/install.yaml"),
  );
});

describe("the Helm chart", () => {
  const chart = join(ROOT, "envoy-config/helm/meltemi");

  it.each(Object.entries(chartFiles()))("has %s of here", async (name, text) => {
    await expect(text).toMatchFileSnapshot(join(chart, "files", name));
  });

  it("has the version of the package", () => {
    const { version: own, appVersion } = parse(readFileSync(join(chart, "Chart.yaml"), "utf8"));
    expect({ own, appVersion }).toEqual({ own: version, appVersion: version });
  });
});

it("have nothing of Istio's namespace but the right to write EnvoyFilters there, and that only when asked for", () => {
  const before = new Set(objects({ namespaces: [] }));
  const added = objects({ namespaces: [], istioNamespace: "istio" }).filter((one) => !before.has(one));
  expect(added.map((one) => /^kind: (.*)$/m.exec(one)?.[1])).toEqual(["Role", "RoleBinding"]);
  expect(added.join("")).toContain("envoyfilters");
  expect(added.every((one) => one.includes("namespace: istio\n"))).toBe(true);
});

it("give no right outside of the namespaces that are read, where not all of them are", () => {
  const printed = objects({ namespaces: ["a", "b"] }).join("");
  expect(printed).not.toContain("ClusterRoleBinding");
  expect(printed.match(/name: meltemi-resources\n {2}namespace: \w+/g)).toHaveLength(2);
});

it("keep tenants apart when asked to", () => {
  const args = (tenants: boolean) => objects({ namespaces: [], adapter: { ...adapter, tenants } }).join("");
  expect(args(true)).toContain("--tenants=namespace");
  expect(args(false)).not.toContain("--tenants");
});

function objects(options: InstallOptions): readonly string[] {
  return printManifests(options).split("---\n");
}

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

describe.each((buildCrds() as readonly Crd[]).map(({ spec }) => [spec.names.kind, spec] as const))("%s", (_, spec) => {
  const schema = spec.versions[0]?.schema.openAPIV3Schema as Schema;
  const fields = fieldsOf("", schema);

  it("has a type and a description for every field, and one field at most that is let through", () => {
    expect(schema.description).toMatch(/\.$/);
    expect(fields.length).toBeGreaterThan(8);
    expect(fields.filter(([path, { description }]) => path !== ".spec" && !description)).toEqual([]);
    const isOpen = (field: Schema) => field["x-kubernetes-preserve-unknown-fields"] && field.properties === undefined;
    const open = fields.filter(([, field]) => isOpen(field)).map(([path]) => path);
    expect(open).toEqual(spec.names.kind === "VirtualService" ? [".spec.routes.match.attributes"] : []);
    expect(fields.filter(([path, { type }]) => type === undefined && !open.includes(path))).toEqual([]);
  });

  it("says for every rule what to write instead", () => {
    const rules = fields.flatMap(([, field]) => field["x-kubernetes-validations"] ?? []);
    expect(rules.length).toBeGreaterThan(0);
    expect(rules.filter(({ message, messageExpression }) => !message && !messageExpression)).toEqual([]);
  });
});

function fieldsOf(path: string, { properties = {}, items }: Schema): readonly (readonly [string, Schema])[] {
  return [
    ...Object.entries(properties).flatMap(([name, schema]) => [
      [`${path}.${name}`, schema] as const,
      ...fieldsOf(`${path}.${name}`, schema),
    ]),
    ...(items === undefined ? [] : fieldsOf(path, items)),
  ];
}
