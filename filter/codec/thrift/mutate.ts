import { SCAN_WINDOW_BYTES } from "../../memory/limits";
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
import { HEADER_MAGIC } from "./dialect";
import { HEADER_AT, INFO_KEY_VALUE, WORDS_AT } from "./header";
import { readVarint, varint, varintEnd, writeVarint } from "./varint";

const PREFIX_BYTES: u32 = 4;
const INFO_PADDING: u64 = 0;

/** Where infos end, and where the one ends that can take more pairs; 0: there is none. */
let infosEnd: u32 = 0;
let pairsEnd: u32 = 0;
/** Of that one: its number of pairs, and where that stands. */
let countAt: u32 = 0;
let countEnd: u32 = 0;
let pairCount: u32 = 0;

/** Whether the message at `p` is in THeader: no other form has a place for attributes. */
export function isHeader(p: usize, n: u32): bool {
  return n >= HEADER_AT && load<u8>(p) < 0x80 && bswap(load<u32>(p, PREFIX_BYTES)) >> 16 == HEADER_MAGIC;
}

/** Changes the key-values of THeader in a message of either direction, packed or not. */
export function mutateMessage(p: usize, n: u32, total: u32, rules: usize): Step {
  beginEdits();
  if (!isHeader(p, n)) return refuseEdit(Reason.UNMUTABLE);
  const end = HEADER_AT + ((<u32>bswap(load<u16>(p, WORDS_AT))) << 2);
  if (end > total) return refuseEdit(Reason.MALFORMED);
  if (end > SCAN_WINDOW_BYTES) return refuseEdit(Reason.TOO_LARGE);
  if (lacksForEdit(n, end)) return Step.MORE;
  beginRules(rules);
  const infos = infosOf(p, end);
  if (!infos) return refuseEdit(Reason.MALFORMED);
  const reason = editInfos(p, infos, end);
  if (reason != Reason.NONE) return refuseEdit(reason);
  putPairs();
  if (!editCount) return Step.DONE;
  const bytes = pad(end);
  if (bytes > SCAN_WINDOW_BYTES - HEADER_AT) return refuseEdit(Reason.TOO_LARGE);
  beginOwn();
  const room = ownRoom(2);
  store<u16>(room, bswap<u16>(<u16>(bytes >> 2)));
  endOwn(room + 2);
  edit(WORDS_AT, 2);
  editNumber(0, PREFIX_BYTES, total - PREFIX_BYTES + growth);
  return endEdits();
}

/** Where infos begin, behind the protocol and the transforms; 0: that cannot be read. */
function infosOf(p: usize, end: u32): u32 {
  if (readVarint(p, HEADER_AT, end) != Step.DONE) return 0;
  if (readVarint(p, varintEnd, end) != Step.DONE) return 0;
  let at = varintEnd;
  for (let transforms = varint; transforms; transforms--) {
    if (readVarint(p, at, end) != Step.DONE) return 0;
    at = varintEnd;
  }
  return at;
}

/** An info that this codec does not know could have any of the attributes. */
function editInfos(p: usize, at: u32, end: u32): Reason {
  pairsEnd = 0;
  while (at < end) {
    if (readVarint(p, at, end) != Step.DONE) return Reason.MALFORMED;
    if (varint == INFO_PADDING) break;
    if (varint != INFO_KEY_VALUE) return Reason.UNMUTABLE;
    if (pairsEnd) writeCount(pairCount);
    countAt = varintEnd;
    if (readVarint(p, countAt, end) != Step.DONE || varint > end) return Reason.MALFORMED;
    countEnd = varintEnd;
    former = <u32>varint;
    pairCount = former;
    at = countEnd;
    for (let left = former; left; left--) {
      const reason = editPair(p, at, end);
      if (reason != Reason.NONE) return reason;
      at = pairEnd;
    }
    pairsEnd = at;
  }
  infosEnd = at;
  return Reason.NONE;
}

/** Pairs that the info had. */
let former: u32 = 0;
let pairEnd: u32 = 0;
let textAt: u32 = 0;
let textBytes: u32 = 0;

function readText(p: usize, at: u32, end: u32): bool {
  if (readVarint(p, at, end) != Step.DONE || varint > end - varintEnd) return false;
  textAt = varintEnd;
  textBytes = <u32>varint;
  return true;
}

function editPair(p: usize, at: u32, end: u32): Reason {
  if (!readText(p, at, end)) return Reason.MALFORMED;
  const name = p + textAt;
  const nameBytes = textBytes;
  if (!readText(p, textAt + textBytes, end)) return Reason.MALFORMED;
  pairEnd = textAt + textBytes;
  if (!findRule(name, nameBytes)) return Reason.NONE;
  if (how == How.REMOVE || (how == How.SET && metBefore)) {
    cut(at, pairEnd - at);
    pairCount--;
    return Reason.NONE;
  }
  if (how == How.ADD && !joinTo(p + textAt, textBytes)) return Reason.ATTRIBUTE_TOO_LONG;
  beginOwn();
  putPair();
  edit(at, pairEnd - at);
  return Reason.NONE;
}

/** Puts what the message has not behind the last pair, be it in an info of its own. */
function putPairs(): void {
  let more: u32 = 0;
  for (let rule = nextUnmet(0); rule >= 0; rule = nextUnmet(rule + 1)) more++;
  if (pairsEnd) writeCount(pairCount + more);
  if (!more) return;
  beginOwn();
  if (!pairsEnd) {
    const room = ownRoom(8);
    endOwn(writeVarint(writeVarint(room, <u32>INFO_KEY_VALUE), more));
  }
  for (let rule = nextUnmet(0); rule >= 0; rule = nextUnmet(rule + 1)) putPair();
  edit(pairsEnd ? pairsEnd : infosEnd, 0);
}

function writeCount(pairs: u32): void {
  if (pairs == former) return;
  beginOwn();
  endOwn(writeVarint(ownRoom(8), pairs));
  edit(countAt, countEnd - countAt);
}

function putPair(): void {
  const out = ownRoom(ruleNameBytes + ruleValueBytes + 16);
  endOwn(writeText(writeText(out, ruleName, ruleNameBytes), ruleValue, ruleValueBytes));
}

function writeText(out: usize, text: usize, bytes: u32): usize {
  out = writeVarint(out, bytes);
  memory.copy(out, text, bytes);
  return out + bytes;
}

/** Fills the header up to whole words, in place of what it was filled with; returns its bytes. */
function pad(end: u32): u32 {
  const bytes = infosEnd - HEADER_AT + growth;
  const padding = (4 - (bytes & 3)) & 3;
  beginOwn();
  const room = ownRoom(4);
  store<u32>(room, 0);
  endOwn(room + padding);
  edit(infosEnd, end - infosEnd);
  return bytes + padding;
}
