import {
  readTarsCount,
  readTarsHead,
  readTarsLength,
  readTarsNumber,
  TarsRead,
  TarsType,
  tarsBytes,
  tarsEnd,
  tarsTag,
  tarsType,
  tarsValue,
  writeTarsMap,
  writeTarsNumber,
  writeTarsString,
} from "../../encoding/tars";
import { beginTarsSkip, skippedTo, skipTars } from "../../encoding/tars-skip";
import {
  beginEdits,
  beginOwn,
  cut,
  edit,
  editCount,
  editNumber,
  endEdits,
  endOwn,
  growth,
  lacksForEdit,
  ownRoom,
  refuseEdit,
} from "../edits";
import {
  beginRules,
  findPlacedRule,
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
import { placeOf, STATUS_PLACE, STATUS_PREFIX_BYTES, statusPrefix } from "./attributes";
import { isTup, LENGTH_BYTES } from "./packet";

/** Tags of the two maps in a RequestPacket, and in a ResponsePacket. */
const REQUEST_CONTEXT: u32 = 9;
const REQUEST_STATUS: u32 = 10;
const RESPONSE_STATUS: u32 = 7;
const RESPONSE_CONTEXT: u32 = 9;

/** The place of a map's keys (attributes.ts). */
const CONTEXT_PLACE: i32 = 0;

/** Changes context and status of the packet at `p`. They stand behind the arguments, so all of it must be there. */
export function mutateRequest(p: usize, n: u32, total: u32, rules: usize): Step {
  beginEdits();
  if (lacksForEdit(n, total)) return Step.MORE;
  beginRules(rules);
  return mutate(p, total, REQUEST_CONTEXT, CONTEXT_PLACE, REQUEST_STATUS, STATUS_PLACE);
}

/** The same of an answer, which is in TUP a RequestPacket. */
export function mutateResponse(p: usize, n: u32, total: u32, rules: usize): Step {
  beginEdits();
  if (lacksForEdit(n, total)) return Step.MORE;
  beginRules(rules);
  const end = p + total;
  if (readTarsHead(p + LENGTH_BYTES, end) != TarsRead.READ) return refuseEdit(Reason.MALFORMED);
  if (readTarsNumber(tarsEnd, end) != TarsRead.READ) return refuseEdit(Reason.MALFORMED);
  if (isTup(tarsValue)) return mutate(p, total, REQUEST_CONTEXT, CONTEXT_PLACE, REQUEST_STATUS, STATUS_PLACE);
  return mutate(p, total, RESPONSE_STATUS, STATUS_PLACE, RESPONSE_CONTEXT, CONTEXT_PLACE);
}

/** A packet's fields stand in the order of their tags: a map that is not there is put where it belongs. */
function mutate(p: usize, total: u32, firstTag: u32, firstPlace: i32, secondTag: u32, secondPlace: i32): Step {
  const end = p + total;
  let at = p + LENGTH_BYTES;
  let before: i32 = -1;
  let wanted = firstTag;
  let place = firstPlace;
  let left = 2;
  while (at < end) {
    if (readTarsHead(at, end) != TarsRead.READ) return refuseEdit(Reason.MALFORMED);
    const tag = tarsTag;
    if (<i32>tag <= before) return refuseEdit(Reason.MALFORMED);
    before = tag;
    const value = tarsEnd;
    beginTarsSkip();
    while (left && tag > wanted) {
      putMap(<u32>(at - p), wanted, place);
      wanted = secondTag;
      place = secondPlace;
      left--;
    }
    if (left && tag == wanted) {
      if (tarsType != TarsType.MAP) return refuseEdit(Reason.MALFORMED);
      const reason = editMap(p, value, end, place);
      if (reason != Reason.NONE) return refuseEdit(reason);
      at = mapEnd;
      wanted = secondTag;
      place = secondPlace;
      left--;
      continue;
    }
    if (skipTars(value, end, 0) != TarsRead.READ) return refuseEdit(Reason.MALFORMED);
    at = skippedTo;
  }
  for (; left; left--) {
    putMap(total, wanted, place);
    wanted = secondTag;
    place = secondPlace;
  }
  if (editCount) editNumber(0, LENGTH_BYTES, total + growth);
  return endEdits();
}

let mapEnd: usize = 0;

function editMap(p: usize, at: usize, end: usize, place: i32): Reason {
  if (readTarsCount(at, end) != TarsRead.READ) return Reason.MALFORMED;
  const countAt = at;
  const countBytes = <u32>(tarsEnd - at);
  const count = <u32>tarsValue;
  let now = count;
  at = tarsEnd;
  for (let left = count; left; left--) {
    const reason = editEntry(p, at, end, place);
    if (reason != Reason.NONE) return reason;
    if (isGone) now--;
    at = entryEnd;
  }
  mapEnd = at;
  now += putEntries(<u32>(at - p), place);
  if (now != count) {
    beginOwn();
    endOwn(writeTarsNumber(ownRoom(8), 0, now));
    edit(<u32>(countAt - p), countBytes);
  }
  return Reason.NONE;
}

let entryEnd: usize = 0;
let isGone: bool = false;

/** A text with this tag: its bytes are `tarsBytes` from `tarsEnd` on. */
function readText(at: usize, end: usize, tag: u32): bool {
  if (readTarsHead(at, end) != TarsRead.READ || tarsTag != tag) return false;
  return readTarsLength(tarsEnd, end, tarsType) == TarsRead.READ && tarsBytes <= <u32>(end - tarsEnd);
}

function editEntry(p: usize, entry: usize, end: usize, place: i32): Reason {
  isGone = false;
  if (!readText(entry, end, 0)) return Reason.MALFORMED;
  const key = tarsEnd;
  const keyBytes = tarsBytes;
  if (!readText(key + keyBytes, end, 1)) return Reason.MALFORMED;
  const value = tarsEnd;
  const valueBytes = tarsBytes;
  entryEnd = value + valueBytes;
  if (!findKey(key, keyBytes, place)) return Reason.NONE;
  const at = <u32>(entry - p);
  const bytes = <u32>(entryEnd - entry);
  if (how == How.REMOVE || (how == How.SET && metBefore)) {
    isGone = true;
    cut(at, bytes);
    return Reason.NONE;
  }
  if (how == How.ADD && !joinTo(value, valueBytes)) return Reason.ATTRIBUTE_TOO_LONG;
  beginOwn();
  putEntry(place);
  edit(at, bytes);
  return Reason.NONE;
}

/** A key of context that is called like one of status is neither. */
function findKey(key: usize, bytes: u32, place: i32): bool {
  if (place == STATUS_PLACE) return findPlacedRule(statusPrefix, STATUS_PREFIX_BYTES, key, bytes);
  return placeOf(key, bytes) == CONTEXT_PLACE && findRule(key, bytes);
}

function countUnmet(place: i32): u32 {
  let count: u32 = 0;
  for (let rule = nextUnmet(0); rule >= 0; rule = nextUnmet(rule + 1)) {
    if (placeOf(ruleName, ruleNameBytes) == place) count++;
  }
  return count;
}

/** Puts a map with what the packet has not; none where that is nothing. */
function putMap(at: u32, tag: u32, place: i32): void {
  const count = countUnmet(place);
  if (!count) return;
  beginOwn();
  endOwn(writeTarsMap(ownRoom(8), tag, count));
  writeUnmet(place);
  edit(at, 0);
}

/** Puts entries, and returns how many. */
function putEntries(at: u32, place: i32): u32 {
  const count = countUnmet(place);
  if (!count) return 0;
  beginOwn();
  writeUnmet(place);
  edit(at, 0);
  return count;
}

function writeUnmet(place: i32): void {
  for (let rule = nextUnmet(0); rule >= 0; rule = nextUnmet(rule + 1)) {
    if (placeOf(ruleName, ruleNameBytes) == place) putEntry(place);
  }
}

/** Writes the rule's entry; a rule's name has its place in front. */
function putEntry(place: i32): void {
  const skipped = place == STATUS_PLACE ? STATUS_PREFIX_BYTES : 0;
  const out = ownRoom(ruleNameBytes + ruleValueBytes + 16);
  const behindKey = writeTarsString(out, 0, ruleName + skipped, ruleNameBytes - skipped);
  endOwn(writeTarsString(behindKey, 1, ruleValue, ruleValueBytes));
}
