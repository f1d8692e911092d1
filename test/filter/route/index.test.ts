import { beforeAll, describe, expect, test } from "vitest";
import { configOf, type Matcher, SERVICE } from "./config.js";
import { Random } from "./random.js";
import { compileRouter, Router } from "./router.js";

let router: Router;

beforeAll(async () => {
  router = new Router(await compileRouter());
});

/** Few letters and short texts, so that conditions hold often and overlap in every way. */
function word(random: Random): string {
  const length = random.below(6);
  return Array.from({ length }, () => random.pick(["a", "b", "é"])).join("");
}

function matcher(random: Random): Matcher {
  const kinds: (() => Record<string, unknown>)[] = [
    () => ({ exact_match: word(random) }),
    () => ({ exact_match: word(random) }),
    () => ({ prefix_match: word(random) }),
    () => ({ suffix_match: word(random) }),
    () => ({ contains_match: word(random) }),
    () => ({ regex_match: `${word(random)}.*` }),
    () => ({ regex_match: `.*${word(random)}` }),
    () => ({ regex_match: `^${word(random)}$` }),
    () => ({ regex_match: `(${word(random)}|b)+${word(random)}.?` }),
    () => ({ regex_match: `a?${word(random)}b*` }),
    () => ({ present_match: random.chance(50) }),
    () => ({ range_match: { start: random.below(3), end: 3 + random.below(3) } }),
  ];
  const invert = random.chance(15) && { invert_match: true };
  return { name: random.pick(["user", "zone", "method", "size"]), ...random.pick(kinds)(), ...invert };
}

describe("the tree finds what going through the routes one by one finds", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("seed %i", (seed) => {
    const random = new Random(seed);
    for (let tables = 0; tables < 12; tables++) {
      const routes = Array.from({ length: 1 + random.below(120) }, () =>
        Array.from({ length: 1 + random.below(4) }, () => matcher(random)),
      );
      const table = router.table(configOf(routes));
      for (let calls = 0; calls < 150; calls++) {
        const attributes: Record<string, string> = {};
        for (const name of ["user", "zone", "method"]) if (random.chance(80)) attributes[name] = word(random);
        if (random.chance(80)) attributes.size = String(random.below(7));
        const call = { service: SERVICE, attributes };
        const expected = table.findLinear(call);
        if (table.find(call) !== expected) expect({ call, routes, found: table.find(call) }).toEqual({ expected });
      }
      table.free();
    }
  });
});

test("long literals that begin or end alike are told apart", () => {
  const long = "x".repeat(100);
  const table = router.table(
    configOf([
      ...Array.from({ length: 9 }, (_, i) => [{ name: "user", prefix_match: `${long}${i}` }]),
      ...Array.from({ length: 9 }, (_, i) => [{ name: "user", suffix_match: `${i}${long}` }]),
      ...Array.from({ length: 9 }, (_, i) => [{ name: "user", contains_match: `${i}${long}${i}` }]),
    ]),
  );
  const find = (user: string) => table.find({ service: SERVICE, attributes: { user } });
  expect([find(`${long}7!`), find(`!5${long}`), find(`!3${long}3!`), find(`!3${long}4!`)]).toEqual([7, 14, 21, -1]);
  table.free();
});

test("a call may have no attributes at all", () => {
  const table = router.table(
    configOf([...Array.from({ length: 50 }, (_, i) => [{ name: "user", exact_match: `${i}` }]), []]),
  );
  expect(table.find({ service: SERVICE, attributes: {} })).toBe(50);
  table.free();
});
