import { beforeAll, describe, expect, test } from "vitest";
import { configOf, SERVICE } from "./config.js";
import { compileRouter, Router } from "./router.js";

let router: Router;

beforeAll(async () => {
  router = new Router(await compileRouter());
});

/** Whether one matcher on `user` takes a call with this value; undefined: the call has no such attribute. */
function takes(specifier: Record<string, unknown>, user: string | undefined): boolean {
  const table = router.table(configOf([[{ name: "user", ...specifier }]]));
  const call = { service: SERVICE, attributes: user === undefined ? {} : { user } };
  const order = table.find(call);
  expect(table.findLinear(call)).toBe(order);
  table.free();
  return order === 0;
}

const cases: [specifier: Record<string, unknown>, yes: string[], no: string[]][] = [
  [{ exact_match: "jason" }, ["jason"], ["jaso", "jasonx", "xjason", "Jason", ""]],
  [{ exact_match: "" }, [""], ["a"]],
  [{ exact_match: "naïve\u0000" }, ["naïve\u0000"], ["naive\u0000", "naïve"]],
  [{ prefix_match: "ja" }, ["ja", "jason"], ["j", "aja", "JA"]],
  [{ prefix_match: "" }, ["", "a"], []],
  [{ suffix_match: "on" }, ["on", "jason"], ["n", "ona"]],
  [{ contains_match: "as" }, ["as", "jason", "was", "aas"], ["a", "sa", ""]],
  [{ contains_match: "" }, ["", "a"], []],
  [{ contains_match: "aab" }, ["aaab", "aabaab"], ["aaa", "ab"]],
  [{ regex_match: "ja.*" }, ["ja", "jason"], ["xja", "ja\n"]],
  [{ present_match: true }, ["", "a"], []],
  [
    { range_match: { start: "1", end: "3" } },
    ["1", "2", "+2", "002"],
    ["0", "3", "-1", "", "-", "1.0", " 1", "1e0", "x"],
  ],
  [
    { range_match: { start: "-9223372036854775808", end: "0" } },
    ["-9223372036854775808", "-1"],
    ["-9223372036854775809", "0"],
  ],
  [
    { range_match: { start: "9223372036854775806", end: "9223372036854775807" } },
    ["9223372036854775806"],
    ["9223372036854775807", "9223372036854775808", "99999999999999999999999"],
  ],
  [{ range_match: { end: 5 } }, ["0", "4", "-0"], ["5", "-1"]],
];

describe.each(cases)("%j", (specifier, yes, no) => {
  test("matches the values it should and no others", () => {
    for (const value of yes) expect([value, takes(specifier, value)]).toEqual([value, true]);
    for (const value of no) expect([value, takes(specifier, value)]).toEqual([value, false]);
  });

  test("matches the others when inverted", () => {
    for (const value of yes)
      expect([value, takes({ ...specifier, invert_match: true }, value)]).toEqual([value, false]);
    for (const value of no) expect([value, takes({ ...specifier, invert_match: true }, value)]).toEqual([value, true]);
  });

  test("matches no absent attribute, and any when inverted", () => {
    expect(takes(specifier, undefined)).toBe(false);
    expect(takes({ ...specifier, invert_match: true }, undefined)).toBe(true);
  });
});

test("present_match false asks for absence, and inverted for presence", () => {
  expect(takes({ present_match: false }, undefined)).toBe(true);
  expect(takes({ present_match: false }, "")).toBe(false);
  expect(takes({ present_match: false, invert_match: true }, undefined)).toBe(false);
  expect(takes({ present_match: false, invert_match: true }, "")).toBe(true);
});

test("values that are not UTF-8 are compared byte for byte", () => {
  const table = router.table(
    configOf([[{ name: "user", regex_match: ".*" }], [{ name: "user", regex_match: "\\C*" }]]),
  );
  const call = { service: SERVICE, attributes: { user: new Uint8Array([0xff, 0xfe]) } };
  expect(table.find(call)).toBe(1);
  table.free();
});
