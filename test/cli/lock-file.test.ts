import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * npm leaves packages for other platforms out of the lock file when the registry that it was made with does not have them,
 * and `npm ci` then fails, on this platform too. Add them by hand: name, version, optional, os and cpu.
 */
it("locks the packages of all platforms, so that npm ci works", () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    packages: Readonly<Record<string, LockedPackage>>;
  };
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
  const locked = Object.keys(packages).map((path) => path.slice(path.lastIndexOf("node_modules/") + 13));
  expect(wanted.filter((name) => !locked.includes(name))).toEqual([]);
});
