import { stat } from "node:fs/promises";
import { MeltemiError } from "../error/meltemi-error.js";

/** Fails with what to do where there is no such directory. */
export async function requireDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory()) return;
  const what = found === undefined ? "does not exist" : "is no directory";
  throw new MeltemiError("USAGE", `"${directory}" ${what}: name the directory that holds the YAML`);
}
