// Brings a fresh clone to the state in which everything runs: dependencies installed, filter and adapter built. Node's own
// modules only, because before it has run there are no others.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Runs a command in the project's root with our own output; resolves with its exit status. */
export function run(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    // Errors and progress belong on stderr, so that stdout stays what the caller prints.
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ["ignore", 2, 2] });
    child.once("error", reject);
    child.once("close", (status, signal) => resolve(signal === null ? status : 1));
  });
}

/** `npm ci`, unless what is installed is what the lock file says. */
export async function ensureInstalled() {
  if (isInstalled()) return;
  console.error("• installing dependencies (npm ci) …");
  await must("npm", ["ci", "--no-audit", "--no-fund"]);
}

/** Builds what is missing or older than its sources. */
export async function ensureBuilt() {
  if (isStale("dist/meltemi.wasm", ["filter", "asconfig.json", "package-lock.json"])) {
    console.error("• building the filter …");
    await must("npm", ["run", "--silent", "build:filter"]);
  }
  const sources = ["adapter", "protos", "tsconfig.json", "tsconfig.build.json", "package-lock.json"];
  if (isStale("dist/adapter/cli/main.js", sources)) {
    console.error("• building the adapter …");
    await must("npm", ["run", "--silent", "build:adapter"]);
  }
}

async function must(command, args) {
  const status = await run(command, args);
  if (status !== 0) throw new Error(`"${command} ${args.join(" ")}" failed with status ${status}; its output is above`);
}

/** npm keeps in node_modules what it has installed, in the lock file's own form. */
function isInstalled() {
  const installed = packages("node_modules/.package-lock.json");
  const locked = packages("package-lock.json");
  if (installed === undefined) return false;
  return Object.entries(locked).every(([path, { version, optional }]) => {
    if (path === "") return true;
    // An optional package of another platform is not there.
    return installed[path] === undefined ? optional === true : installed[path].version === version;
  });
}

function packages(file) {
  const path = join(ROOT, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : undefined;
}

function isStale(output, sources) {
  const path = join(ROOT, output);
  if (!existsSync(path)) return true;
  const built_ms = statSync(path).mtimeMs;
  return sources.some((source) => newest_ms(join(ROOT, source)) > built_ms);
}

function newest_ms(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return path.endsWith(".test.ts") ? 0 : stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest_ms(join(path, name))));
}
