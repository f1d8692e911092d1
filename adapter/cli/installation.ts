import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The installation's root, as seen from `dist/adapter/cli`. */
const ROOT = new URL("../../../", import.meta.url);

export function version(): string {
  return (JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as { version: string }).version;
}

/** The filter's code that belongs to this installation. */
export function wasmPath(): string {
  return fileURLToPath(new URL("dist/meltemi.wasm", ROOT));
}
