import { expect, test } from "vitest";
import { parseDuration_ms } from "./duration.js";

test.each([
  ["5s", 5000],
  ["500ms", 500],
  ["1h30m", 5_400_000],
  ["1.5s", 1500],
  ["1m0.25s", 60_250],
  ["100us", 0.1],
])("%s is %d ms", (text, expected_ms) => {
  expect(parseDuration_ms(text)).toBeCloseTo(expected_ms, 9);
});
