import { equalBytes } from "../../memory/bytes";
import { Demand } from "../attributes";
import { Message } from "../message";
import { Reason, Step } from "../step";
import { moveCursor, partAt, partEnd, prefixEnd, prefixNumber, readPrefix } from "./part";
import { aOf, bOf, cOf, PAIRS_ARE_NAMED, PAIRS_END_PART, xOf, yOf } from "./program";
import { give, giveNamed, setText } from "./value";
import { first, lacking, refuse, shown } from "./window";

/**
 * Names that pairs are looked for by: [ count u32 | offset u32, length u32, target u32 … ]. With PAIRS_ARE_NAMED (of text: `b`) all
 * other keys are names of attributes.
 */
export const KEY_BYTES: usize = 12;

/** The pairs of the part, behind each other: a key and a value, each behind its length; with `c` there are as many as a number before them says. */
export function readPairs(program: usize, op: usize, demand: Demand | null, message: Message): Step {
  let at = partAt;
  let left = u64.MAX_VALUE;
  if (cOf(op)) {
    const step = readPrefix(cOf(op), at, message);
    if (step != Step.DONE) return step;
    left = prefixNumber;
    at = prefixEnd;
  }
  for (; at < partEnd && left > 0; left--) {
    let step = readText(aOf(op), at, message);
    if (step != Step.DONE) return step;
    const key = textAt;
    const keyBytes = textBytes;
    if (key + keyBytes > shown) return lacking(key + keyBytes, message);
    step = readText(bOf(op), key + keyBytes, message);
    if (step != Step.DONE) return step;
    at = textAt + textBytes;
    if (isNull) continue;
    const names = (yOf(op) & PAIRS_ARE_NAMED) != 0;
    step = givePair(program, op, names, key, keyBytes, textAt, textBytes, demand, message);
    if (step != Step.DONE) return step;
  }
  if (cOf(op)) {
    if (left) return refuse(message, Reason.MALFORMED, at);
    if (yOf(op) & PAIRS_END_PART) moveCursor(at);
  }
  return Step.DONE;
}

let textAt: u32 = 0;
let textBytes: u32 = 0;
let isNull: bool = false;

/** A text behind its length; one of -1 in four bytes is none. */
function readText(form: u32, at: u32, message: Message): Step {
  const step = readPrefix(form, at, message);
  if (step != Step.DONE) return step;
  isNull = (form & 0x8f) == 4 && prefixNumber == <u64>u32.MAX_VALUE;
  const bytes = isNull ? 0 : prefixNumber;
  if (prefixEnd > partEnd || bytes > <u64>(partEnd - prefixEnd)) return refuse(message, Reason.MALFORMED, at);
  textAt = prefixEnd;
  textBytes = <u32>bytes;
  return Step.DONE;
}

/** The pairs of a part that is text: `y` has what stands between two, and between key and value. */
export function readTextPairs(program: usize, op: usize, demand: Demand | null, message: Message): Step {
  if (partEnd > shown) return lacking(partEnd, message);
  const marks = program + yOf(op);
  const between = program + load<u32>(marks);
  const betweenBytes = load<u32>(marks, 4);
  const equals = program + load<u32>(marks, 8);
  const equalsBytes = load<u32>(marks, 12);
  for (let at = partAt; at < partEnd; ) {
    let end = at;
    /** Where the key ends; 0: it has no value. */
    let keyEnd: u32 = 0;
    for (; end < partEnd; end++) {
      if (stands(between, betweenBytes, end)) break;
      if (!keyEnd && stands(equals, equalsBytes, end)) {
        keyEnd = end;
        end += equalsBytes - 1;
      }
    }
    if (keyEnd) {
      const begin = keyEnd + equalsBytes;
      const step = givePair(program, op, bOf(op) != 0, at, keyEnd - at, begin, end - begin, demand, message);
      if (step != Step.DONE) return step;
    }
    at = end + betweenBytes;
  }
  return Step.DONE;
}

function stands(mark: usize, bytes: u32, at: u32): bool {
  return at + bytes <= partEnd && equalBytes(first + at, mark, bytes);
}

function givePair(
  program: usize,
  op: usize,
  named: bool,
  key: u32,
  keyBytes: u32,
  at: u32,
  bytes: u32,
  demand: Demand | null,
  message: Message,
): Step {
  const keys = program + xOf(op);
  const count = load<u32>(keys);
  let entry = keys + 4;
  for (let i: u32 = 0; i < count; i++, entry += KEY_BYTES) {
    if (load<u32>(entry, 4) != keyBytes) continue;
    if (!equalBytes(program + load<u32>(entry), first + key, keyBytes)) continue;
    setText(at, bytes);
    const step = give(load<u32>(entry, 8), demand, message);
    if (step != Step.DONE) return step;
  }
  if (!named || !demand) return Step.DONE;
  return giveNamed(demand, first + key, keyBytes, at, bytes, message);
}
