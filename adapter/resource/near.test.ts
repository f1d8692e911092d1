import { expect, test } from "vitest";
import { nearest, suggestion, summary } from "./near.js";

test.each([
  ["exakt", "exact"],
  ["Weight", "weight"],
  ["prefx", "prefix"],
  ["user", undefined],
])("%s is near to %s", (word, expected) => {
  expect(nearest(word, ["exact", "prefix", "weight"])).toBe(expected);
});

test("what there is where nothing is near", () => {
  expect(suggestion("v9", ["stable", "canary"])).toBe("; there is stable, canary");
  expect(suggestion("v9", [])).toBe("");
});

test("a long list is cut", () => {
  expect(summary(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"])).toBe("a, b, c, d, e, f, g, h and 2 more");
});
