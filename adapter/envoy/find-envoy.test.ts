import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLogger } from "../log/logger.js";
import { cachedEnvoyPath } from "./fetch-envoy.js";
import { findEnvoy } from "./find-envoy.js";

const log = createLogger({ level: "silent" });
let root: string;
let env: NodeJS.ProcessEnv;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "meltemi-find-"));
  env = { PATH: join(root, "bin"), FUNC_E_DATA_HOME: join(root, "func-e"), FUNC_E_HOME: join(root, "old-func-e") };
  env.XDG_CACHE_HOME = join(root, "cache");
});

afterEach(() => rmSync(root, { recursive: true }));

function install(...path: string[]): string {
  const file = join(root, ...path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, "#!/bin/sh\n", { mode: 0o755 });
  return file;
}

describe("findEnvoy", () => {
  it("goes from --envoy to $ENVOY_PATH, PATH, func-e and the cache", async () => {
    const cached = cachedEnvoyPath("1.40.0", env);
    install(cached.slice(root.length));
    expect(await findEnvoy({ flag: undefined, env, log })).toEqual({ path: cached, origin: "the Python package" });

    const older = install("old-func-e", "versions", "1.38.0", "bin", "envoy");
    expect(await findEnvoy({ flag: undefined, env, log })).toEqual({ path: older, origin: "func-e" });

    install("func-e", "envoy-versions", "1.9.0", "bin", "envoy");
    const newest = install("func-e", "envoy-versions", "1.39.1", "bin", "envoy");
    expect(await findEnvoy({ flag: undefined, env, log })).toEqual({ path: newest, origin: "func-e" });

    const onPath = install("bin", "envoy");
    expect(await findEnvoy({ flag: undefined, env, log })).toEqual({ path: onPath, origin: "PATH" });

    const named = install("named");
    env.ENVOY_PATH = named;
    expect(await findEnvoy({ flag: undefined, env, log })).toEqual({ path: named, origin: "$ENVOY_PATH" });

    const flag = install("flag");
    expect(await findEnvoy({ flag, env, log })).toEqual({ path: flag, origin: "--envoy" });
  });

  it("takes the version of func-e that $ENVOY_VERSION names", async () => {
    const named = install("func-e", "envoy-versions", "1.36.4", "bin", "envoy");
    install("func-e", "envoy-versions", "1.40.0", "bin", "envoy");
    env.ENVOY_VERSION = "1.36.4";
    expect(await findEnvoy({ flag: undefined, env, log })).toEqual({ path: named, origin: "func-e" });
  });

  it("refuses a named Envoy that cannot be run, rather than to take another one", async () => {
    install("bin", "envoy");
    await expect(findEnvoy({ flag: join(root, "no-such"), env, log })).rejects.toThrow(/^--envoy names .*no-such/);
    env.ENVOY_PATH = root;
    await expect(findEnvoy({ flag: undefined, env, log })).rejects.toThrow(/^\$ENVOY_PATH names/);
  });
});
