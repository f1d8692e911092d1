import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { FilterConfig, FilterRoute } from "../filter-config/filter-config.js";
import { checkFilterConfig } from "./check-filter-config.js";
import { explain } from "./explain.js";
import { loadFilter } from "./filter-vm.js";

const wasm = loadFilter(readFileSync(new URL("../../dist/meltemi.wasm", import.meta.url)));

function configOf(...routes: FilterRoute[]): FilterConfig {
  return { virtual_hosts: [{ name: "reviews:9080", services: ["demo.Reviews", "reviews"], routes }] };
}

const canary: FilterRoute = {
  name: "canary",
  origin: "VirtualService prod/reviews",
  match: {
    attributes: [
      { name: "user", exact_match: "jason" },
      { name: "method", regex_match: "get.*" },
      { name: "size", range_match: { start: "-5", end: "9" }, invert_match: true },
      { name: "trace", present_match: false },
    ],
  },
  route: { cluster: "v2" },
};

const split: FilterRoute = {
  name: "split",
  route: {
    weighted_clusters: {
      clusters: [
        { name: "v1", weight: 30 },
        { name: 'v"3\n', weight: 70 },
      ],
    },
  },
};

const explainedSplit = {
  index: 1,
  name: "split",
  origin: "",
  clusters: [
    { name: "v1", weight: 30 },
    { name: 'v"3\n', weight: 70 },
  ],
};

const explainedCanary = {
  index: 0,
  name: "canary",
  origin: "VirtualService prod/reviews",
  clusters: [{ name: "v2", weight: 1 }],
};

const good = configOf(canary, split);

test("a configuration that the filter takes has no refusal", () => {
  expect(checkFilterConfig(wasm, "dubbo", good)).toBeUndefined();
});

test("a refusal is the filter's own: the field's path and the reason", () => {
  const bad = { ...canary, match: { attributes: [{ name: "user", regex_match: "a(b" }] } };
  expect(checkFilterConfig(wasm, "dubbo", configOf(split, bad))).toBe(
    "virtual_hosts[0].routes[1].match.attributes[0].regex_match: missing closing ): (b",
  );
});

test("a call that meets all conditions takes the first route", () => {
  const attributes = { user: "jason", method: "getAll", size: "9" };
  expect(explain(wasm, "dubbo", good, "demo.Reviews", attributes)).toEqual({
    virtualHost: "reviews:9080",
    route: explainedCanary,
    passedOver: [],
  });
});

test.each([
  [{}, { attribute: "user", matcher: "exact_match", expected: "jason", invert: false, value: undefined }],
  [
    { user: "é\u0001" },
    { attribute: "user", matcher: "exact_match", expected: "jason", invert: false, value: "é\u0001" },
  ],
  [
    { user: "jason", method: "put" },
    { attribute: "method", matcher: "regex_match", expected: "get.*", invert: false, value: "put" },
  ],
  [
    { user: "jason", method: "get", size: "8" },
    { attribute: "size", matcher: "range_match", expected: "[-5, 9)", invert: true, value: "8" },
  ],
  [
    { user: "jason", method: "get", trace: "" },
    { attribute: "trace", matcher: "present_match", expected: "false", invert: false, value: "" },
  ],
])("%j: the first condition that does not hold is told", (attributes, failed) => {
  expect(explain(wasm, "dubbo", good, "reviews", attributes)).toEqual({
    virtualHost: "reviews:9080",
    route: explainedSplit,
    passedOver: [{ route: explainedCanary, failed }],
  });
});

test("no route, and no virtual host", () => {
  const only = configOf(canary);
  const none = explain(wasm, "dubbo", only, "reviews", {});
  expect([none.virtualHost, none.route, none.passedOver.length]).toEqual(["reviews:9080", undefined, 1]);
  expect(explain(wasm, "dubbo", only, "ratings", { user: "jason" })).toEqual({
    virtualHost: undefined,
    route: undefined,
    passedOver: [],
  });
});

test("an explanation of a configuration that the filter refuses", () => {
  const bad = configOf({ ...split, route: { cluster: "" } });
  expect(() => explain(wasm, "dubbo", bad, "reviews", {})).toThrow(
    "the filter refuses the configuration: virtual_hosts[0].routes[0].route.cluster: must not be empty",
  );
});
