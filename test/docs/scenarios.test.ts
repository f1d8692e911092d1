import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ROOT } from "../cli/support/meltemi.js";
import { Page } from "./page.js";

/** Limits have a page of their own. */
const LIMITS = readFileSync("docs/scenarios-rate-limits.md", "utf8");

describe("docs/scenarios.md", () => {
  const page = new Page("scenarios.md");
  page.describeCommands(ROOT);

  it("tells of every scenario, each of which has a test", () => {
    const scenarios = readdirSync("envoy-config/scenarios");
    const pages = page.text + LIMITS;
    const checked = [...pages.matchAll(/^\$ meltemi check .*envoy-config\/scenarios\/([\w-]+)(?:\/mesh)?$/gm)];
    expect(checked.map(([, name]) => name).sort()).toEqual(scenarios.sort());
    const tests = readdirSync("test/net/scenarios").filter((name) => name.endsWith(".test.ts"));
    expect(tests.map((name) => name.replace(".test.ts", ""))).toEqual(expect.arrayContaining(scenarios));
  });
});
