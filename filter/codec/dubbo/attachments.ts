import { writeSigned } from "../../memory/ascii";
import { Demand, namedSlot, setSlot } from "../attributes";
import { KEEP_SCRATCH, keepArea, kept } from "../keep";
import { Reason, Step } from "../step";
import { asciiEnd } from "./hessian2/ascii";
import { expectType, expectValues, skip, skippedTo, skipReason, startSkip } from "./hessian2/skip";
import { readString } from "./hessian2/string";
import {
  CLASS_TEXT,
  classOf,
  fixedBytes,
  isWhole,
  TAG_END,
  TAG_LAST_SHORT_TEXT,
  TAG_MAP,
  TAG_MEDIUM_TEXT,
  TAG_NULL,
  TAG_TYPED_MAP,
  wholeAt,
} from "./hessian2/tags";
import { Text, textAddress, textBytes, textEnd } from "./text";

/**
 * The way through the arguments of a call to its attachments, a map of names to values:
 *
 *     ARGUMENTS ─► MAP ─┬───────► NAME ─┬─► VALUE ──► NAME …      wanted, a text or a number
 *                       └► TYPE ─►      ├─► SKIPPED_VALUE ─► NAME …
 *                                       ├─► SKIPPED_NAME ─► SKIPPED_VALUE
 *                                       └─► END
 *
 * The map is read to its end even when all that is wanted was found: as in Java the last of two values of one name counts.
 */
enum Phase {
  ARGUMENTS,
  MAP,
  TYPE,
  NAME,
  SKIPPED_NAME,
  VALUE,
  SKIPPED_VALUE,
  END,
}

let phase: Phase = Phase.END;
/** In VALUE: whose value it is. */
let wanted: i32 = -1;

/** Where `readAttachments` stopped: the first byte of what it has not taken. */
export let attachmentsAt: usize = 0;
/** With BAD from `readAttachments`. */
export let attachmentsReason: Reason = Reason.NONE;

export function startAttachments(argumentCount: u32): void {
  startSkip();
  expectValues(argumentCount);
  phase = argumentCount ? Phase.ARGUMENTS : Phase.MAP;
}

/**
 * Goes on as far as [at, end) reaches; `rest` bytes of the message follow. DONE at the end of the map or where there is none,
 * MORE when what is next is not whole in memory. With `keep` values are copied, for [at, end) is a window that will not stay.
 */
export function readAttachments(at: usize, end: usize, rest: u32, keep: bool, demand: Demand): Step {
  attachmentsAt = at;
  /** What lies before it, from where it was looked for, is ASCII: each byte is looked at once for that, whatever the entries are. */
  let ascii = at;
  // Most maps are read here.
  if (phase == Phase.MAP && !keep && at < end && load<u8>(at) == TAG_MAP) {
    ascii = asciiEnd(at + 1, end);
    goTo(Phase.NAME, plainEntries(at + 1, ascii, demand));
    if (attachmentsAt < end && load<u8>(attachmentsAt) == TAG_END) return goTo(Phase.END, attachmentsAt + 1);
  }
  while (phase != Phase.END) {
    if (phase == Phase.NAME && !keep) {
      if (ascii <= attachmentsAt) ascii = asciiEnd(attachmentsAt, end);
      attachmentsAt = plainEntries(attachmentsAt, ascii, demand);
    }
    const step = onePhase(attachmentsAt, end, rest, keep, demand);
    if (step == Step.MORE && !rest) return refuse(Reason.MALFORMED);
    if (step != Step.DONE) return step;
  }
  return Step.DONE;
}

/**
 * Takes entries whose name and value are texts of one chunk, as nearly all are, from `at` on, and returns where the first other
 * begins. All of [at, end) is ASCII, the tags too, so that lengths in units are lengths in bytes.
 */
function plainEntries(at: usize, end: usize, demand: Demand): usize {
  const lengths = demand.namedLengths;
  while (at < end) {
    const nameLength = <u32>load<u8>(at);
    if (nameLength > TAG_LAST_SHORT_TEXT) return at;
    let value = at + nameLength + 2;
    if (value > end) return at;
    let length = <u32>load<u8>(at + nameLength, 1);
    if (length > TAG_LAST_SHORT_TEXT) {
      if ((length & 0xfc) != TAG_MEDIUM_TEXT) return at;
      if (value == end) return at;
      length = ((length & 0x03) << 8) | load<u8>(value);
      value++;
    }
    const next = value + length;
    if (next > end) return at;
    if ((lengths >> nameLength) & 1) {
      const slot = namedSlot(demand, at + 1, nameLength);
      if (slot >= 0) setSlot(slot, value, length);
    }
    at = next;
  }
  return at;
}

function onePhase(at: usize, end: usize, rest: u32, keep: bool, demand: Demand): Step {
  switch (phase) {
    case Phase.MAP:
      return openMap(at, end, rest);
    case Phase.NAME:
      return readName(at, end, demand);
    case Phase.VALUE:
      return readValue(at, end, keep);
    default:
      return skipOn(at, end, rest);
  }
}

function refuse(reason: Reason): Step {
  attachmentsReason = reason;
  return Step.BAD;
}

function goTo(next: Phase, at: usize): Step {
  phase = next;
  attachmentsAt = at;
  return Step.DONE;
}

function skipOn(at: usize, end: usize, rest: u32): Step {
  const step = skip(at, end, rest);
  if (step == Step.BAD) return refuse(skipReason);
  attachmentsAt = skippedTo;
  if (step == Step.MORE) return step;
  if (phase == Phase.ARGUMENTS) return goTo(Phase.MAP, skippedTo);
  if (phase == Phase.SKIPPED_NAME) return skipValue(skippedTo);
  return goTo(Phase.NAME, skippedTo);
}

function skipValue(at: usize): Step {
  expectValues(1);
  return goTo(Phase.SKIPPED_VALUE, at);
}

function openMap(at: usize, end: usize, rest: u32): Step {
  if (at == end) return rest ? Step.MORE : goTo(Phase.END, at);
  const tag = <u32>load<u8>(at);
  if (tag == TAG_NULL) return goTo(Phase.END, at + 1);
  if (tag == TAG_MAP) return goTo(Phase.NAME, at + 1);
  if (tag != TAG_TYPED_MAP) return refuse(Reason.MALFORMED);
  expectType();
  return goTo(Phase.TYPE, at + 1);
}

function readName(at: usize, end: usize, demand: Demand): Step {
  if (at == end) return Step.MORE;
  const tag = <u32>load<u8>(at);
  if (tag == TAG_END) return goTo(Phase.END, at + 1);
  if (classOf(tag) == CLASS_TEXT) {
    const text = readString(at, end, keepArea(KEEP_SCRATCH));
    if (text == Text.MORE) return Step.MORE;
    if (text == Text.MALFORMED) return refuse(Reason.MALFORMED);
    if (text == Text.READ) {
      wanted = namedSlot(demand, textAddress, textBytes);
      return wanted < 0 ? skipValue(textEnd) : goTo(Phase.VALUE, textEnd);
    }
  }
  // Too long to be a name that is asked for, or no text: a key all the same.
  expectValues(1);
  return goTo(Phase.SKIPPED_NAME, at);
}

/** Texts are attributes, and whole numbers, in decimal. Any other value takes the place of the one before it, so the attribute is absent. */
function readValue(at: usize, end: usize, keep: bool): Step {
  if (at == end) return Step.MORE;
  const tag = <u32>load<u8>(at);
  if (classOf(tag) != CLASS_TEXT) {
    if (isWhole(tag)) return readNumber(at, end, tag);
    setSlot(wanted, 0, 0);
    return skipValue(at);
  }
  const text = readString(at, end, keepArea(wanted));
  if (text == Text.MORE) return Step.MORE;
  if (text == Text.TOO_LONG) return refuse(Reason.ATTRIBUTE_TOO_LONG);
  if (text != Text.READ) return refuse(Reason.MALFORMED);
  setSlot(wanted, keep ? kept(wanted, textAddress, textBytes) : textAddress, textBytes);
  return goTo(Phase.NAME, textEnd);
}

function readNumber(at: usize, end: usize, tag: u32): Step {
  const bytes = fixedBytes(tag);
  if (end - at < bytes) return Step.MORE;
  const area = keepArea(wanted);
  setSlot(wanted, area, <u32>(writeSigned(area, wholeAt(at, tag)) - area));
  return goTo(Phase.NAME, at + bytes);
}
