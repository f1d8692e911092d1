import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Provider } from "./provider.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Where the demo's resources say that the versions of the service listen. */
export const PORTS: Readonly<Record<string, number>> = { v1: 20881, v2: 20882 };

/** A directory of resources. */
export interface DemoConfig {
  readonly directory: string;
  remove(): Promise<void>;
}

/**
 * The demo's configuration: the one in the repository, to be edited while the demo runs. Where a port is taken by something
 * else, a copy with the ports as they are.
 */
export async function demoConfig(providers: readonly Provider[]): Promise<DemoConfig> {
  const original = join(ROOT, "envoy-config", "demo");
  const moved = providers.filter(({ version, port }) => PORTS[version] !== port);
  if (moved.length === 0) return { directory: relative(process.cwd(), original) || ".", remove: async () => {} };
  const copy = await mkdtemp(join(tmpdir(), "meltemi-demo-"));
  for (const name of await readdir(original)) {
    let text = await readFile(join(original, name), "utf8");
    for (const { version, port } of moved) text = text.replaceAll(String(PORTS[version]), String(port));
    await writeFile(join(copy, name), text);
  }
  return { directory: copy, remove: () => rm(copy, { recursive: true }) };
}
