import { describe, expect, it } from "vitest";
import { formatFieldPath } from "../status/field-path.js";
import { compile } from "./compile.js";
import type { Declaration } from "./declaration.js";

const GOOD: Declaration = {
  protocol: "orders",
  frame: { headBytes: 16, magic: [{ text: "ORD1" }], length: { at: 12, width: 4 } },
  id: { at: 8, width: 4 },
  call: {
    parts: [
      { name: "service", type: "TEXT", length: { prefix: 2 } },
      { name: "rest", type: "JSON", length: { rest: true } },
    ],
    service: { part: "service" },
    attributes: [{ name: "user", part: "rest", pointer: "/user" }],
  },
  replies: { error: [{ id: { width: 4 } }, { message: {} }] },
};

function problemsOf(declaration: Declaration): readonly string[] {
  const problems: string[] = [];
  compile(declaration, (path, reason) => problems.push(`${formatFieldPath(path)}: ${reason}`));
  return problems;
}

const TEXT = { type: "TEXT", length: { prefix: 1 } } as const;

describe("what cannot work is told by its field, with what to write instead", () => {
  it("nothing, where all is well", () => {
    expect(problemsOf(GOOD)).toEqual([]);
  });

  it.each<[string, Partial<Declaration>, string]>([
    [
      "a length beyond the head",
      { frame: { headBytes: 8, length: { at: 12, width: 4 } }, ordered: true, id: undefined as never },
      "spec.frame.length: a length at 12 of 4 bytes lies beyond the head of 8: make headBytes 16 at least",
    ],
    [
      "no end of a message",
      { frame: { headBytes: 8 } },
      "spec.frame: needs length (a number says how long a message is) or line (it ends with a mark), one of them",
    ],
    ["a length without a head", { frame: { length: { at: 0, width: 4 } } }, "spec.frame.headBytes: needed"],
    [
      "an id that is wider than a number",
      { id: { at: 0, width: 16 } },
      "spec.id: width 16: a number has 1 to 8 bytes; of a longer one declare the 8 that tell messages apart",
    ],
    [
      "an id behind the head",
      { id: { at: 14, width: 4 } },
      "spec.id: bytes 14 to 17 do not lie in the head of 16 bytes: make headBytes 18, or read them as a part behind the head",
    ],
    ["neither id nor order", { id: undefined as never }, "spec: id is missing"],
    ["id and order", { ordered: true }, "spec.ordered: answers are matched by id or by their order, not by both"],
    [
      "a part behind all that is left",
      {
        call: {
          parts: [
            { name: "all", type: "JSON", length: { rest: true } },
            { name: "late", ...TEXT },
          ],
          service: { part: "late" },
        },
      },
      "spec.call.parts[1]: late stands behind all, which reaches to the end of the message: give all another length, or put it last",
    ],
    [
      "a part that is not there",
      { call: { parts: [{ name: "a", ...TEXT }], service: { part: "b" } } },
      "spec.call.service: no part is called b; the parts are a",
    ],
    [
      "a key of what has none",
      { call: { parts: [{ name: "a", ...TEXT }], service: { part: "a", key: "x" } } },
      "spec.call.service.key: a is of type TEXT, one value: leave it out",
    ],
    [
      "no word of which is meant",
      { call: { parts: [{ name: "a", type: "JSON", length: { rest: true } }], service: { part: "a" } } },
      "spec.call.service: a is of type JSON: say by pointer which value of it",
    ],
    [
      "an error that nobody would know",
      { replies: { error: [{ message: {} }] } },
      "spec.replies.error: answers are matched by id, so the error reply needs an item id, or no caller would take it",
    ],
    [
      "heartbeats that nobody answers",
      {
        kinds: [
          { kind: "HEARTBEAT", when: [{ at: 0, text: "P" }] },
          { kind: "CALL", when: [{ at: 0, text: "C" }] },
          { kind: "ANSWER" },
        ],
      },
      "spec.replies: heartbeat is missing: there are messages of kind HEARTBEAT, which the filter answers; or call them NOTICE",
    ],
    [
      "a rule that is never taken",
      { kinds: [{ kind: "CALL" }, { kind: "ANSWER" }] },
      "spec.kinds[1]: never taken: the rule before it, CALL without when, takes every message",
    ],
    ["no answers", { kinds: [{ kind: "CALL" }] }, "spec.kinds: no rule says which message is an ANSWER"],
    [
      "half a condition",
      { kinds: [{ kind: "CALL", when: [{ at: 0, width: 1 }] }, { kind: "ANSWER" }] },
      "spec.kinds[0].when[0]: needs width and values (a number), or text, or hex",
    ],
    [
      "digits that are none",
      { frame: { ...GOOD.frame, magic: [{ hex: "4f5" }] } },
      'spec.frame.magic[0].hex: "4f5": must be hexadecimal digits, two for each byte',
    ],
    [
      "a reply that is too long",
      {
        replies: {
          error: [
            { id: { width: 4 } },
            { text: "x".repeat(200) },
            { text: "y".repeat(200) },
            { text: "z".repeat(200) },
          ],
        },
      },
      "spec.replies.error: up to 620 bytes besides the message: at most 512 are written; shorten its literals",
    ],
    [
      "an echo that reaches too far",
      { replies: { ...GOOD.replies, heartbeat: [{ echo: { at: 0, bytes: 1 } }, { echo: { at: 8, bytes: 1 } }] } },
      "spec.replies.heartbeat: what is echoed reaches over 9 bytes of the heartbeat: at most 4 are kept",
    ],
    [
      "a length of nothing",
      { replies: { error: [{ id: { width: 4 } }, { length: { prefix: 4 } }] } },
      "spec.replies.error[1]: a length needs of: the items whose bytes it counts",
    ],
    [
      "a pointer that is none",
      { call: { ...GOOD.call, attributes: [{ name: "user", part: "rest", pointer: "user" }] } },
      'spec.call.attributes[0].pointer: "user": a JSON pointer begins with /, as /params/service does',
    ],
  ])("%s", (_, change, problem) => {
    expect(problemsOf({ ...GOOD, ...change }).some((one) => one.startsWith(problem))).toBe(true);
  });

  it("more attributes than there is room for", () => {
    const attributes = Array.from({ length: 17 }, (_, index) => ({ name: `a${index}`, part: "rest", pointer: "/a" }));
    expect(problemsOf({ ...GOOD, call: { ...GOOD.call, attributes } })).toEqual([
      "spec.call.attributes: 17 names: at most 16; read further ones as keys of a map",
    ]);
  });
});
