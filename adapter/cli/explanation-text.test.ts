import { describe, expect, it } from "vitest";
import type { ExplainedRoute, FailedCondition } from "../evaluate/explain.js";
import { formatExplanations, formatFailure } from "./explanation-text.js";

const call = { protocol: "dubbo", service: "demo.S", attributes: {}, port: undefined, namespace: undefined };

const route = (index: number, name: string, ...clusters: readonly [string, number][]): ExplainedRoute => ({
  index,
  name,
  origin: "VirtualService n/v",
  clusters: clusters.map(([name, weight]) => ({ name, weight })),
});

const failed: FailedCondition = {
  attribute: "user",
  matcher: "exact_match",
  expected: "jason",
  invert: false,
  value: "x",
};

describe("formatFailure", () => {
  it.each<[Partial<FailedCondition>, string]>([
    [{}, 'user "x" is not "jason"'],
    [{ invert: true, value: "jason" }, 'user "jason" is "jason"'],
    [{ value: undefined }, "the call has no user"],
    [{ matcher: "prefix_match" }, 'user "x" does not begin with "jason"'],
    [{ matcher: "suffix_match" }, 'user "x" does not end with "jason"'],
    [{ matcher: "contains_match", invert: true, value: "a jason" }, 'user "a jason" contains "jason"'],
    [{ matcher: "regex_match", expected: "a+" }, 'user "x" does not match "a+"'],
    [{ matcher: "range_match", expected: "[1, 10)" }, 'user "x" is not in [1, 10)'],
    [{ matcher: "present_match", expected: "true", value: undefined }, "the call has no user"],
    [{ matcher: "present_match", expected: "false" }, 'the call has user: "x"'],
  ])("%j", (change, expected) => expect(formatFailure({ ...failed, ...change })).toBe(expected));
});

describe("formatExplanations", () => {
  it("tells the routes passed over and the one taken, with shares where there are several clusters", () => {
    const explanation = {
      virtualHost: "s:1",
      route: route(1, "rest", ["a", 1], ["b", 2]),
      passedOver: [{ route: route(0, "first", ["c", 1]), failed }],
    };
    expect(formatExplanations(call, [{ port: 1, explanation }], [])).toBe(`demo.S on port 1: virtual host s:1
  passed over:
    1. first (VirtualService n/v): user "x" is not "jason"
  takes:
    2. rest (VirtualService n/v)
      → a 33.3 %
      → b 66.7 %
`);
  });

  it("tells that no route is taken", () => {
    const explanation = { virtualHost: "s:1", route: undefined, passedOver: [] };
    expect(formatExplanations(call, [{ port: 1, explanation }], [])).toBe(
      "demo.S on port 1: virtual host s:1\n  takes no route: the caller is told that there is none\n",
    );
  });

  it("asks whether another service was meant", () => {
    expect(formatExplanations(call, [], ["demo.T"])).toBe(
      "no dubbo listener has the service demo.S; did you mean demo.T?\n",
    );
  });
});
