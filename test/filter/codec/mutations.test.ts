import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Codec } from "./codec.js";
import { type MutationCase, protocolFolders, readMutationCases } from "./literate.js";

const cases = protocolFolders().flatMap((protocol) =>
  readMutationCases(join(import.meta.dirname, protocol)).map((one) => ({ ...one, protocol })),
);
const codecs = new Map<string, Codec>();

beforeAll(async () => {
  for (const protocol of new Set(cases.map((one) => one.protocol))) codecs.set(protocol, await Codec.load(protocol));
});

function mutate(one: MutationCase & { protocol: string }, shown: number): string {
  const mutated = (codecs.get(one.protocol) as Codec).mutate(one.direction, one.bytes, one.rules, shown);
  return "reason" in mutated ? mutated.reason : mutated.bytes.toString("hex");
}

describe.each(cases)("$protocol/$file: $title", (one) => {
  const expected = one.unmutable ?? one.mutated?.toString("hex");

  it("when it is all there", () => {
    expect(mutate(one, one.bytes.length)).toBe(expected);
  });

  it("whatever is shown first", () => {
    const least = (codecs.get(one.protocol) as Codec).leastShown(one.direction, one.bytes);
    for (let shown = least; shown < one.bytes.length; shown += 1 + Math.floor(shown / 200)) {
      expect(mutate(one, shown)).toBe(expected);
    }
  });
});
