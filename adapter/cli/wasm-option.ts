import { hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { MeltemiError } from "../error/meltemi-error.js";
import type { WasmCode } from "../xds/extension-configs.js";
import { wasmPath } from "./installation.js";

/** How the filter's code comes to Envoy, from `--wasm` and `--wasm-cluster`. */
export async function parseWasmOption(how: string, cluster: string | undefined): Promise<WasmCode> {
  if (how === "inline") return { kind: "inline", bytes: await readWasm() };
  if (how === "local") return { kind: "file", path: wasmPath(), sha256: await sha256OfWasm() };
  if (how.startsWith("file:/")) return { kind: "file", path: how.slice("file:".length) };
  if (!/^https?:\/\/./.test(how)) {
    throw new MeltemiError("USAGE", `--wasm "${how}": write inline, local, file:/path or an http(s) URL`);
  }
  if (cluster === undefined) {
    throw new MeltemiError("USAGE", `--wasm ${how} takes --wasm-cluster, the cluster through which nodes fetch it`);
  }
  return { kind: "remote", uri: how, sha256: await sha256OfWasm(), cluster };
}

async function sha256OfWasm(): Promise<string> {
  return hash("sha256", await readWasm(), "hex");
}

export async function readWasm(): Promise<Uint8Array> {
  try {
    return await readFile(wasmPath());
  } catch (cause) {
    throw new MeltemiError("INSTALLATION", `the filter is not at ${wasmPath()}: build it with "npm run build"`, {
      cause,
    });
  }
}
