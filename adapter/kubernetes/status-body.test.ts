import { describe, expect, it } from "vitest";
import type { Condition } from "../status/conditions.js";
import { bodyToWrite, isThere, type StatusBody } from "./status-body.js";

const OURS = "meltemi.io/gateway-controller";
const NOW = "2026-01-02T00:00:00Z";
const BEFORE = "2026-01-01T00:00:00Z";

function condition(type: Condition["type"], status: Condition["status"] = "True"): Condition {
  return { type, status, observedGeneration: 1, reason: type, message: "" };
}

function timed(one: Condition, lastTransitionTime: string): object {
  return { ...one, lastTransitionTime };
}

const parentRef = { name: "edge" };

describe("conditions", () => {
  const wanted: StatusBody = { conditions: [condition("Accepted"), condition("Programmed")] };

  it("are there in any order, beside those of others", () => {
    const foreign = { ...condition("Accepted"), type: "Elsewhere" };
    const seen = {
      conditions: [foreign, condition("Programmed"), condition("Accepted")].map((c) => timed(c as Condition, BEFORE)),
    };
    expect(isThere(wanted, seen, OURS)).toBe(true);
    expect(isThere(wanted, undefined, OURS)).toBe(false);
    expect(isThere({ conditions: [condition("Accepted", "False")] }, seen, OURS)).toBe(false);
  });

  it("keep their time while they are as they were", () => {
    const seen = {
      conditions: [timed(condition("Accepted"), BEFORE), timed(condition("Programmed", "False"), BEFORE)],
    };
    expect(bodyToWrite(wanted, seen, OURS, NOW)).toEqual({
      conditions: [timed(condition("Accepted"), BEFORE), timed(condition("Programmed"), NOW)],
    });
  });
});

describe("listeners", () => {
  const listener = { name: "http", supportedKinds: [], attachedRoutes: 1 };
  const wanted: StatusBody = { listeners: [{ ...listener, conditions: [condition("Accepted")] }] };

  it("are those that are wanted and no others", () => {
    const seen = { listeners: [{ ...listener, conditions: [timed(condition("Accepted"), BEFORE)] }] };
    expect(isThere(wanted, seen, OURS)).toBe(true);
    expect(isThere(wanted, { listeners: [...seen.listeners, { ...listener, name: "gone" }] }, OURS)).toBe(false);
    expect(isThere(wanted, { listeners: [{ ...seen.listeners[0], attachedRoutes: 2 }] }, OURS)).toBe(false);
    expect(bodyToWrite(wanted, seen, OURS, NOW)).toEqual(seen);
  });
});

describe("parents", () => {
  const theirs = { parentRef, controllerName: "example.com/other", conditions: [] };
  const ours = { parentRef, controllerName: OURS, conditions: [condition("Accepted")] };

  it("of other controllers stay, and say nothing of ours", () => {
    expect(isThere({ parents: [ours] }, { parents: [theirs, ours] }, OURS)).toBe(true);
    expect(isThere({ parents: [ours] }, { parents: [theirs] }, OURS)).toBe(false);
    expect(bodyToWrite({ parents: [ours] }, { parents: [theirs] }, OURS, NOW)).toEqual({
      parents: [theirs, { ...ours, conditions: [timed(condition("Accepted"), NOW)] }],
    });
  });

  it("that are ours no more go", () => {
    expect(isThere({ parents: [] }, { parents: [theirs] }, OURS)).toBe(true);
    expect(isThere({ parents: [] }, { parents: [theirs, ours] }, OURS)).toBe(false);
    expect(bodyToWrite({ parents: [] }, { parents: [theirs, ours] }, OURS, NOW)).toEqual({ parents: [theirs] });
  });
});
