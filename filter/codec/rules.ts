import { copyBytes, equalBytes } from "../memory/bytes";
import { MAX_ATTRIBUTE_BYTES } from "../memory/limits";

/**
 * What a route wants done to the attributes of a message, as one piece of bytes that refers to nothing else:
 *
 *     [ count u32 ] and so many rules: [ how u32 | name bytes u32 | value bytes u32 | name … | value … ]
 *
 * A name stands in one rule only, and is one that the protocol keeps where its attributes are looked for by name.
 */
export enum How {
  /** The attribute is this, whether the message had it or not. */
  SET,
  /** The value is put behind the one that is there, and a comma between them. */
  ADD,
  REMOVE,
}

export const RULES_HEAD_BYTES: u32 = 4;
export const RULE_HEAD_BYTES: u32 = 12;

let first: usize = 0;
let count: u32 = 0;
/** Bit n: rule n has been carried out at an attribute that the message had. */
let met: u64 = 0;

/** Begins with a message: none of the rules at `rules` is carried out yet. */
export function beginRules(rules: usize): void {
  first = rules + RULES_HEAD_BYTES;
  count = load<u32>(rules);
  met = 0;
}

/** With a rule from `findRule` or `nextUnmet`. */
export let how: How = How.SET;
export let ruleName: usize = 0;
export let ruleNameBytes: u32 = 0;
export let ruleValue: usize = 0;
export let ruleValueBytes: u32 = 0;
/** It was met before. */
export let metBefore: bool = false;

function openRule(rule: usize): usize {
  how = load<u32>(rule);
  ruleNameBytes = load<u32>(rule, 4);
  ruleValueBytes = load<u32>(rule, 8);
  ruleName = rule + RULE_HEAD_BYTES;
  ruleValue = ruleName + ruleNameBytes;
  return ruleValue + ruleValueBytes;
}

/** Whether a rule is for the attribute of this name; it is met with that. */
export function findRule(name: usize, length: u32): bool {
  let rule = first;
  for (let i: u32 = 0; i < count; i++) {
    const next = openRule(rule);
    if (ruleNameBytes == length && equalBytes(ruleName, name, length)) {
      metBefore = ((met >> i) & 1) != 0;
      met |= (<u64>1) << i;
      return true;
    }
    rule = next;
  }
  return false;
}

/** The same of an attribute whose rules' names have `prefix` in front. */
export function findPlacedRule(prefix: usize, prefixBytes: u32, name: usize, length: u32): bool {
  let rule = first;
  for (let i: u32 = 0; i < count; i++) {
    const next = openRule(rule);
    if (
      ruleNameBytes == prefixBytes + length &&
      equalBytes(ruleName, prefix, prefixBytes) &&
      equalBytes(ruleName + prefixBytes, name, length)
    ) {
      metBefore = ((met >> i) & 1) != 0;
      met |= (<u64>1) << i;
      return true;
    }
    rule = next;
  }
  return false;
}

/** The first rule from number `from` on that adds an attribute which the message has not; -1: there is none. */
export function nextUnmet(from: i32): i32 {
  let rule = first;
  for (let i = 0; i < <i32>count; i++) {
    rule = openRule(rule);
    if (i >= from && how != How.REMOVE && !((met >> i) & 1)) return i;
  }
  return -1;
}

/** Whether any of the rules at `rules` gives a message an attribute. */
export function givesAny(rules: usize): bool {
  beginRules(rules);
  return nextUnmet(0) >= 0;
}

const joined: usize = memory.data(8192);
const COMMA: u8 = 0x2c;

/** The rule adds to a value that is there: from now on its value is both. False: that is longer than an attribute may be. */
export function joinTo(former: usize, bytes: u32): bool {
  if (bytes + 1 + ruleValueBytes > MAX_ATTRIBUTE_BYTES) return false;
  copyBytes(joined, former, bytes);
  store<u8>(joined + bytes, COMMA);
  copyBytes(joined + bytes + 1, ruleValue, ruleValueBytes);
  ruleValue = joined;
  ruleValueBytes += bytes + 1;
  return true;
}
