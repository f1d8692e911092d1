import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../cli/support/meltemi.js";

/** A copy of what the images and the compose file are made of, so that rules can be changed in it. */
export interface Checkout {
  readonly directory: string;
  remove(): Promise<void>;
}

export async function checkOut(): Promise<Checkout> {
  const directory = await mkdtemp(join(tmpdir(), "meltemi-compose-"));
  const kept = [...(await readFile(join(ROOT, ".dockerignore"), "utf8")).matchAll(/^!(.+)$/gm)].map(([, path]) => path);
  for (const path of [".dockerignore", "envoy-config", ...(kept as string[])]) {
    await cp(join(ROOT, path), join(directory, path), { recursive: true });
  }
  return { directory, remove: () => rm(directory, { recursive: true }) };
}
