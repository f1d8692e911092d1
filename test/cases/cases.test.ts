import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "vitest";
import { type Case, parseCaseFile } from "./case-file.js";
import { type Cut, Replay } from "./replay.js";

const WHOLE = Number.POSITIVE_INFINITY;
const directory = new URL("./", import.meta.url);

const SMALL = Array.from({ length: 40 }, (_, i) => i + 1);
const LARGER = [47, 56, 64, 75, 91, 110, 128, 157, 191, 256, 300, 383, 512];
/** Messages of ordinary length are over by then. */
const LONG = [997, 4096, 16_384, 65_536, 1 << 20];

/**
 * Every size from one byte up, both sides at once, then in larger steps; for long messages the sizes at which frames and
 * windows end. Each side alone is cut at some sizes while the other is whole, where turns come late.
 */
function cutsOf({ blocks }: Case): Cut[] {
  const long = blocks.some((block) => block.kind === "calls" && /(size=|zeros )\d{4}/.test(block.text));
  const sizes = long ? LONG : [...SMALL, ...LARGER];
  const alone = long ? LONG : [1, 2, 3, 8, 9, 10, 15, 16, 17, 25, ...LARGER];
  return [
    { client: WHOLE, upstream: WHOLE, turns: "after" },
    ...sizes.map((size): Cut => ({ client: size, upstream: size, turns: "between" })),
    ...alone.map((size): Cut => ({ client: size, upstream: WHOLE, turns: "after" })),
    ...alone.map((size): Cut => ({ client: WHOLE, upstream: size, turns: "between" })),
  ];
}

for (const name of readdirSync(directory).filter((file) => file.endsWith(".md") && file !== "README.md")) {
  const file = parseCaseFile(readFileSync(new URL(name, directory), "utf8"));
  describe(`${name}: ${file.title}`, () => {
    it.each(file.cases)("$name", (source) => {
      for (const cut of cutsOf(source)) {
        try {
          new Replay(source, cut).run();
        } catch (error) {
          const how = `client ${cut.client} B, upstream ${cut.upstream} B at a time, turns ${cut.turns}`;
          throw new Error(`${name}, ${how}: ${(error as Error).message}`, { cause: error });
        }
      }
    });
  });
}
