import { beginOwn, cut, edit, endOwn, ownRoom, refuseEdit } from "../edits";
import { KEEP_SCRATCH, keepArea } from "../keep";
import {
  findRule,
  How,
  how,
  joinTo,
  metBefore,
  nextUnmet,
  ruleName,
  ruleNameBytes,
  ruleValue,
  ruleValueBytes,
} from "../rules";
import { Reason, Step } from "../step";
import { expectType, expectValues, skip, skippedTo } from "./hessian2/skip";
import { readString } from "./hessian2/string";
import { CLASS_BINARY, CLASS_TEXT, classOf, TAG_END, TAG_MAP, TAG_NULL, TAG_TYPED_MAP } from "./hessian2/tags";
import { stringRoom, writeString } from "./hessian2/write";
import { Text, textAddress, textBytes, textEnd } from "./text";

/**
 * Changes the map of attachments at `at`; the message at `p` ends at `end`. Values refer to former ones, and to classes and types, by their
 * number. Texts have none, so they come and go without any effect on others. A value that has a number, or defines what has one, can be left
 * out only where none behind it could mean it.
 */
export function mutateMap(p: usize, at: usize, end: usize): Step {
  if (at == end) return appendMap(<u32>(at - p), 0);
  const tag = <u32>load<u8>(at);
  if (tag == TAG_NULL) return appendMap(<u32>(at - p), 1);
  if (tag == TAG_TYPED_MAP) {
    expectType();
    if (skip(at + 1, end, 0) != Step.DONE) return refuseEdit(Reason.MALFORMED);
    at = skippedTo;
  } else if (tag == TAG_MAP) at++;
  else return refuseEdit(Reason.MALFORMED);
  let numberedGone = false;
  for (;;) {
    if (at >= end) return refuseEdit(Reason.MALFORMED);
    if (load<u8>(at) == TAG_END) break;
    const entry = at;
    const named = readName(at, end);
    let numbered = !isPlain(at);
    if (named) at = textEnd;
    else at = pass(at, end);
    if (!at || at >= end) return refuseEdit(Reason.MALFORMED);
    const value = at;
    if (!isPlain(value)) numbered = true;
    at = pass(value, end);
    if (!at) return refuseEdit(Reason.MALFORMED);
    if (numbered && numberedGone) return refuseEdit(Reason.UNMUTABLE);
    if (!named || !findRule(textAddress, textBytes)) continue;
    if (numbered) numberedGone = true;
    if (!mutateEntry(p, entry, value, at, end)) return refuseEdit(Reason.UNMUTABLE);
  }
  return appendEntries(<u32>(at - p));
}

/** Puts a map where there is none, in place of `removed` bytes at `at`. */
export function appendMap(at: u32, removed: u32): Step {
  let rule = nextUnmet(0);
  if (rule < 0) return Step.DONE;
  beginOwn();
  putTag(TAG_MAP);
  for (; rule >= 0; rule = nextUnmet(rule + 1)) putEntry();
  putTag(TAG_END);
  edit(at, removed);
  return Step.DONE;
}

/** A text that could be a rule's name: it is in the registers of texts then. */
function readName(at: usize, end: usize): bool {
  return classOf(<u32>load<u8>(at)) == CLASS_TEXT && readString(at, end, keepArea(KEEP_SCRATCH)) == Text.READ;
}

/** Whether the value is one that nothing refers to, and that refers to nothing. */
function isPlain(at: usize): bool {
  const kind = classOf(<u32>load<u8>(at));
  return kind <= CLASS_TEXT || kind == CLASS_BINARY;
}

/** The end of the value at `at`; 0: it is none. */
function pass(at: usize, end: usize): usize {
  expectValues(1);
  return skip(at, end, 0) == Step.DONE ? skippedTo : 0;
}

/** Carries out the rule at the entry that ends at `next`. False: it cannot be. */
function mutateEntry(p: usize, entry: usize, value: usize, next: usize, end: usize): bool {
  const at = <u32>(entry - p);
  const bytes = <u32>(next - entry);
  if (how == How.REMOVE || (how == How.SET && metBefore)) {
    cut(at, bytes);
    return true;
  }
  if (how == How.ADD) {
    const text = readString(value, end, keepArea(KEEP_SCRATCH));
    if (text > Text.NULL || (text == Text.READ && !joinTo(textAddress, textBytes))) return false;
  }
  beginOwn();
  putEntry();
  edit(at, bytes);
  return true;
}

function appendEntries(at: u32): Step {
  let rule = nextUnmet(0);
  if (rule < 0) return Step.DONE;
  beginOwn();
  for (; rule >= 0; rule = nextUnmet(rule + 1)) putEntry();
  edit(at, 0);
  return Step.DONE;
}

/** Writes the rule's entry. */
function putEntry(): void {
  const room = ownRoom(stringRoom(ruleNameBytes) + stringRoom(ruleValueBytes));
  endOwn(writeString(writeString(room, ruleName, ruleNameBytes), ruleValue, ruleValueBytes));
}

function putTag(tag: u32): void {
  const room = ownRoom(1);
  store<u8>(room, tag);
  endOwn(room + 1);
}
