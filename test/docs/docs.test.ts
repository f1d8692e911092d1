import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { destinationPolicySchema } from "../../adapter/resource/schema/destination-policy.js";
import type { JsonSchema } from "../../adapter/resource/schema/json-schema.js";
import { listenerPolicySchema } from "../../adapter/resource/schema/listener-policy.js";

const pages = [
  "README.md",
  "CHANGELOG.md",
  "test/cases/README.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

describe.each(pages)("%s", (page) => {
  it("links to what is there", () => {
    expect(links(page).filter((link) => !isThere(page, link))).toEqual([]);
  });
});

describe("docs/README.md", () => {
  it("links to every page and every decision", () => {
    const linked = new Set(links("docs/README.md").map((link) => target("docs/README.md", link).path));
    expect(pages.filter((page) => page.startsWith("docs/") && page !== "docs/README.md" && !linked.has(page))).toEqual(
      [],
    );
  });

  it("numbers the decisions without a gap", () => {
    const files = readdirSync("docs/decisions").sort();
    const titles = files.map((file) => /^# (\d+)\. /.exec(read(join("docs/decisions", file)))?.[1]);
    expect(files.map((file) => Number(file.slice(0, 4)))).toEqual(files.map((_, index) => index + 1));
    expect(titles).toEqual(files.map((_, index) => String(index + 1)));
  });
});

describe.each([
  ["listener-policy.md", listenerPolicySchema],
  ["destination-policy.md", destinationPolicySchema],
])("docs/reference/%s", (page, { properties }) => {
  const rows = new Map(
    [...read(`docs/reference/${page}`).matchAll(/^\| `(spec\.[^`]+)` \| (.*)$/gm)].map(([, field, row]) => [
      field,
      row,
    ]),
  );
  const fields = fieldsOf("spec", properties?.spec as JsonSchema);

  it("describes every field, and none that there is not", () => {
    expect(fields.length).toBeGreaterThan(5);
    expect([...rows.keys()].sort()).toEqual(fields.map(({ path }) => path).sort());
  });

  it.each(fields)("tells of $path what is allowed, and whether it is needed", ({ path, schema, needed }) => {
    const row = rows.get(path) ?? "";
    for (const bound of [schema.minimum, schema.maximum]) {
      if (bound !== undefined) expect(row).toContain(bound.toLocaleString("en"));
    }
    for (const value of schema.enum ?? []) expect(row).toContain(`\`${value}\``);
    expect(/\| needed \|/.test(row)).toBe(needed);
    const told = /Default: ([0-9]\S*)\.$/.exec(schema.description ?? "")?.[1];
    if (told !== undefined) expect(row.replaceAll(",", "")).toContain(told);
  });
});

it("docs/architecture.md names source files that there are", () => {
  const named = matches(read("docs/architecture.md"), /`([a-z0-9/-]+\.(?:ts|proto))`/g);
  const files = ["filter", "adapter", "protos", "test"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  expect(named.length).toBeGreaterThan(0);
  expect(unique(named).filter((name) => !files.some((file) => `/${file}`.endsWith(`/${name}`)))).toEqual([]);
});

it("docs/kubernetes.md describes every value of the Helm chart, and none that there is not", () => {
  const section = /^### Values of the Helm chart$.*?(?=^#)/ms.exec(read("docs/kubernetes.md"))?.[0] ?? "";
  const rows = matches(section, /^\| (`\w+`(?:, `\w+`)*) \|/gm);
  const values = Object.keys(parse(read("envoy-config/helm/meltemi/values.yaml")));
  expect(unique(rows.flatMap((row) => matches(row, /`(\w+)`/g)))).toEqual(unique(values));
});

describe("docs/reference/metrics.md", () => {
  const text = read("docs/reference/metrics.md");

  it("describes every metric, and none that there is not", () => {
    const sources = [
      ...["carried/routed", "count", "failure", "gauge", "policies/gate", "policies/outlier-counts", "series"].map(
        (name) => `filter/proxy/${name}.ts`,
      ),
      "adapter/server/metrics.ts",
    ];
    const exported = matches(sources.map(read).join("\n"), /"(meltemi_[a-z_]+)"/g);
    expect(exported.length).toBeGreaterThan(0);
    expect(unique(matches(text, /^\| `(meltemi_[a-z_]+)`/gm))).toEqual(unique(exported));
  });

  it("describes every other reason, state and kind", () => {
    const sources = read("filter/proxy/count.ts") + read("filter/proxy/gauge.ts");
    const labels = matches(sources, /(?:unanswered|dropped|ended|tunnels|kept)\(listener, "([a-z_]+)"\)/g);
    const reasons = matches(read("filter/proxy/failure.ts"), /asciiOf\("([a-z_]+)"\), \d+\);/g);
    expect(labels.length).toBeGreaterThan(20);
    expect(reasons.length).toBeGreaterThan(4);
    expect([...labels, ...reasons].filter((label) => !text.includes(`\`${label}\``))).toEqual([]);
  });

  it("describes every reply code and every reason to close, and none that there is not", () => {
    const labels = matches(read("filter/proxy/label.ts"), /return "([a-z0-9_]+)"/g);
    // The reasons of a codec by which nothing behind a message can be read.
    const unframed = ["attribute_too_long", "malformed", "not_this_protocol", "too_deep", "too_large"];
    expect(labels.length).toBeGreaterThan(0);
    const sections = /^`code` of .*?(?=^## )/ms.exec(text)?.[0] ?? "";
    expect(unique(matches(sections, /^\| `([a-z0-9_]+)`/gm))).toEqual(unique([...labels, ...unframed]));
  });
});

it("docs/follow-a-connection.md describes every event, and none that there is not", () => {
  const files = readdirSync("filter/proxy", { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const sources = files.map((name) => read(join("filter/proxy", name))).join("\n");
  const events = matches(sources, /(?:trace[A-Z]\w*|beginLine|introduce\w*)\([^;]*?"([a-z_]+)"/g);
  expect(events.length).toBeGreaterThan(20);
  const rows = matches(read("docs/follow-a-connection.md"), /^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|/gm);
  expect(unique(rows.flatMap((row) => matches(row, /`([a-z_]+)`/g)))).toEqual(unique(events));
});

it.each(["brpc", "dubbo", "tars", "thrift", "trpc"])(
  "docs/protocols/%s.md describes every reason to refuse a message",
  (protocol) => {
    const folder = `filter/codec/${protocol}`;
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const used = unique(matches(sources.map((name) => read(join(folder, name))).join("\n"), /\bReason\.([A-Z_]+)/g));
    const texts = new Map(
      [...read("filter/codec/reason.ts").matchAll(/case Reason\.([A-Z_]+):\s+return "([a-z_]+)"/g)].map(
        ([, name = "", text = ""]) => [name, text],
      ),
    );
    const reasons = used.filter((name) => name !== "NONE").map((name) => texts.get(name));
    const told = matches(read(`docs/protocols/${protocol}.md`), /^\| `([a-z_]+)` \|/gm);
    expect(reasons.length).toBeGreaterThan(0);
    expect(reasons.filter((reason) => reason === undefined || !told.includes(reason))).toEqual([]);
  },
);

interface Field {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly needed: boolean;
}

/** The fields of a map that can be written, and of the maps in it. */
function fieldsOf(path: string, { properties = {}, required = [] }: JsonSchema): readonly Field[] {
  return Object.entries(properties)
    .filter(([, schema]) => schema["x-meltemi-refused"] === undefined)
    .flatMap(([name, schema]) => [
      { path: `${path}.${name}`, schema, needed: required.includes(name) },
      ...fieldsOf(`${path}.${name}`, schema),
    ]);
}

function read(file: string): string {
  return readFileSync(file, "utf8");
}

function prose(page: string): string {
  return read(page).replaceAll(/^```.*?^```/gms, "");
}

function links(page: string): readonly string[] {
  return matches(prose(page), /\]\((?!https?:)([^)\s]+)\)/g);
}

function target(page: string, link: string): { readonly path: string; readonly anchor: string | undefined } {
  const [path = "", anchor] = link.split("#");
  return { path: path === "" ? page : normalize(join(dirname(page), path)), anchor };
}

function isThere(page: string, link: string): boolean {
  const { path, anchor } = target(page, link);
  return existsSync(path) && (anchor === undefined || anchors(path).includes(anchor));
}

/** As GitHub makes them of headings. */
function anchors(page: string): readonly string[] {
  return matches(prose(page), /^#+ (.*)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function matches(text: string, expression: RegExp): string[] {
  return [...text.matchAll(expression)].map(([, group]) => group as string);
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}
