import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import asc from "assemblyscript/asc";

const ROOT = resolve(import.meta.dirname, "../..");

/** A change of one source file; throws if there is nothing to change, so that a test does not outlive what it is about. */
export type Patch = readonly [file: string, before: string, after: string];

/** Lets the VM tell what `MAX_KEPT_BYTES` bounds, as its export `keptBytes`. */
export const TELL_KEPT_BYTES: Patch[] = [
  [
    "filter/memory/kept.ts",
    "let keptBytes: u32 = 0;",
    "let keptBytes: u32 = 0;\nexport function kept(): u32 { return keptBytes; }",
  ],
  ["filter/index.ts", "export { malloc }", 'export { kept as keptBytes } from "./memory/kept";\nexport { malloc }'],
];

/**
 * Builds the filter with changes that only a test wants, and returns the file. It lies in a temporary directory under the hash of
 * its sources, so that only the first who asks for it waits. Optimised as little as makes it fast enough to run.
 */
export async function buildFilter(patches: readonly Patch[]): Promise<string> {
  const sources = await readSources(patches);
  const hash = createHash("sha256");
  for (const [name, text] of sources) hash.update(`\0${name}\0${text}`);
  const directory = join(tmpdir(), "meltemi-test-filter");
  const file = join(directory, `${hash.digest("hex").slice(0, 16)}.wasm`);
  if (existsSync(file)) return file;
  mkdirSync(directory, { recursive: true });
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    ["filter/index.ts", "--target", "debug", "--noAssert", "--outFile", "out.wasm", "-O1"],
    {
      readFile: (name: string) => sources.get(name) ?? readOther(name),
      writeFile: (name: string, contents: string | Uint8Array) => {
        if (name.endsWith(".wasm") && typeof contents !== "string") wasm = contents;
      },
    },
  );
  if (error || !wasm) throw new Error(`the filter cannot be built: ${stderr.toString()}`, { cause: error });
  const own = join(directory, `${process.pid}.wasm`);
  writeFileSync(own, wasm);
  renameSync(own, file);
  return file;
}

async function readSources(patches: readonly Patch[]): Promise<Map<string, string>> {
  const names = await readdir(join(ROOT, "filter"), { recursive: true });
  const sources = new Map(
    names
      .filter((name) => name.endsWith(".ts"))
      .sort()
      .map((name) => [`filter/${name}`, readFileSync(join(ROOT, "filter", name), "utf8")]),
  );
  for (const [file, before, after] of patches) {
    const source = sources.get(file);
    if (!source?.includes(before)) throw new Error(`${file} has no "${before}" to change`);
    sources.set(file, source.replace(before, after));
  }
  return sources;
}

function readOther(name: string): string | null {
  const file = resolve(ROOT, name);
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}
