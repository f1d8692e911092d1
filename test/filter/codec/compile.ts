import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(import.meta.dirname, "../../..");
const entry = join(import.meta.dirname, "entry.as.ts");

/**
 * Compiles the codec as the filter does and returns the module. The outcome lies in a temporary directory under the hash of its
 * sources: of all test files that want it, in however many processes, one compiles.
 */
export async function compileCodec(): Promise<WebAssembly.Module> {
  const directory = join(tmpdir(), "meltemi-test-codec");
  const wasm = join(directory, `${await hashOfSources()}.wasm`);
  if (!existsSync(wasm)) {
    mkdirSync(directory, { recursive: true });
    const own = join(directory, `${process.pid}.wasm`);
    const config = join(directory, `${process.pid}.json`);
    writeFileSync(
      config,
      JSON.stringify({ options: { runtime: "minimal", enable: ["simd"], optimizeLevel: 3, noAssert: true } }),
    );
    const asc = join(dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")), "bin/asc.js");
    await promisify(execFile)(process.execPath, [asc, entry, "--config", config, "--outFile", own], { cwd: root });
    renameSync(own, wasm);
  }
  return new WebAssembly.Module(readFileSync(wasm));
}

async function hashOfSources(): Promise<string> {
  const hash = createHash("sha256").update(readFileSync(entry));
  for (const folder of ["filter/codec", "filter/encoding", "filter/memory"]) {
    if (!existsSync(join(root, folder))) continue;
    const files = await readdir(join(root, folder), { recursive: true });
    for (const file of files.filter((name) => name.endsWith(".ts")).sort()) {
      hash.update(`\0${folder}/${file}\0`).update(readFileSync(join(root, folder, file)));
    }
  }
  return hash.digest("hex").slice(0, 16);
}
