import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isExecutable } from "./executable.js";

/**
 * An Envoy that func-e has installed: `envoy-versions/VERSION/bin/envoy` below its data home, or `versions/…` below the
 * home of its older releases. `$ENVOY_VERSION` chooses one, as it does for func-e; else the newest is taken.
 */
export function findFuncEEnvoy(env: NodeJS.ProcessEnv, home: string): string | undefined {
  const directories = [
    join(env.FUNC_E_DATA_HOME || join(env.XDG_DATA_HOME || join(home, ".local", "share"), "func-e"), "envoy-versions"),
    join(env.FUNC_E_HOME || join(home, ".func-e"), "versions"),
  ];
  for (const directory of directories) {
    const wanted = installedVersions(directory).filter((version) => (env.ENVOY_VERSION || version) === version);
    const path = wanted.map((version) => join(directory, version, "bin", "envoy")).find(isExecutable);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** Newest first. */
function installedVersions(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /^\d+\.\d+\.\d+$/.test(name))
      .sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  } catch {
    return [];
  }
}
