import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "vitest";
import { type Case, parseCaseFile } from "./case-file.js";
import { type Cut, Replay } from "./replay.js";

const WHOLE = Number.POSITIVE_INFINITY;
const directory = new URL("./", import.meta.url);

/** Every size from one byte up for messages of ordinary length; for long ones the sizes at which frames and windows end. */
function cutsOf({ blocks }: Case): Cut[] {
  const long = blocks.some((block) => block.kind === "calls" && /(size=|zeros )\d{4}/.test(block.text));
  const small = Array.from({ length: 160 }, (_, i) => i + 1);
  const sizes = long ? [997, 4096, 16_384, 65_536, 1 << 20] : [...small, 191, 256, 300, 383, 512];
  return [
    { client: WHOLE, upstream: WHOLE, turns: "after" },
    ...sizes.flatMap((size): Cut[] => [
      { client: size, upstream: size, turns: "between" },
      { client: size, upstream: WHOLE, turns: "after" },
      { client: WHOLE, upstream: size, turns: "between" },
    ]),
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
