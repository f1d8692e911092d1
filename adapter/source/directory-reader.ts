import { readFile } from "node:fs/promises";
import type { Problem } from "../status/problem.js";
import { type FileContent, parseFile, unreadable } from "./file-content.js";
import { MAX_FILE_BYTES } from "./limits.js";
import { type FoundFile, scanDirectory } from "./scan-directory.js";
import type { IgnoredDocument, RawResource, Recognise, SourceState } from "./source.js";

/** Timestamps of files are coarse: a file changed this shortly before it was read may have changed again unseen. */
const TIMESTAMP_DOUBT_MS = 1000;

interface ReadFile {
  readonly identity: string;
  readonly settled: boolean;
  readonly text: string | undefined;
  /** What is in force: the file as it is, or its last good version with the problems of the present one. */
  readonly content: FileContent;
  /** The last version that was taken as a whole. */
  readonly good: FileContent | undefined;
}

/**
 * Reads a directory again and again, and only what changed of it. A file that is malformed leaves its last good version in
 * force. If there was none, those of its documents that are well formed are taken.
 */
export class DirectoryReader {
  readonly #directory: string;
  readonly #recognise: Recognise;
  #files: ReadonlyMap<string, ReadFile> = new Map();
  #state: SourceState | undefined;
  /** The failures that `#state` holds, as text. */
  #failures = "";

  constructor(directory: string, recognise: Recognise) {
    this.#directory = directory;
    this.#recognise = recognise;
  }

  /** The same object as before where nothing changed. */
  async read(): Promise<SourceState> {
    const { files, failures } = await scanDirectory(this.#directory);
    const next = new Map<string, ReadFile>();
    for (const file of files) {
      const before = this.#files.get(file.name);
      const now = before?.settled && before.identity === file.identity ? before : await this.#readFile(file, before);
      if (now !== undefined) next.set(file.name, now);
    }
    // A folder that cannot be entered at the moment has not lost its files.
    for (const [name, before] of this.#files) {
      if (failures.some((failure) => name === failure.name || name.startsWith(`${failure.name}/`)))
        next.set(name, before);
    }
    const failureText = JSON.stringify(failures);
    if (this.#state === undefined || failureText !== this.#failures || !sameContents(this.#files, next)) {
      this.#state = assemble(
        next,
        failures.map(({ name, reason }) => ({
          severity: "error",
          resource: undefined,
          file: name,
          line: 1,
          field: "",
          reason,
        })),
      );
    }
    this.#failures = failureText;
    this.#files = next;
    return this.#state;
  }

  /** Undefined where the file has gone. */
  async #readFile(file: FoundFile, before: ReadFile | undefined): Promise<ReadFile | undefined> {
    const settled = file.modified_ms < Date.now() - TIMESTAMP_DOUBT_MS;
    let text: string | undefined;
    let content: FileContent;
    try {
      text = file.size > MAX_FILE_BYTES ? undefined : decode(await readFile(file.path));
      if (before !== undefined && text !== undefined && text === before.text) {
        return { ...before, identity: file.identity, settled };
      }
      content =
        text === undefined
          ? unreadable(file.name, `the file has ${file.size} bytes, more than the ${MAX_FILE_BYTES} allowed: split it`)
          : parseFile(text, file.name, this.#recognise);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      content = unreadable(file.name, `cannot be read: ${(cause as Error).message}`);
    }
    if (content.whole) return { identity: file.identity, settled, text, content, good: content };
    const good = before?.good;
    if (good !== undefined) {
      const problems = content.problems.map((problem) => ({
        ...problem,
        reason: `${problem.reason}; the file's last good version stays in force`,
      }));
      content = { ...good, problems };
    }
    if (before !== undefined && sameContent(before.content, content)) content = before.content;
    return { identity: file.identity, settled, text, content, good };
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("it is not UTF-8 text");
  }
}

function sameContents(before: ReadonlyMap<string, ReadFile>, now: ReadonlyMap<string, ReadFile>): boolean {
  if (before.size !== now.size) return false;
  for (const [name, file] of now) if (before.get(name)?.content !== file.content) return false;
  return true;
}

/** The same documents in force, with the same problems. */
function sameContent(a: FileContent, b: FileContent): boolean {
  return a.resources === b.resources && JSON.stringify(a.problems) === JSON.stringify(b.problems);
}

function assemble(files: ReadonlyMap<string, ReadFile>, failures: readonly Problem[]): SourceState {
  const resources: RawResource[] = [];
  const ignored: IgnoredDocument[] = [];
  const problems: Problem[] = [...failures];
  // Files are found in the order of their names; those of a folder that cannot be entered keep their place too.
  for (const [, { content }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const resource of content.resources) resources.push(resource);
    ignored.push(...content.ignored);
    problems.push(...content.problems);
  }
  return { resources, ignored, problems };
}
