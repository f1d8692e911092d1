import {
  entryKey,
  entryKeyBytes,
  entryValue,
  entryValueBytes,
  Field,
  fieldAddress,
  fieldEnd,
  fieldNumber,
  fieldWire,
  readEntry,
  readField,
  varintBytes,
  Wire,
  writeTag,
  writeVarint,
} from "../encoding/protobuf";
import { beginOwn, cut, edit, endOwn, ownRoom } from "./edits";
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
} from "./rules";
import { Reason } from "./step";

/** Fields of an entry of a map of texts. */
const KEY: u32 = 1;
const VALUE: u32 = 2;

/**
 * Carries out rules at the entries of the map field `number` of the message in [at, end), which is part of that at `p`. With `mixed` a field of that number
 * that is no such entry is something else. NONE, or why it cannot be done.
 */
export function editEntries(p: usize, at: usize, end: usize, number: u32, mixed: bool): Reason {
  let field = readField(at, end);
  while (field == Field.READ) {
    const next = fieldEnd;
    if (fieldNumber == number && fieldWire == Wire.BYTES) {
      if (readEntry(fieldAddress, fieldEnd)) {
        if (!editEntry(<u32>(at - p), <u32>(next - at), number)) return Reason.ATTRIBUTE_TOO_LONG;
      } else if (!mixed) return Reason.MALFORMED;
    }
    at = next;
    field = readField(at, end);
  }
  return field == Field.NONE ? Reason.NONE : Reason.MALFORMED;
}

/** The same, and puts entries for the attributes that are not there behind those that are: of a map that is wherever its message is. */
export function mutateEntries(p: usize, at: usize, end: usize, number: u32): Reason {
  const reason = editEntries(p, at, end, number, false);
  if (reason == Reason.NONE) putEntries(<u32>(end - p), number);
  return reason;
}

/** False: what is there is too long to be added to. */
function editEntry(at: u32, bytes: u32, number: u32): bool {
  if (!findRule(entryKey, entryKeyBytes)) return true;
  if (how == How.REMOVE || (how == How.SET && metBefore)) {
    cut(at, bytes);
    return true;
  }
  if (how == How.ADD && !joinTo(entryValue, entryValueBytes)) return false;
  beginOwn();
  putEntry(number);
  edit(at, bytes);
  return true;
}

/** Puts entries for the attributes that the message has not at `at`. */
export function putEntries(at: u32, number: u32): void {
  let rule = nextUnmet(0);
  if (rule < 0) return;
  beginOwn();
  for (; rule >= 0; rule = nextUnmet(rule + 1)) putEntry(number);
  edit(at, 0);
}

function putEntry(number: u32): void {
  const bytes = fieldLength(ruleNameBytes) + fieldLength(ruleValueBytes);
  let out = ownRoom(bytes + 16);
  out = writeVarint(writeTag(out, number, Wire.BYTES), bytes);
  out = writeBytes(out, KEY, ruleName, ruleNameBytes);
  endOwn(writeBytes(out, VALUE, ruleValue, ruleValueBytes));
}

function fieldLength(bytes: u32): u32 {
  return 1 + varintBytes(bytes) + bytes;
}

function writeBytes(out: usize, number: u32, text: usize, bytes: u32): usize {
  out = writeVarint(writeTag(out, number, Wire.BYTES), bytes);
  memory.copy(out, text, bytes);
  return out + bytes;
}

/** The field of bytes `number` whose tag and length are the `headBytes` at `at` has `bytes` now. */
export function editFieldHead(at: u32, headBytes: u32, number: u32, bytes: u32): void {
  beginOwn();
  const room = ownRoom(16);
  endOwn(writeVarint(writeTag(room, number, Wire.BYTES), bytes));
  edit(at, headBytes);
}
