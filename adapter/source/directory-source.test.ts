import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MeltemiError } from "../error/meltemi-error.js";
import { recognise } from "../resource/recognise.js";
import { DirectorySource } from "./directory-source.js";
import { MAX_FILE_BYTES } from "./limits.js";
import type { SourceState } from "./source.js";

/** Follows a source and lets a test wait for what it is to see. */
class Follower {
  readonly source: DirectorySource;
  readonly states: SourceState[] = [];
  #look: () => void = () => {};

  constructor(directory: string) {
    this.source = new DirectorySource(directory, recognise);
  }

  async start(): Promise<this> {
    await this.source.start((state) => {
      this.states.push(state);
      this.#look();
    });
    return this;
  }

  get last(): SourceState {
    const state = this.states.at(-1);
    if (state === undefined) throw new Error("no state yet");
    return state;
  }

  /** Resolves with the first state, the last one so far included, of which it holds. */
  until(holds: (state: SourceState) => boolean): Promise<SourceState> {
    return new Promise((resolve) => {
      this.#look = () => {
        if (holds(this.last)) resolve(this.last);
      };
      this.#look();
    });
  }
}

let directory = "";
let follower: Follower | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "meltemi-source-"));
});

afterEach(async () => {
  await follower?.source.close();
  follower = undefined;
  rmSync(directory, { recursive: true, force: true });
});

async function follow(): Promise<Follower> {
  follower = await new Follower(directory).start();
  return follower;
}

function entry(name: string, address = "10.0.0.1"): string {
  return `apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: { name: ${name} }\nspec: { address: ${address} }\n`;
}

function put(name: string, text: string): void {
  writeFileSync(join(directory, name), text);
}

function names(state: SourceState): readonly string[] {
  return state.resources.map(({ document }) => (document.metadata as { name: string }).name);
}

function has(...wanted: string[]): (state: SourceState) => boolean {
  return (state) => names(state).join() === wanted.join();
}

describe("the first state", () => {
  test("is complete when start resolves: folders, several documents, all endings, in the order of names", async () => {
    mkdirSync(join(directory, "b"));
    put("c.yml", entry("c"));
    put(
      "b/b.json",
      JSON.stringify({ apiVersion: "networking.istio.io/v1", kind: "ServiceEntry", metadata: { name: "b" } }),
    );
    put("a.yaml", `${entry("a1")}---\n${entry("a2")}`);
    put("readme.txt", "not YAML: [");
    put(".hidden.yaml", "not YAML: [");
    const { last } = await follow();
    expect(names(last)).toEqual(["a1", "a2", "b", "c"]);
    expect(last.resources.map(({ place }) => `${place.file}:${place.line}`)).toEqual([
      "a.yaml:1",
      "a.yaml:6",
      "b/b.json:1",
      "c.yml:1",
    ]);
    expect(last.problems).toEqual([]);
  });

  test("of a directory without files is empty", async () => {
    expect((await follow()).last).toEqual({ resources: [], ignored: [], problems: [] });
  });

  test("what is not Meltemi's is told, and no problem", async () => {
    put("a.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\n");
    const { last } = await follow();
    expect(last.problems).toEqual([]);
    expect(last.ignored).toMatchObject(
      [{ place: { file: "a.yaml", line: 1 }, reason: /^Deployment of apps\/v1 is not read/ }].map((one) => ({
        ...one,
        reason: expect.stringMatching(one.reason),
      })),
    );
  });

  test("a list as kubectl prints it is taken apart, with the lines of its items", async () => {
    put(
      "a.yaml",
      "apiVersion: v1\nkind: List\nitems:\n- apiVersion: networking.istio.io/v1\n  kind: ServiceEntry\n  metadata:\n    name: a\n",
    );
    const [resource] = (await follow()).last.resources;
    expect(resource?.place.line).toBe(4);
    expect(resource?.locate(["metadata", "name"])).toEqual({ file: "a.yaml", line: 7 });
  });

  test("a directory that does not exist", async () => {
    const source = new DirectorySource(join(directory, "nowhere"), recognise);
    const error = await source.start(() => {}).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(MeltemiError);
    expect(error).toMatchObject({ code: "USAGE", message: expect.stringContaining("nowhere cannot be read") });
  });

  test("of a malformed file has the documents that are well formed, and its line", async () => {
    put("a.yaml", `${entry("a")}---\nkind: [\n---\n${entry("b")}`);
    put("c.yaml", entry("c"));
    const { last } = await follow();
    expect(names(last)).toEqual(["a", "b", "c"]);
    expect(last.problems).toMatchObject([{ severity: "error", resource: undefined, file: "a.yaml" }]);
  });
});

describe("changes", () => {
  test("a file is added, written over and deleted", async () => {
    put("a.yaml", entry("a"));
    const followed = await follow();
    put("b.yaml", entry("b"));
    await followed.until(has("a", "b"));
    put("a.yaml", entry("a2"));
    await followed.until(has("a2", "b"));
    rmSync(join(directory, "b.yaml"));
    await followed.until(has("a2"));
  });

  test("a folder comes and goes with what is in it", async () => {
    const followed = await follow();
    mkdirSync(join(directory, "team/one"), { recursive: true });
    put("team/one/a.yaml", entry("a"));
    await followed.until(has("a"));
    rmSync(join(directory, "team"), { recursive: true });
    await followed.until(has());
  });

  test("a file that another is renamed over", async () => {
    put("a.yaml", entry("a"));
    const followed = await follow();
    for (const name of ["b", "c", "d"]) {
      put(".a.yaml.tmp", entry(name));
      renameSync(join(directory, ".a.yaml.tmp"), join(directory, "a.yaml"));
      await followed.until(has(name));
    }
  });

  test("writes that follow one another are one change", async () => {
    const followed = await follow();
    for (let index = 0; index < 20; index++) put(`${String(index).padStart(2, "0")}.yaml`, entry(`e${index}`));
    await followed.until((state) => state.resources.length === 20);
    expect(followed.states.length).toBeLessThan(6);
  });

  test("what did not change is the same object as before", async () => {
    put("a.yaml", entry("a"));
    put("b.yaml", entry("b"));
    const followed = await follow();
    const before = followed.last;
    put("b.yaml", entry("b2"));
    const after = await followed.until(has("a", "b2"));
    expect(after.resources[0]).toBe(before.resources[0]);
    expect(after.resources[1]).not.toBe(before.resources[1]);
  });

  test("nothing is told after close", async () => {
    const followed = await follow();
    await followed.source.close();
    put("a.yaml", entry("a"));
    // Another source has seen it: the first one would have, too.
    const other = await new Follower(directory).start();
    await other.source.close();
    expect(other.last.resources).toHaveLength(1);
    expect(followed.states).toHaveLength(1);
  });
});

describe("a mounted ConfigMap", () => {
  function version(name: string, files: Readonly<Record<string, string>>): void {
    mkdirSync(join(directory, name));
    for (const [file, text] of Object.entries(files)) put(`${name}/${file}`, text);
    symlinkSync(name, join(directory, "..data_tmp"));
    renameSync(join(directory, "..data_tmp"), join(directory, "..data"));
  }

  test("is read once, and again when `..data` is swapped", async () => {
    version("..2026_01", { "a.yaml": entry("a"), "b.yaml": entry("b") });
    symlinkSync("..data/a.yaml", join(directory, "a.yaml"));
    symlinkSync("..data/b.yaml", join(directory, "b.yaml"));
    const followed = await follow();
    expect(names(followed.last)).toEqual(["a", "b"]);
    version("..2026_02", { "a.yaml": entry("a2"), "b.yaml": entry("b2") });
    await followed.until(has("a2", "b2"));
    // The old folder goes later, and that changes nothing.
    rmSync(join(directory, "..2026_01"), { recursive: true });
    version("..2026_03", { "a.yaml": entry("a3") });
    await followed.until(has("a3"));
    // Never half of one and half of the other.
    expect(followed.states.map((state) => names(state).join())).toEqual(["a,b", "a2,b2", "a3"]);
  });

  test("is read again when the swap is all that happens", async () => {
    version("..2026_01", { "a.yaml": entry("a") });
    symlinkSync("..data/a.yaml", join(directory, "a.yaml"));
    mkdirSync(join(directory, "..2026_02"));
    put("..2026_02/a.yaml", entry("a2"));
    const followed = await follow();
    symlinkSync("..2026_02", join(directory, "..data_tmp"));
    renameSync(join(directory, "..data_tmp"), join(directory, "..data"));
    await followed.until(has("a2"));
  });
});

describe("links", () => {
  test("several to one file are one; those that lead nowhere or back up are left", async () => {
    put("a.yaml", entry("a"));
    symlinkSync("a.yaml", join(directory, "b.yaml"));
    symlinkSync("gone.yaml", join(directory, "c.yaml"));
    symlinkSync(".", join(directory, "loop"));
    const { last } = await follow();
    expect(names(last)).toEqual(["a"]);
    expect(last.problems).toEqual([]);
  });
});

describe("the last good version of a file stays in force", () => {
  test.each([
    ["half written", entry("b").slice(0, -3).replace("spec: {", "spec: { a: [")],
    ["cut before it says what it is", "apiVersion: networking.istio.io/v1\n"],
    ["emptied", ""],
    ["too long", `# ${"x".repeat(MAX_FILE_BYTES)}\n`],
    ["a key twice", `${entry("b")}spec: {}\n`],
  ])("%s", async (_, text) => {
    put("a.yaml", `${entry("a1")}---\n${entry("a2")}`);
    const followed = await follow();
    put("a.yaml", text);
    const state = await followed.until(({ problems }) => problems.length > 0);
    expect(names(state)).toEqual(["a1", "a2"]);
    expect(state.problems).toMatchObject([{ file: "a.yaml", resource: undefined }]);
    expect(state.problems[0]?.reason).toMatch(/the file's last good version stays in force$/);
    put("a.yaml", entry("b"));
    expect((await followed.until(has("b"))).problems).toEqual([]);
  });

  test("a malformed file that is deleted is gone", async () => {
    put("a.yaml", entry("a"));
    const followed = await follow();
    put("a.yaml", "a: [");
    await followed.until(({ problems }) => problems.length > 0);
    rmSync(join(directory, "a.yaml"));
    expect((await followed.until(has())).problems).toEqual([]);
  });

  test("bytes that are not UTF-8", async () => {
    writeFileSync(join(directory, "a.yaml"), Buffer.from([0x61, 0x3a, 0x20, 0xff]));
    expect((await follow()).last.problems).toMatchObject([
      { file: "a.yaml", reason: "cannot be read: it is not UTF-8 text" },
    ]);
  });

  test("the directory itself goes and comes", async () => {
    put("a.yaml", entry("a"));
    const followed = await follow();
    renameSync(directory, `${directory}-away`);
    const state = await followed.until(({ problems }) => problems.length > 0);
    expect(names(state)).toEqual(["a"]);
    expect(state.problems[0]?.reason).toMatch(/what was read last stays in force$/);
    renameSync(`${directory}-away`, directory);
    await followed.until(({ problems }) => problems.length === 0);
    put("b.yaml", entry("b"));
    await followed.until(has("a", "b"));
  });
});
