import { asciiOf, writeDecimal } from "../../memory/ascii";
import { MAX_ATTRIBUTE_BYTES } from "../../memory/limits";
import { Demand, numberedSlot, setSlot } from "../attributes";
import { keepArea, kept } from "../keep";
import { Reason, Step } from "../step";
import { ARGUMENT } from "./attributes";
import { Protocol } from "./dialect";
import {
  endStruct,
  expectValue,
  fieldEnd,
  fieldId,
  fieldType,
  needsUpTo,
  readField,
  readSize,
  Skip,
  size,
  skip,
  skipNeed,
  skippedTo,
  skipReason,
  startStruct,
} from "./skip";
import {
  BOOL,
  BYTE,
  Class,
  COMPACT_BYTE,
  COMPACT_FALSE,
  COMPACT_TRUE,
  fieldClassOf,
  I16,
  I32,
  I64,
  STOP,
} from "./types";
import { readVarint, varint, varintEnd, zigzag } from "./varint";

/**
 * The arguments of a call: the fields of the struct behind its head. Those that are wanted are read, what is in the others is passed. The
 * struct is read to its end even when all that is wanted was found: as for all who read it, the last of two fields of one id counts.
 */
const trueText: usize = asciiOf("true");
const falseText: usize = asciiOf("false");

/** The arguments' own frame in a Skip. */
const ARGUMENTS_DEPTH: u32 = 1;

let lastId: i32 = 0;

/** Offset up to which `readArguments` has read; it may lie beyond what is in memory. With BAD: of the field that is. */
export let argumentsAt: u32 = 0;
/** With MORE: bytes that must be in memory to get any further. */
export let argumentsNeed: u32 = 0;
/** With BAD. */
export let argumentsReason: Reason = Reason.NONE;

export function startArguments(state: Skip, protocol: Protocol): void {
  startStruct(state, protocol);
  lastId = 0;
}

/**
 * Goes on at offset `at` of what is at `p`: `n` bytes of it are in memory, and the message has `limit` at most. DONE at the end of the
 * arguments, MORE when what is next is not in memory. With `keep` texts are copied, for what is at `p` will not stay.
 */
export function readArguments(state: Skip, p: usize, at: u32, n: u32, limit: u32, keep: bool, demand: Demand): Step {
  n = min(n, limit);
  while (true) {
    if (state.depth > ARGUMENTS_DEPTH) {
      const step = skip(state, ARGUMENTS_DEPTH, p, at, n, limit, Reason.MALFORMED);
      if (step == Step.BAD) return refuse(skipReason);
      at = skippedTo;
      if (step == Step.MORE) return stop(at, skipNeed, limit);
    }
    if (at > n) return stop(at, at + 1, limit);
    let step = readField(state.protocol, p, at, n, lastId);
    if (step == Step.DONE && fieldType == STOP) {
      endStruct(state);
      argumentsAt = fieldEnd();
      return Step.DONE;
    }
    const id = fieldId;
    if (step == Step.DONE) {
      const slot = id < 0 ? -1 : numberedSlot(demand, ARGUMENT, id);
      step = slot < 0 ? passField(state) : takeArgument(state, p, n, keep, slot);
    }
    if (step == Step.MORE) return stop(at, max(fieldEnd(), n + 1), limit);
    if (step == Step.BAD) {
      argumentsAt = at;
      return step;
    }
    lastId = id;
    at = valueEnd;
    if (at > limit) return refuse(Reason.MALFORMED);
  }
}

function stop(at: u32, need: u32, limit: u32): Step {
  if (need > limit) return refuse(Reason.MALFORMED);
  argumentsAt = at;
  argumentsNeed = need;
  return Step.MORE;
}

function refuse(reason: Reason): Step {
  argumentsReason = reason;
  return Step.BAD;
}

/** With DONE from the functions below. */
let valueEnd: u32 = 0;

/** The value of the field that was read is passed: at once, or by the `skip` that follows. */
function passField(state: Skip): Step {
  const kind = fieldClassOf(state.protocol, fieldType);
  argumentsReason = Reason.MALFORMED;
  if (kind == Class.BAD) return Step.BAD;
  valueEnd = fieldEnd();
  if (kind <= Class.WIDEST) valueEnd += kind;
  else expectValue(state, kind);
  return Step.DONE;
}

/** Fills a slot with the value of the field that was read. A value that is no text, number or boolean leaves it empty. */
function takeArgument(state: Skip, p: usize, n: u32, keep: bool, slot: i32): Step {
  const protocol = state.protocol;
  const at = fieldEnd();
  const kind = fieldClassOf(protocol, fieldType);
  argumentsReason = Reason.MALFORMED;
  if (kind == Class.TEXT) return takeText(protocol, p, at, n, keep, slot);
  if (kind == Class.VARINT) {
    const step = readVarint(p, at, n);
    if (step != Step.DONE) return step;
    valueEnd = varintEnd;
    setNumber(slot, zigzag(varint));
    return step;
  }
  setSlot(slot, 0, 0);
  if (kind > Class.WIDEST) return passField(state);
  if (at + kind > n) return Step.MORE;
  valueEnd = at + kind;
  if (protocol == Protocol.COMPACT) setCompact(slot, p + at);
  else setBinary(slot, p + at);
  return Step.DONE;
}

function takeText(protocol: Protocol, p: usize, at: u32, n: u32, keep: bool, slot: i32): Step {
  const step = readSize(protocol, p, at, n);
  if (step != Step.DONE) return step;
  const from = fieldEnd();
  if (size > MAX_ATTRIBUTE_BYTES) {
    argumentsReason = Reason.ATTRIBUTE_TOO_LONG;
    return Step.BAD;
  }
  valueEnd = from + size;
  if (n < valueEnd) return needsUpTo(valueEnd);
  setSlot(slot, keep ? kept(slot, p + from, size) : p + from, size);
  return Step.DONE;
}

function setCompact(slot: i32, value: usize): void {
  if (fieldType == COMPACT_TRUE || fieldType == COMPACT_FALSE) setBoolean(slot, fieldType == COMPACT_TRUE);
  else if (fieldType == COMPACT_BYTE) setNumber(slot, load<i8>(value));
}

function setBinary(slot: i32, value: usize): void {
  switch (fieldType) {
    case BOOL:
      setBoolean(slot, load<u8>(value) != 0);
      break;
    case BYTE:
      setNumber(slot, load<i8>(value));
      break;
    case I16:
      setNumber(slot, <i16>bswap(load<u16>(value)));
      break;
    case I32:
      setNumber(slot, <i32>bswap(load<u32>(value)));
      break;
    case I64:
      setNumber(slot, <i64>bswap(load<u64>(value)));
      break;
  }
}

function setBoolean(slot: i32, value: bool): void {
  setSlot(slot, value ? trueText : falseText, value ? 4 : 5);
}

function setNumber(slot: i32, value: i64): void {
  const area = keepArea(slot);
  let at = area;
  if (value < 0) store<u8>(at++, 0x2d); // -
  at = writeDecimal(at, value < 0 ? 0 - <u64>value : <u64>value);
  setSlot(slot, area, <u32>(at - area));
}
