import { expect, test } from "vitest";
import { TableVersions } from "./table-versions.js";

test("a version stays with its table, and does not return with it", () => {
  const versions = new TableVersions();
  const first = versions.of("a", { routes: 1 });
  expect(versions.of("a", { routes: 1 })).toBe(first);
  const second = versions.of("a", { routes: 2 });
  const third = versions.of("a", { routes: 1 });
  expect(new Set([first, second, third]).size).toBe(3);
});

test("listeners have versions of their own", () => {
  const versions = new TableVersions();
  const a = versions.of("a", { routes: 1 });
  versions.of("b", { routes: 2 });
  expect(versions.of("a", { routes: 1 })).toBe(a);
});
