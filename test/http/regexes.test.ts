import { expect, it } from "vitest";
import { badRegex } from "../../adapter/resource/re2.js";
import { GOOD_REGEXES } from "./regexes.js";

it.each(GOOD_REGEXES)("takes %s", (pattern) => {
  expect(badRegex(pattern)).toBeUndefined();
});

it.each([
  ["(", /has no \) behind it/],
  ["a)", /has no \( before it/],
  ["[a", /has no \] behind it/],
  ["[]", /has no \] behind it/],
  ["[é-ü]", /ASCII alone/],
  ["\\x{100}", /no such escape/],
  ["\\400", /no such escape/],
  ["[z-a]", /ends before it begins/],
  ["[[:nope:]]", /no such class/],
  ["a**", /follows another one/],
  ["a{2}{3}", /follows another one/],
  ["*a", /nothing before it/],
  ["|+", /nothing before it/],
  ["{2}", /nothing before it/],
  ["a{3,2}", /2 is less than 3/],
  ["a{1001}", /more than 1000 times/],
  ["(a{100}){100}", /more than 1000 times/],
  ["(?=a)", /looks neither ahead nor back/],
  ["(?!a)", /no such group/],
  ["(?<!a)b", /no such group/],
  ["(?>a)", /no such group/],
  ["(a)\\1", /no such escape/],
  ["\\k<a>", /no such escape/],
  ["\\", /nothing behind it/],
  ["(?P<a>b)(?P<a>c)", /is there twice/],
  ["(\\pL{500}){2}", /too large/],
])("refuses %s", (pattern, reason) => {
  expect(badRegex(pattern)).toMatch(reason);
});
