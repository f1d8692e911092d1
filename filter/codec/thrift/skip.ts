import { MAX_THRIFT_DEPTH } from "../../memory/limits";
import { Reason, Step } from "../step";
import { Protocol } from "./dialect";
import { Class, classOf, fieldClassOf, STOP } from "./types";
import { readVarint, varint, varintEnd, zigzag } from "./varint";

/**
 * Passes values without making anything of them. One machine, whose state lives between windows and between parts: what is expected next
 * lies on a stack of frames, and each turn takes one tag with its fixed part. What has no parts of its own is passed at once, however long.
 *
 *     frame: [ what is expected u8 | class u8 | class of map values u8 | – | how many u32 ]
 *
 * A frame is left before its last value is entered: only structs, and what is not last in its container, take depth.
 */
@unmanaged
export class Skip {
  depth: u32;
  protocol: Protocol;
}

enum Expect {
  /** Fields until the end of a struct. */
  FIELDS,
  /** `how many` values of one class. */
  VALUES,
  /** Keys and values in turns: `how many` of both. */
  PAIRS,
}

const FRAME_BYTES: usize = 8;
/** TCompactProtocol: in place of a list's size, which follows then. */
const LONG_LIST: u32 = 15;
/** A Skip and its frames. */
export const SKIP_BYTES: usize = offsetof<Skip>() + <usize>MAX_THRIFT_DEPTH * FRAME_BYTES;

/** Offset up to which `skip` has passed what is expected; it may lie beyond what is in memory. */
export let skippedTo: u32 = 0;
/** With MORE: bytes that must be in memory to get any further. */
export let skipNeed: u32 = 0;
/** With BAD. */
export let skipReason: Reason = Reason.NONE;

/** A struct is expected. */
export function startStruct(state: Skip, protocol: Protocol): void {
  state.protocol = protocol;
  state.depth = 0;
  push(state, Expect.FIELDS, Class.BAD, Class.BAD, 0);
}

/** Room for the values of a message under decoding. */
export function newSkip(): Skip {
  return changetype<Skip>(heap.alloc(SKIP_BYTES));
}

export function copySkip(target: Skip, source: Skip): void {
  memory.copy(
    changetype<usize>(target),
    changetype<usize>(source),
    offsetof<Skip>() + <usize>source.depth * FRAME_BYTES,
  );
}

/** A value of this class is expected. False: nested too deep. */
export function expectValue(state: Skip, kind: Class): bool {
  return push(state, Expect.VALUES, kind, Class.BAD, 1);
}

/** The end of the innermost struct has come. */
export function endStruct(state: Skip): void {
  state.depth--;
}

function push(state: Skip, expect: Expect, kind: Class, other: Class, count: u32): bool {
  if (state.depth == MAX_THRIFT_DEPTH) return false;
  const frame = frameAt(state, state.depth++);
  store<u8>(frame, expect);
  store<u8>(frame, kind, 1);
  store<u8>(frame, other, 2);
  store<u32>(frame, count, 4);
  return true;
}

function frameAt(state: Skip, index: u32): usize {
  return changetype<usize>(state) + offsetof<Skip>() + <usize>index * FRAME_BYTES;
}

/**
 * Passes what is expected above the frames that are to stay, `floor` of them, from offset `at` of what is at `p` on: `n` bytes of it are in
 * memory, and the message has `limit` at most. DONE when nothing more is expected, MORE when what is next is not in memory. What goes beyond
 * the limit is BAD, and `beyond` is the reason.
 */
export function skip(state: Skip, floor: u32, p: usize, at: u32, n: u32, limit: u32, beyond: Reason): Step {
  n = min(n, limit);
  while (state.depth > floor) {
    if (at >= n) return stop(at, at + 1, limit, beyond);
    const frame = frameAt(state, state.depth - 1);
    const expect = <Expect>load<u8>(frame);
    let step: Step;
    if (expect == Expect.FIELDS) step = takeField(state.protocol, p, at, n);
    else {
      const isMapValue = expect == Expect.PAIRS && (load<u32>(frame, 4) & 1) == 1;
      const kind = <Class>(isMapValue ? load<u8>(frame, 2) : load<u8>(frame, 1));
      if (kind == Class.VARINT && expect == Expect.VALUES) {
        at = passVarints(state, frame, p, at, n);
        continue;
      }
      step = takeValue(state.protocol, kind, p, at, n);
    }
    if (step == Step.BAD) return refuse(Reason.MALFORMED);
    if (step == Step.MORE) return stop(at, max(tokenEnd, n + 1), limit, beyond);
    if (expect == Expect.FIELDS) {
      if (opens == Opens.NOTHING_MORE) state.depth--;
    } else {
      const left = load<u32>(frame, 4) - 1;
      if (left) store<u32>(frame, left, 4);
      else state.depth--;
    }
    at = tokenEnd;
    if (opens == Opens.BYTES) {
      if (<u64>at + contentBytes > limit) return refuse(beyond);
      at += <u32>contentBytes;
    } else if (opens == Opens.FRAME && !push(state, openExpect, openClass, openOther, openCount)) {
      return refuse(Reason.TOO_DEEP);
    }
  }
  skippedTo = at;
  return Step.DONE;
}

function stop(at: u32, need: u32, limit: u32, beyond: Reason): Step {
  if (need > limit || at > limit) return refuse(beyond);
  skippedTo = at;
  skipNeed = need;
  return Step.MORE;
}

function refuse(reason: Reason): Step {
  skipReason = reason;
  return Step.BAD;
}

/** What follows a tag and its fixed part. */
enum Opens {
  /** It ends its struct. */
  NOTHING_MORE,
  /** `contentBytes`, whatever they are. */
  BYTES,
  /** A frame of `openExpect`, … */
  FRAME,
}

/** With DONE from the functions below: where the tag with its fixed part ends. With MORE: the least that is needed, as far as it is known. */
let tokenEnd: u32 = 0;
let opens: Opens = Opens.BYTES;
let contentBytes: u64 = 0;
let openExpect: Expect = Expect.FIELDS;
let openClass: Class = Class.BAD;
let openOther: Class = Class.BAD;
let openCount: u32 = 0;

/** Bytes are needed up to `end`. */
export function needsUpTo(end: u32): Step {
  tokenEnd = end;
  return Step.MORE;
}

function ends(end: u32): Step {
  tokenEnd = end;
  opens = Opens.NOTHING_MORE;
  return Step.DONE;
}

function opensBytes(end: u32, bytes: u64): Step {
  tokenEnd = end;
  opens = Opens.BYTES;
  contentBytes = bytes;
  return Step.DONE;
}

function opensFrame(end: u32, expect: Expect, kind: Class, other: Class, count: u32): Step {
  tokenEnd = end;
  opens = Opens.FRAME;
  openExpect = expect;
  openClass = kind;
  openOther = other;
  openCount = count;
  return Step.DONE;
}

function takeField(protocol: Protocol, p: usize, at: u32, n: u32): Step {
  const step = readField(protocol, p, at, n, 0);
  if (step != Step.DONE) return step;
  if (fieldType == STOP) return ends(tokenEnd);
  const kind = fieldClassOf(protocol, fieldType);
  if (kind <= Class.WIDEST) return opensBytes(tokenEnd, kind);
  return kind == Class.BAD ? Step.BAD : opensFrame(tokenEnd, Expect.VALUES, kind, Class.BAD, 1);
}

/** With DONE from `readField`: STOP at the end of a struct, where the id says nothing. */
export let fieldType: u32 = 0;
export let fieldId: i32 = 0;

/** Where the head of the field that was read ends, or up to where bytes are needed to read it. */
export function fieldEnd(): u32 {
  return tokenEnd;
}

/** Reads the head of a field: its type and its id, which TCompactProtocol counts from the id of the field before. */
export function readField(protocol: Protocol, p: usize, at: u32, n: u32, lastId: i32): Step {
  if (at >= n) return needsUpTo(at + 1);
  const tag = <u32>load<u8>(p + at);
  tokenEnd = at + 1;
  if (protocol != Protocol.COMPACT) {
    fieldType = tag;
    if (tag == STOP) return Step.DONE;
    if (n < at + 3) return needsUpTo(at + 3);
    fieldId = <i32>(<i16>bswap(load<u16>(p + at, 1)));
    tokenEnd = at + 3;
    return Step.DONE;
  }
  fieldType = tag & 0x0f;
  if (fieldType == STOP) return Step.DONE;
  fieldId = lastId + (tag >> 4);
  if (tag >> 4) return Step.DONE;
  const step = readVarint(p, at + 1, n);
  if (step != Step.DONE) return step;
  fieldId = <i32>(<i16>zigzag(varint));
  tokenEnd = varintEnd;
  return Step.DONE;
}

function takeValue(protocol: Protocol, kind: Class, p: usize, at: u32, n: u32): Step {
  switch (kind) {
    case Class.VARINT: {
      const step = readVarint(p, at, n);
      return step == Step.DONE ? opensBytes(varintEnd, 0) : needs(step, at);
    }
    case Class.TEXT: {
      const step = readSize(protocol, p, at, n);
      return step == Step.DONE ? opensBytes(tokenEnd, size) : step;
    }
    case Class.STRUCT:
      return opensFrame(at, Expect.FIELDS, Class.BAD, Class.BAD, 0);
    case Class.LIST:
      return takeList(protocol, p, at, n);
    case Class.MAP:
      return takeMap(protocol, p, at, n);
    default:
      return kind <= Class.WIDEST ? opensBytes(at, kind) : Step.BAD;
  }
}

/** With DONE from `readSize`, which sets `tokenEnd`. */
export let size: u32 = 0;

/** Reads the length of a text, or how many elements a container has. */
export function readSize(protocol: Protocol, p: usize, at: u32, n: u32): Step {
  if (protocol == Protocol.COMPACT) {
    const step = readVarint(p, at, n);
    if (step != Step.DONE) return needs(step, at);
    if (varint > <u64>i32.MAX_VALUE) return Step.BAD;
    size = <u32>varint;
    tokenEnd = varintEnd;
    return Step.DONE;
  }
  tokenEnd = at + 4;
  if (n < at + 4) return Step.MORE;
  size = bswap(load<u32>(p + at));
  return size > <u32>i32.MAX_VALUE ? Step.BAD : Step.DONE;
}

/** A varint from `at` on was not read. */
function needs(step: Step, at: u32): Step {
  tokenEnd = at + 1;
  return step;
}

function takeList(protocol: Protocol, p: usize, at: u32, n: u32): Step {
  const type = <u32>load<u8>(p + at);
  if (protocol == Protocol.COMPACT && type >> 4 != LONG_LIST) {
    size = type >> 4;
    tokenEnd = at + 1;
  } else {
    const step = readSize(protocol, p, at + 1, n);
    if (step != Step.DONE) return step;
  }
  return opensValues(classOf(protocol, protocol == Protocol.COMPACT ? type & 0x0f : type), size);
}

function opensValues(kind: Class, count: u32): Step {
  if (!count) return opensBytes(tokenEnd, 0);
  if (kind <= Class.WIDEST) return opensBytes(tokenEnd, <u64>count * kind);
  return kind == Class.BAD ? Step.BAD : opensFrame(tokenEnd, Expect.VALUES, kind, Class.BAD, count);
}

function takeMap(protocol: Protocol, p: usize, at: u32, n: u32): Step {
  let keyType: u32;
  let valueType: u32;
  if (protocol == Protocol.COMPACT) {
    const step = readSize(protocol, p, at, n);
    if (step != Step.DONE) return step;
    if (!size) return opensBytes(tokenEnd, 0);
    if (tokenEnd >= n) return needsUpTo(tokenEnd + 1);
    const types = <u32>load<u8>(p + tokenEnd);
    tokenEnd++;
    keyType = types >> 4;
    valueType = types & 0x0f;
  } else {
    const step = readSize(protocol, p, at + 2, n);
    if (step != Step.DONE) return step;
    keyType = load<u8>(p + at);
    valueType = load<u8>(p + at, 1);
  }
  const key = classOf(protocol, keyType);
  const value = classOf(protocol, valueType);
  if (size && (key == Class.BAD || value == Class.BAD)) return Step.BAD;
  if (key <= Class.WIDEST && value <= Class.WIDEST) return opensBytes(tokenEnd, <u64>size * (key + value));
  if (key == value) return opensValues(key, size << 1);
  return size ? opensFrame(tokenEnd, Expect.PAIRS, key, value, size << 1) : opensBytes(tokenEnd, 0);
}

const ENDS: u64 = 0x8080_8080_8080_8080;

/** Passes the varints of a frame as far as they are in memory; each ends with the byte that has no highest bit. */
function passVarints(state: Skip, frame: usize, p: usize, at: u32, n: u32): u32 {
  let left = load<u32>(frame, 4);
  for (; left >= 8 && n - at >= 8; at += 8) left -= <u32>popcnt(~load<u64>(p + at) & ENDS);
  for (; left && at < n; at++) {
    if (load<u8>(p + at) < 0x80) left--;
  }
  if (left) store<u32>(frame, left, 4);
  else state.depth--;
  return at;
}
