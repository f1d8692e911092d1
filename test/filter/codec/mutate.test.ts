import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Codec, type Decoded, type Rule, SCAN_WINDOW_BYTES } from "./codec.js";
import { type LiterateCase, protocolFolders, readCases } from "./literate.js";
import { Random } from "./random.js";

/** For each message of the literate cases, captures of real peers among them. */
const CHANGES = 25;
const MAX_MESSAGE_BYTES = 64 << 20;
/** Longer ones are changed once or twice. */
const LONG_BYTES = 2000;
const LONGEST_BYTES = 200_000;
const NAMES = ["user", "x", "status.user", "tags", "grüße"];
const VALUES = ["", "jason", "a,b", "你好 😀", "v".repeat(40), "w".repeat(1030)];

function decode(codec: Codec, { direction, listening }: LiterateCase, bytes: Uint8Array): Decoded {
  const way = { direction, listening, maxMessageBytes: MAX_MESSAGE_BYTES };
  return codec.decode(bytes, { ...way, shown: bytes.length, window: SCAN_WINDOW_BYTES });
}

function someRules(names: readonly string[], random: Random): Rule[] {
  return names
    .filter(() => random.below(2) === 0)
    .map((name) => {
      const how = random.pick(["set", "add", "remove"] as const);
      return how === "remove" ? { how, name } : { how, name, value: random.pick(VALUES) };
    });
}

/** What becomes of attributes by the rules. */
function changed(attributes: Decoded["attributes"], rules: readonly Rule[]): Decoded["attributes"] {
  const after = { ...attributes };
  for (const { how, name, value = "" } of rules) {
    const before = attributes[name];
    if (how === "remove") after[name] = undefined;
    else after[name] = how === "add" && before !== undefined ? `${before},${value}` : value;
  }
  return after;
}

/** All of what is known of a message but its length and its attributes, with what stands behind its last attribute. */
function rest({ total: _, attributes: __, echo: ___, ...known }: Decoded): unknown {
  return known;
}

const protocols = protocolFolders().filter((name) => !name.startsWith("declared") && name !== "redis");

describe.each(protocols)("messages of %s that are changed", (protocol) => {
  it("have the attributes that the rules say, and are the same otherwise", { timeout: 120_000 }, async () => {
    const codec = await Codec.load(protocol);
    const random = new Random(7);
    let done = 0;
    for (const one of readCases(join(import.meta.dirname, protocol))) {
      const names = [...new Set([...NAMES, ...one.wanted])].filter((name) => codec.isMutable(name));
      codec.demand(names);
      const before = decode(codec, one, one.bytes);
      if (one.bytes.length > LONGEST_BYTES) continue;
      if (before.step !== "DONE" || before.total !== one.bytes.length || !/^(CALL|ONE_WAY|ANSWER)$/.test(before.kind))
        continue;
      for (let i = 0; i < (one.bytes.length > LONG_BYTES ? 2 : CHANGES); i++) {
        const rules = someRules(names, random);
        const mutated = codec.mutate(one.direction, one.bytes, rules);
        if ("reason" in mutated) continue;
        const what = `"${one.title}", ${JSON.stringify(rules)}, ${mutated.bytes.toString("hex").slice(0, 1000)}`;
        codec.demand(names);
        const after = decode(codec, one, mutated.bytes);
        expect(rest(after), what).toEqual(rest(before));
        expect(after.total, what).toBe(mutated.bytes.length);
        if (one.direction === "request") expect(after.attributes, what).toEqual(changed(before.attributes, rules));
        // What was set is there: to set it once more changes nothing.
        const sets = rules.filter(({ how }) => how === "set");
        const again = codec.mutate(one.direction, mutated.bytes, sets);
        expect("bytes" in again && Buffer.compare(again.bytes, mutated.bytes) === 0, what).toBe(true);
        done++;
      }
    }
    expect(done).toBeGreaterThan(100);
  });
});
