import { describe, expect, it } from "vitest";
import { formatLine } from "./format-line.js";

const TIME_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

describe("formatLine", () => {
  it("puts time, level, component and message first, and other fields after them", () => {
    const record = { level: "info", time: TIME_MS, component: "envoy", msg: "is up", pid: 7, node: "a", list: [1] };
    expect(formatLine(JSON.stringify(record))).toBe("03:04:05.006 info  envoy: is up pid=7 node=a list=[1]\n");
  });

  it("writes an error's stack below", () => {
    const record = { level: "error", time: TIME_MS, msg: "failed", err: { message: "m", stack: "Error: m\n  at x" } };
    expect(formatLine(JSON.stringify(record))).toBe("03:04:05.006 error failed\nError: m\n  at x\n");
  });

  it("does without a message and a component", () => {
    expect(formatLine(JSON.stringify({ level: "warn", time: TIME_MS, a: 1 }))).toBe("03:04:05.006 warn   a=1\n");
  });
});
