import { describe, expect, it } from "vitest";
import {
  ALL,
  formatReport,
  formatReports,
  keyOf,
  parseReport,
  parseReports,
  type RolloutReport,
  sumReports,
} from "./rollout-report.js";

function report(more: Partial<RolloutReport>): RolloutReport {
  return { nodes: [[]], resources: new Map(), more: false, refusal: undefined, ...more };
}

const [a, b, c] = ["a", "b", "c"].map(keyOf) as [string, string, string];
const [old, young] = ["old", "young"].map(keyOf) as [string, string];

describe("the sum of all replicas", () => {
  it("counts the nodes of all", () => {
    const having = report({ nodes: [[a, b]], resources: new Map([[old, 0]]) });
    const lacking = report({ nodes: [[c], []], resources: new Map([[old, 1]]) });
    expect(sumReports([having, lacking])(old)).toEqual({ nodes: 3, having: 2, refusal: undefined });
    expect(sumReports([having])(old)).toEqual({ nodes: 2, having: 2, refusal: undefined });
    expect(sumReports([])(old)).toEqual({ nodes: 0, having: 0, refusal: undefined });
  });

  it("counts a node once that several replicas have, and as one that has what it has from all of them", () => {
    const first = report({ nodes: [[a], [b]], resources: new Map([[old, 1]]) });
    const second = report({ nodes: [[a, b]], resources: new Map([[old, 0]]) });
    expect(sumReports([first, second])(old)).toMatchObject({ nodes: 2, having: 1 });
    expect(sumReports([second, second])(old)).toMatchObject({ nodes: 2, having: 2 });
  });

  it("takes what a replica does not know yet as had by none of its nodes, whatever they refused before", () => {
    const first = report({ nodes: [[a]], resources: new Map([[young, 0]]) });
    const refusal = { group: 0, text: "b refuses it" };
    const second = report({ nodes: [[b]], resources: new Map([[old, 0]]), refusal });
    expect(sumReports([first, second])(young)).toEqual({ nodes: 2, having: 1, refusal: undefined });
  });

  it("tells a refusal of a node that lacks it, and no other", () => {
    const resources = new Map([
      [old, 1],
      [young, 2],
    ]);
    const first = report({ nodes: [[a]], resources: new Map([...resources.keys()].map((key) => [key, 0])) });
    const second = report({ nodes: [[b], [c]], resources, refusal: { group: 1, text: "c refuses it" } });
    expect(sumReports([first, second])(old)).toEqual({ nodes: 3, having: 2, refusal: undefined });
    expect(sumReports([first, second])(young)).toEqual({ nodes: 3, having: 1, refusal: "c refuses it" });
  });
});

describe("a report as text", () => {
  const full = report({
    nodes: [[a, b].sort(), [c]],
    resources: new Map([
      [old, 0],
      [young, 2],
    ]),
    refusal: { group: 0, text: "a refuses it" },
  });

  it("is what it was", () => {
    const read = parseReport(formatReport(full));
    expect({ ...read, resources: new Map([...(read?.resources ?? [])].sort()) }).toEqual({
      ...full,
      resources: new Map([...full.resources].sort()),
    });
    expect(parseReport(formatReport(report({})))).toEqual(report({}));
  });

  it("is the same in whatever order they came", () => {
    const other = { ...full, nodes: [[b, a].sort().reverse(), [c]], resources: new Map([...full.resources].reverse()) };
    expect(formatReport(other)).toBe(formatReport(full));
  });

  it("has a limit, above which nodes are numbers and what all of them have is left out", () => {
    const keys = (prefix: string, length: number) => Array.from({ length }, (_, nth) => keyOf(`${prefix}${nth}`));
    const had = keys("had", 12_000);
    const resources = new Map([...had.map((key) => [key, 0] as const), [young, 1] as const]);
    const refusal = { group: 0, text: "x".repeat(50_000) };
    const text = formatReport(report({ nodes: [keys("a", 5_000), keys("b", 1_000)], resources, refusal }));
    expect(Buffer.byteLength(text)).toBeLessThan(100_000);
    const read = parseReport(text) as RolloutReport;
    expect(read.nodes).toEqual([5_000, 1_000]);
    const sum = sumReports([read, report({ nodes: [[a]], resources })]);
    for (const key of had) expect(sum(key)).toMatchObject({ nodes: 6_001, having: 6_001 });
    expect(sum(young)).toEqual({ nodes: 6_001, having: 1_000, refusal: "x".repeat(1_024) });
  });

  it.each(["", "null", "1", "{}", '{"nodes":[{}],"resources":[]}', '{"nodes":[1],"resources":[1]}'])(
    "that is none is left out: %s",
    (text) => expect(parseReport(text)).toBeUndefined(),
  );
});

describe("reports of tenants", () => {
  const own = report({ nodes: [[keyOf("n")]], resources: new Map([[keyOf("r"), 1]]) });

  it("are what they were, each by itself", () => {
    const reports = new Map([
      ["bar", report({})],
      ["foo", own],
    ]);
    expect(parseReports(formatReports(reports))).toEqual(reports);
    expect(formatReports(new Map([...reports].reverse()))).toBe(formatReports(reports));
  });

  it("are one report where there are no tenants, as other versions write it", () => {
    expect(formatReports(new Map([[ALL, own]]))).toBe(formatReport(own));
    expect(parseReports(formatReport(own))).toEqual(new Map([[ALL, own]]));
  });

  it("have a limit, above which less is told of each", () => {
    const keys = Array.from({ length: 200 }, (_, nth) => keyOf(`${nth}`));
    const large = report({
      nodes: [keys],
      resources: new Map(keys.map((key) => [key, 0])),
      refusal: { group: 0, text: "x".repeat(2_000) },
    });
    const text = formatReports(new Map(Array.from({ length: 3_000 }, (_, nth) => [`tenant-${nth}`, large])));
    expect(Buffer.byteLength(text)).toBeLessThan(200_000);
    expect(parseReports(text)?.get("tenant-0")?.nodes).toEqual([200]);
  });

  it.each(["", "null", "1", '{"tenants":7}'])("that are none are left out: %s", (text) =>
    expect(parseReports(text)).toBeUndefined(),
  );

  it("leave out those that are none", () => {
    expect(parseReports('{"tenants":{"foo":7,"bar":null}}')).toEqual(new Map());
  });
});
