import { type FSWatcher, watch } from "chokidar";
import { MeltemiError } from "../error/meltemi-error.js";
import type { Problem } from "../status/problem.js";
import { DirectoryReader } from "./directory-reader.js";
import { MAX_DEPTH } from "./limits.js";
import type { Recognise, Source, SourceState } from "./source.js";

/** Changes that follow one another this closely are read together: an editor's save is several. */
const QUIET_MS = 50;

/** A directory that never rests is read this often all the same, if nothing else is said. */
const PATIENCE_MS = 500;

/** A directory that has gone is looked for this often: what watched it went with it. */
const RETURN_MS = 1000;

/**
 * A directory of YAML and JSON, with its folders, followed as it changes. What the file system reports is only taken as a
 * sign to look again, since what it reports differs by editor, by mount and by the way files are replaced.
 */
export class DirectorySource implements Source {
  readonly #directory: string;
  readonly #reader: DirectoryReader;
  readonly #patience_ms: number;
  #watcher: FSWatcher | undefined;
  #onState: (state: SourceState) => void = () => {};
  #state: SourceState | undefined;
  #timer: NodeJS.Timeout | undefined;
  #firstChange_ms: number | undefined;
  /** The directory has gone, and with it what watched it; it may be back. */
  #lost = false;
  #reading: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(directory: string, recognise: Recognise, patience_ms = PATIENCE_MS) {
    this.#directory = directory;
    this.#patience_ms = patience_ms;
    this.#reader = new DirectoryReader(directory, recognise);
  }

  async start(onState: (state: SourceState) => void): Promise<void> {
    this.#onState = onState;
    // Watching begins before reading: a change in between is then seen twice rather than never.
    await this.#watch();
    const first = this.#reader.read().then((state) => {
      this.#state = state;
      onState(state);
    });
    // Changes seen meanwhile are read after it.
    this.#reading = first.catch(() => {});
    try {
      await first;
    } catch (cause) {
      await this.close();
      const { message } = cause as Error;
      throw new MeltemiError("USAGE", `${this.#directory} cannot be read: ${message}. Name a directory of YAML.`, {
        cause,
      });
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#reading;
    await this.#watcher?.close();
  }

  async #watch(): Promise<void> {
    const watcher = watch(this.#directory, { ignoreInitial: true, depth: MAX_DEPTH });
    this.#watcher = watcher;
    await new Promise<void>((resolve) => {
      watcher.once("ready", resolve);
    });
    watcher.on("all", (event, path) => {
      if (event === "unlinkDir" && path === this.#directory) this.#lost = true;
      this.#changed();
    });
    // The swap of a ConfigMap's `..data` link is only in the raw events.
    watcher.on("raw", () => this.#changed());
    // A path that cannot be watched is reported by the reader, if it matters.
    watcher.on("error", () => this.#changed());
  }

  #changed(): void {
    if (this.#closed) return;
    const now_ms = performance.now();
    this.#firstChange_ms ??= now_ms;
    const wait_ms = Math.min(QUIET_MS, Math.max(0, this.#firstChange_ms + this.#patience_ms - now_ms));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#firstChange_ms = undefined;
      this.#reading = this.#reading.then(() => this.#readAgain());
    }, wait_ms);
  }

  async #readAgain(): Promise<void> {
    const before = this.#state;
    if (this.#closed || before === undefined) return;
    let state: SourceState;
    try {
      if (this.#lost) await this.#watchAnew();
      state = await this.#reader.read();
    } catch (cause) {
      this.#lost = true;
      state = withProblem(before, directoryProblem(this.#directory, cause as Error));
      setTimeout(() => this.#changed(), RETURN_MS).unref();
    }
    if (this.#closed || state === before) return;
    this.#state = state;
    this.#onState(state);
  }

  async #watchAnew(): Promise<void> {
    await this.#watcher?.close();
    this.#lost = false;
    await this.#watch();
  }
}

function directoryProblem(directory: string, cause: Error): Problem {
  const reason = `the directory cannot be read: ${cause.message}; what was read last stays in force`;
  return { severity: "error", resource: undefined, file: directory, line: 1, field: "", reason };
}

/** The same state where it has the problem already. */
function withProblem(state: SourceState, problem: Problem): SourceState {
  const has = state.problems.some(({ file, reason }) => file === problem.file && reason === problem.reason);
  return has ? state : { ...state, problems: [...state.problems, problem] };
}
