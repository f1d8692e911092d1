import { Found, foundNeed } from "../../encoding/found";
import { writeUnescaped } from "../../encoding/json";
import { writeDecimal } from "../../memory/ascii";
import { MAX_ATTRIBUTE_BYTES } from "../../memory/limits";
import { builtinSlot, Demand, namedSlot, setSlot } from "../attributes";
import { KEEP_METHOD, KEEP_SERVICE, keepArea } from "../keep";
import { Message } from "../message";
import { Reason, Step } from "../step";
import { isDecimal, parseDecimal } from "./number";
import { partAt } from "./part";
import { Target } from "./program";
import { first, lacking, refuse, shown } from "./window";

/** The value at hand: a number, or bytes of the message, which may not be in memory. */
let value: Found = Found.ABSENT;
let valueAt: u32 = 0;
let valueBytes: u32 = 0;
let valueNumber: u64 = 0;
let valueIsNegative: bool = false;

export function setAbsent(): void {
  value = Found.ABSENT;
}

export function setText(at: u32, bytes: u32): void {
  value = Found.TEXT;
  valueAt = at;
  valueBytes = bytes;
}

/** The text has JSON's escapes. */
export function setEscaped(): void {
  value = Found.ESCAPED;
}

export function setNumber(number: u64, isNegative: bool): void {
  value = Found.NUMBER;
  valueNumber = number;
  valueIsNegative = isNegative;
}

/** What is to be done when a look for a value ended like this; DONE where it ended well. */
export function stepOf(found: Found, message: Message): Step {
  if (found == Found.MORE) return lacking(<u32>(foundNeed - first), message);
  return found == Found.MALFORMED ? refuse(message, Reason.MALFORMED, partAt) : Step.DONE;
}

/** The value becomes what the target says. */
export function give(target: u32, demand: Demand | null, message: Message): Step {
  if (value == Found.ABSENT) return Step.DONE;
  if (target == Target.ID || target == Target.STATUS) return giveNumber(target, message);
  let slot: i32 = -1;
  if (target >= <u32>Target.ATTRIBUTE) {
    slot = builtinSlot(demand!, target - <u32>Target.ATTRIBUTE);
    if (slot < 0) return Step.DONE;
  }
  const area = keepArea(slot >= 0 ? slot : target == Target.SERVICE ? KEEP_SERVICE : KEEP_METHOD);
  let address = area;
  let bytes: u32 = 0;
  if (value == Found.NUMBER) {
    if (valueIsNegative) store<u8>(area, 0x2d);
    bytes = <u32>(writeDecimal(area + (valueIsNegative ? 1 : 0), valueNumber) - area);
  } else {
    // Escaped, a text may take six times its bytes.
    if (valueBytes > MAX_ATTRIBUTE_BYTES) return refuse(message, Reason.ATTRIBUTE_TOO_LONG, valueAt);
    if (valueAt + valueBytes > shown) return lacking(valueAt + valueBytes, message);
    address = first + valueAt;
    bytes = valueBytes;
    if (value == Found.ESCAPED) {
      const written = writeUnescaped(address, bytes, area);
      if (written < 0) return refuse(message, Reason.MALFORMED, valueAt);
      address = area;
      bytes = <u32>written;
    }
  }
  if (slot >= 0) setSlot(slot, address, bytes);
  else if (target == Target.SERVICE) {
    message.service = address;
    message.serviceBytes = bytes;
  } else {
    message.method = address;
    message.methodBytes = bytes;
  }
  return Step.DONE;
}

function giveNumber(target: u32, message: Message): Step {
  let number = valueIsNegative && value == Found.NUMBER ? -valueNumber : valueNumber;
  if (value != Found.NUMBER) {
    if (valueBytes > 20) return refuse(message, Reason.MALFORMED, valueAt);
    if (valueAt + valueBytes > shown) return lacking(valueAt + valueBytes, message);
    number = parseDecimal(first + valueAt, valueBytes);
    if (!isDecimal) return refuse(message, Reason.MALFORMED, valueAt);
  }
  if (target == Target.ID) message.id = number;
  else message.status = <u32>number;
  return Step.DONE;
}

/** A text of the message under a name in memory: an attribute, if one is wanted that is called so. */
export function giveNamed(demand: Demand, name: usize, nameBytes: u32, at: u32, bytes: u32, message: Message): Step {
  const slot = namedSlot(demand, name, nameBytes);
  if (slot < 0) return Step.DONE;
  if (bytes > MAX_ATTRIBUTE_BYTES) return refuse(message, Reason.ATTRIBUTE_TOO_LONG, at);
  if (at + bytes > shown) return lacking(at + bytes, message);
  setSlot(slot, first + at, bytes);
  return Step.DONE;
}

/** The same of a text with JSON's escapes. */
export function giveNamedEscaped(
  demand: Demand,
  name: usize,
  nameBytes: u32,
  at: u32,
  bytes: u32,
  message: Message,
): Step {
  const slot = namedSlot(demand, name, nameBytes);
  if (slot < 0) return Step.DONE;
  if (bytes > MAX_ATTRIBUTE_BYTES) return refuse(message, Reason.ATTRIBUTE_TOO_LONG, at);
  if (at + bytes > shown) return lacking(at + bytes, message);
  const written = writeUnescaped(first + at, bytes, keepArea(slot));
  if (written < 0) return refuse(message, Reason.MALFORMED, at);
  setSlot(slot, keepArea(slot), <u32>written);
  return Step.DONE;
}
