import { slotAddress, slotLength } from "../codec/attributes";
import { parsedInteger, parseInteger } from "./integer";
import { Automaton, accepts } from "./regex/automaton";

/** How a condition looks at a value; named as in the configuration. */
export enum Matcher {
  NONE,
  EXACT,
  PREFIX,
  SUFFIX,
  CONTAINS,
  REGEX,
  PRESENT,
  RANGE,
}

/** A literal that a value must equal, begin with, end with or contain for the condition to hold. */
export enum Literal {
  EXACT,
  PREFIX,
  SUFFIX,
  CONTAINS,
}

export const LITERALS: i32 = 4;

/** One attribute matcher. Equal ones of a table are one. */
@unmanaged
export class Condition {
  slot: i32;
  matcher: Matcher;
  invert: bool;
  /** PRESENT: whether the attribute shall be there. */
  wanted: bool;
  /** Whether several routes ask for it and asking is dear, so that the answer is kept for the message under way. */
  shared: bool;
  /** The kept answer, good while `answeredIn` is the current round. */
  answer: bool;
  answeredIn: u64;
  /** The text as configured, for the string matchers. */
  text: usize;
  textLength: u32;
  /** RANGE: [start, end). */
  start: i64;
  end: i64;
  automaton: Automaton | null;
  /** By Literal: [ address u32 | length u32 ], address 0 where there is none. */
  literal0: u64;
  literal1: u64;
  literal2: u64;
  literal3: u64;
}

/** One round is one message: what was answered in an earlier round counts no more. */
let round: u64 = 0;

export function beginRound(): void {
  round++;
}

export function currentRound(): u64 {
  return round;
}

export function literalOf(condition: Condition, literal: Literal): usize {
  return <usize>load<u32>(changetype<usize>(condition) + ((<usize>literal) << 3), offsetof<Condition>("literal0"));
}

export function literalLength(condition: Condition, literal: Literal): u32 {
  return load<u32>(changetype<usize>(condition) + ((<usize>literal) << 3), offsetof<Condition>("literal0") + 4);
}

export function setLiteral(condition: Condition, literal: Literal, address: usize, length: u32): void {
  const at = changetype<usize>(condition) + ((<usize>literal) << 3);
  store<u32>(at, <u32>address, offsetof<Condition>("literal0"));
  store<u32>(at, length, offsetof<Condition>("literal0") + 4);
}

/** Whether the condition holds for the attribute slots. */
export function holds(condition: Condition): bool {
  if (!condition.shared) return evaluate(condition);
  if (condition.answeredIn != round) {
    condition.answer = evaluate(condition);
    condition.answeredIn = round;
  }
  return condition.answer;
}

function evaluate(condition: Condition): bool {
  const value = slotAddress(condition.slot);
  if (condition.matcher == Matcher.PRESENT) return ((value != 0) == condition.wanted) != condition.invert;
  if (!value) return condition.invert;
  return matches(condition, value, slotLength(condition.slot)) != condition.invert;
}

function matches(condition: Condition, value: usize, length: u32): bool {
  const text = condition.text;
  const textLength = condition.textLength;
  switch (condition.matcher) {
    case Matcher.EXACT:
      return length == textLength && memory.compare(value, text, length) == 0;
    case Matcher.PREFIX:
      return length >= textLength && memory.compare(value, text, textLength) == 0;
    case Matcher.SUFFIX:
      return length >= textLength && memory.compare(value + (length - textLength), text, textLength) == 0;
    case Matcher.CONTAINS:
      return contains(value, length, text, textLength);
    case Matcher.REGEX:
      return accepts(condition.automaton!, value, length);
    default:
      if (!parseInteger(value, length)) return false;
      return parsedInteger >= condition.start && parsedInteger < condition.end;
  }
}

/** Values are bounded by MAX_ATTRIBUTE_BYTES, and the first byte rules out nearly every position: no cleverer search pays. */
function contains(value: usize, length: u32, text: usize, textLength: u32): bool {
  if (textLength == 0) return true;
  if (length < textLength) return false;
  const first = load<u8>(text);
  const last = value + (length - textLength);
  for (let at = value; at <= last; at++) {
    if (load<u8>(at) == first && memory.compare(at, text, textLength) == 0) return true;
  }
  return false;
}
