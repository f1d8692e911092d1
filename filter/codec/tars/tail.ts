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
} from "../../encoding/tars";
import { beginTarsSkip, isTooDeep, skippedTo, skipTars } from "../../encoding/tars-skip";
import { writeSigned } from "../../memory/ascii";
import { MAX_ATTRIBUTE_BYTES } from "../../memory/limits";
import { builtinSlot, Demand, namedSlot, placedSlot, setSlot } from "../attributes";
import { keepArea, kept } from "../keep";
import { Reason, Step } from "../step";
import { STATUS_PLACE, TIMEOUT as TIMEOUT_ATTRIBUTE } from "./attributes";

/**
 * The way through the fields behind the function's name to the timeout and the maps of context and status:
 *
 *     FIELD ─┬─► KEY ─► VALUE ─► KEY … FIELD      one of the two maps, and a route asks for its keys
 *            ├─► SKIP ─► FIELD                    any other
 *            └─► END                              nothing of what follows is asked for
 */
enum Phase {
  FIELD,
  SKIP,
  KEY,
  VALUE,
  END,
}

const TIMEOUT: u32 = 8;
const CONTEXT: u32 = 9;
const STATUS: u32 = 10;

let phase: Phase = Phase.END;
/** The map that is read. */
let map: u32 = 0;
let entriesLeft: u32 = 0;
/** In VALUE: whose value it is; -1: nobody's. */
let slot: i32 = -1;

/** Where `readTail` stopped: the first byte of what it has not taken, which may be behind what is in memory. */
export let tailAt: usize = 0;
/** With BAD from `readTail`. */
export let tailReason: Reason = Reason.NONE;

export function startTail(): void {
  phase = Phase.FIELD;
}

/**
 * Goes on as far as [at, end) reaches; `rest` bytes of the message follow. DONE when all that is asked for was found or is not there, MORE
 * when what is next is not whole in memory. With `keep` values are copied, for [at, end) is a window that will not stay.
 */
export function readTail(at: usize, end: usize, rest: u32, keep: bool, demand: Demand): Step {
  tailAt = at;
  let step: Step = Step.DONE;
  while (step == Step.DONE && phase != Phase.END) step = onePhase(tailAt, end, rest, keep, demand);
  return step == Step.MORE && !rest ? refuse(Reason.MALFORMED) : step;
}

function onePhase(at: usize, end: usize, rest: u32, keep: bool, demand: Demand): Step {
  // A text or bytes reach beyond the window.
  if (at > end) return Step.MORE;
  switch (phase) {
    case Phase.FIELD:
      return readField(at, end, rest, demand);
    case Phase.SKIP:
      return skipOn(at, end, rest);
    case Phase.KEY:
      return readKey(at, end, rest, demand);
    default:
      return readValue(at, end, rest, keep);
  }
}

function refuse(reason: Reason): Step {
  tailReason = reason;
  return Step.BAD;
}

function goTo(next: Phase, at: usize): Step {
  phase = next;
  tailAt = at;
  return Step.DONE;
}

function unread(read: TarsRead): Step {
  return read == TarsRead.CUT ? Step.MORE : refuse(Reason.MALFORMED);
}

function readField(at: usize, end: usize, rest: u32, demand: Demand): Step {
  if (at == end && !rest) return goTo(Phase.END, at);
  const head = readTarsHead(at, end);
  if (head != TarsRead.READ) return unread(head);
  const tag = tarsTag;
  if (tag > lastWanted(demand)) return goTo(Phase.END, at);
  if (tag == TIMEOUT) {
    const slot = builtinSlot(demand, TIMEOUT_ATTRIBUTE);
    if (slot >= 0) return takeTimeout(end, slot);
  }
  const isWanted = tag == CONTEXT ? demand.namedCount > 0 : tag == STATUS;
  if (!isWanted) {
    beginTarsSkip();
    return goTo(Phase.SKIP, tarsEnd);
  }
  if (tarsType != TarsType.MAP) return refuse(Reason.MALFORMED);
  const count = readTarsCount(tarsEnd, end);
  if (count != TarsRead.READ) return unread(count);
  map = tag;
  entriesLeft = <u32>tarsValue;
  return nextEntry(tarsEnd);
}

function lastWanted(demand: Demand): u32 {
  if (demand.placedCount) return STATUS;
  return demand.namedCount ? CONTEXT : TIMEOUT;
}

function takeTimeout(end: usize, slot: i32): Step {
  const number = readTarsNumber(tarsEnd, end);
  if (number != TarsRead.READ) return unread(number);
  const area = keepArea(slot);
  setSlot(slot, area, <u32>(writeSigned(area, tarsValue) - area));
  return goTo(Phase.FIELD, tarsEnd);
}

function nextEntry(at: usize): Step {
  return goTo(entriesLeft ? Phase.KEY : Phase.FIELD, at);
}

function skipOn(at: usize, end: usize, rest: u32): Step {
  const read = skipTars(at, end, rest);
  tailAt = skippedTo;
  if (read == TarsRead.CUT) return Step.MORE;
  if (read != TarsRead.READ) return refuse(isTooDeep ? Reason.TOO_DEEP : Reason.MALFORMED);
  return goTo(Phase.FIELD, skippedTo);
}

/** Reads head and length of a text with this tag; its bytes need not be in memory. */
function readText(at: usize, end: usize, rest: u32, tag: u32): TarsRead {
  const head = readTarsHead(at, end);
  if (head != TarsRead.READ) return head;
  if (tarsTag != tag) return TarsRead.MALFORMED;
  const length = readTarsLength(tarsEnd, end, tarsType);
  if (length != TarsRead.READ) return length;
  return <u64>tarsBytes > <u64>(end - tarsEnd) + rest ? TarsRead.MALFORMED : TarsRead.READ;
}

function readKey(at: usize, end: usize, rest: u32, demand: Demand): Step {
  const text = readText(at, end, rest, 0);
  if (text != TarsRead.READ) return unread(text);
  slot = -1;
  // A longer one is no name that is asked for.
  if (tarsBytes <= MAX_ATTRIBUTE_BYTES) {
    if (tarsBytes > <u32>(end - tarsEnd)) return Step.MORE;
    if (map == CONTEXT) slot = namedSlot(demand, tarsEnd, tarsBytes);
    else slot = placedSlot(demand, STATUS_PLACE, tarsEnd, tarsBytes);
  }
  return goTo(Phase.VALUE, tarsEnd + tarsBytes);
}

function readValue(at: usize, end: usize, rest: u32, keep: bool): Step {
  const text = readText(at, end, rest, 1);
  if (text != TarsRead.READ) return unread(text);
  if (slot >= 0) {
    if (tarsBytes > MAX_ATTRIBUTE_BYTES) return refuse(Reason.ATTRIBUTE_TOO_LONG);
    if (tarsBytes > <u32>(end - tarsEnd)) return Step.MORE;
    setSlot(slot, keep ? kept(slot, tarsEnd, tarsBytes) : tarsEnd, tarsBytes);
  }
  entriesLeft--;
  return nextEntry(tarsEnd + tarsBytes);
}
