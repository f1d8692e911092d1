import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { compareText } from "../status/problem.js";
import { MAX_DEPTH, MAX_FILES } from "./limits.js";

/** A file of resources below the directory. */
export interface FoundFile {
  /** Relative to the directory, with `/` between folders. */
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly modified_ms: number;
  /** Changes whenever the file is written or replaced by another. */
  readonly identity: string;
}

export interface Scan {
  readonly files: readonly FoundFile[];
  /** What could not be looked at, by name. */
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
}

const RESOURCE_FILE = /\.(ya?ml|json)$/i;

/**
 * Every file of YAML or JSON below a directory, sorted by name. Names that begin with a dot are left out: a mounted ConfigMap
 * holds each file as a link into `..data`, itself a link to a folder `..<time>`, and its files would be read three times.
 * What several links lead to is read once, under the first of its names.
 */
export async function scanDirectory(directory: string): Promise<Scan> {
  const files: FoundFile[] = [];
  const failures: { name: string; reason: string }[] = [];
  const seen = new Set<string>();

  const visit = async (path: string, name: string, depth: number): Promise<void> => {
    const entries = (await readdir(path)).filter((entry) => !entry.startsWith(".")).sort(compareText);
    for (const entry of entries) {
      const child = join(path, entry);
      const childName = name === "" ? entry : `${name}/${entry}`;
      try {
        const status = await stat(child, { bigint: true });
        const isFile = status.isFile() && RESOURCE_FILE.test(entry);
        if (!isFile && !status.isDirectory()) continue;
        const real = await realpath(child);
        if (seen.has(real)) continue;
        seen.add(real);
        if (status.isDirectory()) {
          if (depth === MAX_DEPTH)
            failures.push({ name: childName, reason: `deeper than ${MAX_DEPTH} folders: not read` });
          else await visit(child, childName, depth + 1);
        } else if (files.length === MAX_FILES) {
          failures.push({ name: childName, reason: `more than ${MAX_FILES} files: not read` });
        } else {
          const identity = `${status.dev} ${status.ino} ${status.size} ${status.mtimeNs} ${status.ctimeNs}`;
          files.push({
            name: childName,
            path: child,
            size: Number(status.size),
            modified_ms: Number(status.mtimeMs),
            identity,
          });
        }
      } catch (cause) {
        // Gone since it was listed, or a link to nothing: as good as deleted.
        if ((cause as NodeJS.ErrnoException).code === "ENOENT") continue;
        failures.push({ name: childName, reason: `cannot be read: ${(cause as Error).message}` });
      }
    }
  };
  seen.add(await realpath(directory));
  await visit(directory, "", 0);
  return { files, failures };
}
