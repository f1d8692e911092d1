import { RE2JS } from "re2js";
import { beforeAll, describe, expect, test } from "vitest";
import { configOf, SERVICE } from "./config.js";
import { Random } from "./random.js";
import { compileRouter, Router } from "./router.js";

let router: Router;

beforeAll(async () => {
  router = new Router(await compileRouter());
});

const atoms = [
  ..."abAB_-1 \n",
  ...[".", "é", "😀", "\\d", "\\w", "\\S", "\\W", "\\n", "\\x{e9}", "\\Qa.\\E", "^", "$", "\\b", "\\B", "\\A", "\\z"],
  ...["[ab]", "[^a]", "[a-c1]", "[^\\w]", "[é-ü]", "[[:upper:]_]", "[^\\n😀]", "[\\D]"],
];
const repetitions = ["*", "+", "?", "*?", "{2}", "{0,2}", "{1,}", "{3,4}?"];
const groups = ["(", "(?:", "(?i:", "(?s:", "(?m:", "(?i-s:", "(?P<name>"];

/** RE2 wants each name once. */
let names = 0;

/** A regex of the subset that is documented, made of parts that overlap. */
function regex(random: Random, depth: number): string {
  const branches = Array.from({ length: random.chance(25) ? 2 : 1 }, () =>
    Array.from({ length: random.below(4) }, () => {
      const group = depth > 0 && random.chance(35);
      const open = random.pick(groups).replace("name", `n${names++}`);
      const atom = group ? `${open}${regex(random, depth - 1)})` : random.pick(atoms);
      return random.chance(35) ? atom + random.pick(repetitions) : atom;
    }).join(""),
  );
  return branches.join("|");
}

function text(random: Random): string {
  return Array.from({ length: random.below(7) }, () => random.pick([..."abABc_-1 \n\r", "é", "ü", "😀", "K"])).join("");
}

/** (?i) beyond ASCII is refused here and folded there: those are not compared. */
function compare(pattern: string, texts: readonly string[]): boolean {
  const table = router.read(configOf([[{ name: "user", regex_match: pattern }]]));
  if (typeof table === "string") {
    if (table.includes("ASCII only")) return false;
    expect(() => RE2JS.compile(pattern), `${JSON.stringify(pattern)}: ${table}`).toThrow();
    return false;
  }
  const re2 = RE2JS.compile(pattern);
  for (const user of texts) {
    const here = table.find({ service: SERVICE, attributes: { user } }) === 0;
    if (here !== re2.testExact(user)) expect({ pattern, user, here }).toEqual({ pattern, user, here: !here });
  }
  table.free();
  return true;
}

describe("a full match is one exactly where RE2 finds one", () => {
  test.each([11, 12, 13, 14])("seed %i", (seed) => {
    const random = new Random(seed);
    let compared = 0;
    for (let i = 0; i < 1500; i++) {
      const pattern = regex(random, 3);
      if (
        compare(
          pattern,
          Array.from({ length: 25 }, () => text(random)),
        )
      )
        compared++;
    }
    expect(compared).toBeGreaterThan(1000);
  });
});

test("the same where no table is made: an alternative that no text takes needs too many states", () => {
  const random = new Random(31);
  const wide = "\\x00.*a[ab]{60}";
  let compared = 0;
  for (let i = 0; i < 250; i++) {
    const pattern = `(?:${regex(random, 3)})|${wide}`;
    const table = router.read(configOf([[{ name: "user", regex_match: pattern }]]));
    if (typeof table === "string") continue;
    expect([pattern, table.hasTransitions(SERVICE)]).toEqual([pattern, false]);
    table.free();
    const texts = Array.from({ length: 25 }, () => text(random));
    if (compare(pattern, [...texts, `\0a${"b".repeat(60)}`])) compared++;
  }
  expect(compared).toBeGreaterThan(150);
});

test("what is refused as a regex is refused by RE2, and what is taken is taken, whatever the text", () => {
  const random = new Random(21);
  const pieces = [..."ab()[]{}|*+?^$.\\-,12:=<>!Pisn", "[:alpha:]", "(?", "\\Q", "\\E", "\\x", "{1,2}"];
  // Refused on purpose, where RE2 has an answer.
  const beyond = /\\[pP]|\(\?i|i.*\)|\\E|\(\?P?</;
  let both = 0;
  for (let i = 0; i < 6000; i++) {
    const pattern = Array.from({ length: 1 + random.below(7) }, () => random.pick(pieces)).join("");
    if (beyond.test(pattern)) continue;
    const table = router.read(configOf([[{ name: "user", regex_match: pattern }]]));
    let re2 = true;
    try {
      RE2JS.compile(pattern);
    } catch {
      re2 = false;
    }
    expect([pattern, typeof table !== "string"]).toEqual([pattern, re2]);
    if (typeof table !== "string") {
      table.free();
      both++;
    }
  }
  expect(both).toBeGreaterThan(500);
});
