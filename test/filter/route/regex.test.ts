import { beforeAll, describe, expect, test } from "vitest";
import { configOf, SERVICE } from "./config.js";
import { compileRouter, Router } from "./router.js";

let router: Router;

beforeAll(async () => {
  router = new Router(await compileRouter());
});

/** Whether the regex matches the whole text; the reason where the filter refuses it. */
function match(regex: string, text: string): boolean | string {
  const table = router.read(configOf([[{ name: "user", regex_match: regex }]]));
  if (typeof table === "string")
    return table.replace("virtual_hosts[0].routes[0].match.attributes[0].regex_match: ", "");
  const order = table.find({ service: SERVICE, attributes: { user: text } });
  table.free();
  return order === 0;
}

const accepted: [what: string, regex: string, yes: string[], no: string[]][] = [
  ["the whole value", "b", ["b"], ["abc", "bb", ""]],
  ["nothing", "", [""], ["a"]],
  ["concatenation and alternation", "ab|cd|", ["ab", "cd", ""], ["abcd", "acd"]],
  ["groups", "a(b|c)d", ["abd", "acd"], ["ad", "abcd"]],
  ["groups that are not captured or have names", "(?:a)(?P<x>b)(?<y_1>c)", ["abc"], ["ab"]],
  ["star, plus and question mark", "a*b+c?", ["b", "aabbc", "bc"], ["a", "ac", "bcc"]],
  ["lazy repetitions", "a*?b+?c??d{1,2}?", ["bd", "aabbcdd"], ["d", "bddd"]],
  ["counted repetitions", "a{2}b{1,}c{0,2}", ["aab", "aabbbcc"], ["ab", "aabccc", "aaab"]],
  ["a repeated group", "(ab|c){2,3}", ["abc", "cc", "ababab"], ["c", "cccc"]],
  ["braces that count nothing", "a{,2}{x}{", ["a{,2}{x}{"], ["aa"]],
  ["1000 repetitions", "[a-z]{1000}", ["q".repeat(1000)], ["q".repeat(999), "q".repeat(1001)]],
  ["a repetition of an empty group", "(a|())*(|b)*", ["", "aab"], ["c"]],
  ["any rune but a newline", "a.c", ["abc", "aéc", "a😀c", "a\rc"], ["a\nc", "ac", "abbc"]],
  ["any rune with (?s)", "(?s)a.c", ["a\nc", "aéc"], ["ac"]],
  ["without regard to case", "(?i)straSSe-k", ["STRASSE-K", "strasse-k", "straſſe-\u212a"], ["straße-k"]],
  ["classes without regard to case", "(?i)[a-c]+[^x]", ["aBCy", "A-"], ["abX", "abcx"]],
  ["flags that end with their group", "a((?i)b)c(?i:d)e", ["abcde", "aBcDe"], ["Abcde", "abCde", "abcdE"]],
  ["flags taken back", "(?i)a(?-i)b(?i-s:c)", ["AbC", "abc"], ["aB", "ABc"]],
  ["flags that hold over alternatives", "(?i)a|b", ["A", "B"], ["C"]],
  ["(?U), which a full match does not see", "(?U)a*b+", ["aab"], ["a"]],
  ["bracket classes", "[abx-z]+", ["abxyz"], ["c", "-"]],
  ["negated classes, which take a newline", "[^ab]+", ["cd\né"], ["ca", ""]],
  ["brackets and dashes in classes", "[]a-][-b][c-]", ["]bc", "--c", "a--"], ["bbb"]],
  ["escapes in classes", "[\\]\\\\\\n\\x41\\x{e9}]+", ["]\\\nAé"], ["n", "x"]],
  ["runes beyond ASCII in classes", "[α-ω😀-😎é]+", ["βγ😃é"], ["a", "Α", "\u{1f60f}"]],
  ["Perl's classes", "\\d\\D\\s\\S\\w\\W", ["1a b_-", "0\n\n.Z é".slice(0, 6)], ["aa b_-"]],
  ["Perl's classes in brackets", "[\\d_]+[^\\w-]", ["12_ ", "1é"], ["1-", "11"]],
  ["white space without the vertical tab", "\\s+", [" \t\n\f\r"], ["\v", "\u00a0"]],
  ["named classes", "[[:alpha:]]+[[:digit:][:punct:]]*[[:^space:]]", ["ab1!x", "ax"], ["1", "ab "]],
  [
    "all named classes",
    "[[:alnum:]][[:ascii:]][[:blank:]][[:cntrl:]][[:graph:]][[:lower:]][[:print:]][[:upper:]][[:word:]][[:xdigit:]]",
    ["a~ \n!z A_f"],
    ["a~ \n zAA_f"],
  ],
  ["an open bracket in a class", "[[a]+[[:b]", ["[a[", "[a:", "ab"], ["c["]],
  ["anchors at the ends", "^a$|\\Ab\\z", ["a", "b"], ["a\n", "ab"]],
  ["anchors in the middle", "a^b|a$b|x\\Ay", [], ["ab", "a\nb", "xy"]],
  ["anchors in loops", "(^a)*(b$)*", ["", "a", "b", "ab"], ["aa", "bb"]],
  ["lines with (?m)", "(?m)a$\\n^b$|^$", ["a\nb", ""], ["a\nc", "ab"]],
  [
    "word boundaries",
    "\\bab\\b.\\Bc\\B.|\\B",
    ["ab éé".slice(0, 3) === "ab " ? "ab-" : "", ""].slice(1),
    ["ab c", "a"],
  ],
  ["a word boundary within", "a\\b.b.*", ["a-b", "a b c"], ["axb", "aéb".replace("é", "_")]],
  ["no word boundary within", "a\\B.*", ["ab", "a_"], ["a", "a-"]],
  ["control characters and numbers", "\\a\\f\\n\\r\\t\\v\\x7f\\x{1F600}\\101\\0", ["\x07\f\n\r\t\v\x7f😀A\0"], [""]],
  ["escaped punctuation", "\\.\\*\\[\\]\\(\\)\\{\\}\\|\\^\\$\\?\\+\\\\\\/\\-\\_", [".*[](){}|^$?+\\/-_"], [""]],
  ["quoted text", "\\Qa.b*(\\E+c\\Q]", ["a.b*(c]", "a.b*(((c]"], ["aXb*(c]"]],
  ["any byte", "\\C\\C", ["é", "ab"], ["a", "😀"]],
  ["a literal NUL", "a\0b", ["a\0b"], ["ab"]],
  [
    "Istio's usual cookie match",
    "^(.*?;)?\\s*(user=jason)(;.*)?$",
    ["user=jason", "a=b; user=jason;c=d"],
    ["user=jasonx", "xuser=jason"],
  ],
];

describe("what is supported", () => {
  test.each(accepted)("%s", (_, regex, yes, no) => {
    for (const text of yes) expect([regex, text, match(regex, text)]).toEqual([regex, text, true]);
    for (const text of no) expect([regex, text, match(regex, text)]).toEqual([regex, text, false]);
  });
});

const refused: [regex: string, reason: string][] = [
  ["a(b", "missing closing ): (b"],
  ["((a)", "missing closing ): ((a)"],
  ["a)b", "unexpected ): )"],
  ["a[b", "missing closing ]: [b"],
  ["[]", "missing closing ]: []"],
  ["*a", "nothing to repeat: *"],
  ["a|+", "nothing to repeat: +"],
  ["(?i)*", "nothing to repeat: *"],
  ["({2})", "nothing to repeat: {2}"],
  ["a**", "a repetition of a repetition needs a group: **"],
  ["a{2}{3}", "a repetition of a repetition needs a group: {2}{3}"],
  ["a{2,1}", "a repetition ends before it begins: {2,1}"],
  ["a{1001}", "more than 1000 repetitions: {1001}"],
  ["a{1,99999999999}", "more than 1000 repetitions: {1,99999999999}"],
  ["[z-a]", "a range ends before it begins: z-a"],
  ["[a-\\d]", "unknown escape: \\d"],
  ["[[:vowel:]]", "unknown class: [:vowel:]"],
  ["a\\", "trailing backslash: \\"],
  ["\\y", "unknown escape: \\y"],
  ["\\Z", "unknown escape: \\Z"],
  ["[\\b]", "unknown escape: \\b"],
  ["(a)\\1", "backreferences are not supported: \\1"],
  ["\\pL", "Unicode classes are not supported: \\p"],
  ["[\\P{Greek}]", "Unicode classes are not supported: \\P"],
  ["\\x4", "bad hexadecimal escape: \\x4"],
  ["\\x{110000}", "bad hexadecimal escape: \\x{110000"],
  ["\\x{}", "bad hexadecimal escape: \\x{"],
  ["a(?=b)", "looking ahead or behind is not supported: (?="],
  ["a(?!b)", "looking ahead or behind is not supported: (?!"],
  ["(?<=a)b", "looking ahead or behind is not supported: (?<"],
  ["(?P=x)", "bad group: (?P"],
  ["(?P<>a)", "bad group name: (?P<"],
  ["(?q)a", "bad flags: (?q"],
  ["(?i-)a", "bad flags: (?i-)"],
  ["(?i", "bad flags: (?i"],
  ["(?i)é", "(?i) is supported for ASCII only: é"],
  ["(?i)[à-ö]", "(?i) is supported for ASCII only: à-ö"],
  ["(".repeat(300) + ")".repeat(300), "groups nested too deep"],
  ["((a{100}){100}){100}", "too large, its repetitions written out"],
  ["((((){1000}){1000}){1000}){1000}", "too large, its repetitions written out"],
  ["a".repeat(4097), "longer than 4096 bytes"],
];

describe("what is refused", () => {
  test.each(refused)("%s", (regex, reason) => {
    expect(match(regex, "a")).toBe(reason);
  });
});

describe("bounds", () => {
  test("a regex of the longest length and the deepest nesting is taken", () => {
    expect(match("a".repeat(4096), "a".repeat(4096))).toBe(true);
    expect(match(`${"(".repeat(200)}a${")".repeat(200)}`, "a")).toBe(true);
  });

  test("what has too many states for a table is matched on its instructions, in time linear in the value", () => {
    // Which of the last n letters was an a: 2^n states.
    const regex = ".*a[ab]{60}";
    const table = router.table(configOf([[{ name: "user", regex_match: regex }]]));
    expect(table.hasTransitions(SERVICE)).toBe(false);
    const find = (user: string) => table.find({ service: SERVICE, attributes: { user } });
    expect(find(`xyé${"b".repeat(500)}a${"ab".repeat(30)}`)).toBe(0);
    expect(find(`xyé${"b".repeat(500)}b${"ab".repeat(30)}`)).toBe(-1);
    expect(find(`a${"ab".repeat(30)}\xff`)).toBe(-1);
    table.free();
  });

  test("assertions are matched on instructions as in a table", () => {
    const table = router.table(configOf([[{ name: "user", regex_match: "(?m)^(x|y\\b|\\n^)*a[ab]{60}\\b$" }]]));
    expect(table.hasTransitions(SERVICE)).toBe(true);
    const wide = router.table(configOf([[{ name: "user", regex_match: "(?m)(.|\\n)*(^|\\B)a[ab]{60}\\b$" }]]));
    expect(wide.hasTransitions(SERVICE)).toBe(false);
    const find = (user: string) => wide.find({ service: SERVICE, attributes: { user } });
    expect(find(`x\na${"b".repeat(60)}`)).toBe(0);
    expect(find(`xa${"b".repeat(60)}`)).toBe(0);
    expect(find(`-a${"b".repeat(60)}`)).toBe(-1);
    expect(find(`a${"b".repeat(60)}\n`)).toBe(-1);
    table.free();
    wide.free();
  });

  test("classic exponential cases end at once", () => {
    const value = `${"a".repeat(8000)}!`;
    for (const regex of ["(a*)*b", "(a|a)*b", "(a|aa)+b", "(.*)*(.*)*x", "(a?){500}a{500}"]) {
      expect([regex, match(regex, value)]).toEqual([regex, false]);
    }
  });
});
