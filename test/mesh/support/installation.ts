import { appendFile, cp, mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAIN, ROOT } from "../../cli/support/meltemi.js";

/** WebAssembly's custom section (id 0): 5 bytes, of which a name of 4. Whoever runs the code does not look at it. */
const NOTE = [0, 5, 4, ...Buffer.from("next")];

/** Another installation of Meltemi, whose filter does the same and is other code all the same. Returns its command line. */
export async function nextInstallation(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "meltemi-next-"));
  for (const name of ["dist", "package.json"]) await cp(join(ROOT, name), join(directory, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(directory, "node_modules"));
  await appendFile(join(directory, "dist", "meltemi.wasm"), Uint8Array.from(NOTE));
  return join(directory, MAIN);
}
