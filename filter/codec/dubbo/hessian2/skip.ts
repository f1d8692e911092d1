import { MAX_HESSIAN_CLASSES, MAX_HESSIAN_DEPTH } from "../../../memory/limits";
import { Reason, Step } from "../../step";
import { openBody, openBodyClass, passBody, passedTo, startBodies } from "./body";
import { plainTextEnd } from "./string";
import {
  CLASS_BINARY,
  CLASS_END,
  CLASS_INT,
  CLASS_LIST,
  CLASS_LONE,
  CLASS_NONE,
  CLASS_OBJECT,
  CLASS_TEXT,
  CLASS_TYPED_LIST,
  classOf,
  fixedBytes,
  intAt,
  TAG_CLASS,
  TAG_LIST,
  TAG_MAP,
  TAG_OBJECT,
  TAG_OPEN_LIST,
  TAG_OPEN_TYPED_LIST,
  TAG_REFERENCE,
  TAG_SHORT_LIST,
  TAG_SHORT_OBJECT,
  TAG_SHORT_TYPED_LIST,
  TAG_TYPED_LIST,
  TAG_TYPED_MAP,
} from "./tags";

/**
 * Passes Hessian2 values without making anything of them. One machine, whose state lives between windows: what is expected
 * next lies on a stack of frames, and each turn takes one tag with its fixed part.
 *
 *     frame: [ what is expected u32 | how many u32 ]
 *
 * A frame is left before its last value is entered, so a chain of objects whose last field is the next object (a linked list)
 * needs no depth at all.
 */
enum Expect {
  /** `count` values. */
  VALUES,
  /** Values until Z. */
  OPEN_LIST,
  /** A key, or Z. */
  KEY,
  /** The value of a key. */
  MAP_VALUE,
  /** The name of a list's or map's type, or the number of one that was named before. */
  TYPE,
  /** The count of a list's values. */
  LENGTH,
  /** `count` texts: the names in a class definition. */
  NAMES,
  /** The count of a class's fields. */
  FIELDS,
  /** The number of an object's class. */
  CLASS_NUMBER,
  /** The number of a value that was written before. */
  REFERENCE,
}

const FRAME_BYTES: usize = 8;
/** The most frames that one tag pushes. */
const FRAMES_PER_TAG: u32 = 3;

const frames: usize = memory.data(8 * 1024);
const fieldCounts: usize = memory.data(4 * 4096);

let depth: u32 = 0;
let classCount: u32 = 0;

/** Bytes of the message after those in memory. */
let unseen: u32 = 0;

/** Where `skip` stopped: the first byte of what it has not taken. */
export let skippedTo: usize = 0;
/** With BAD from `skip`. */
export let skipReason: Reason = Reason.NONE;

/** A new message: no class is defined, nothing is expected. */
export function startSkip(): void {
  depth = 0;
  classCount = 0;
  startBodies();
}

export function expectValues(count: u32): void {
  if (count) push(Expect.VALUES, count);
}

export function expectType(): void {
  push(Expect.TYPE, 1);
}

/**
 * Passes what is expected, as far as it lies in [at, end); `rest` bytes of the message follow. DONE when nothing is expected
 * any more, MORE when what is next is not whole in memory.
 */
export function skip(at: usize, end: usize, rest: u32): Step {
  unseen = rest;
  while (true) {
    if (openBodyClass != CLASS_NONE) {
      const step = passBody(at, end, rest);
      if (step == Step.BAD) return refuse(Reason.MALFORMED);
      at = passedTo;
      if (step == Step.MORE) return stop(at, step);
    }
    if (!depth) return stop(at, Step.DONE);
    at = passPlain(at, end);
    if (at >= end) return stop(at, Step.MORE);
    const tag = <u32>load<u8>(at);
    const fixed = fixedBytes(tag);
    if (end - at < fixed) return stop(at, Step.MORE);
    const step = take(at, tag, end);
    if (step != Step.DONE) return step;
    at += fixed;
  }
}

/** Passes plain ones of the values or names that are expected, all but the last. That is most of what objects and arrays consist of. */
function passPlain(at: usize, end: usize): usize {
  const frame = frames + <usize>(depth - 1) * FRAME_BYTES;
  const expect = <Expect>load<u32>(frame);
  if (expect != Expect.VALUES && expect != Expect.NAMES) return at;
  const count = load<u32>(frame, 4) - 1;
  at = passPlainValues(at, end, count, expect == Expect.VALUES);
  store<u32>(frame, valuesLeft + 1, 4);
  return at;
}

/** How many of its values `passPlainValues` left. */
export let valuesLeft: u32 = 0;

/**
 * Passes up to `count` values that need no state, and returns where the first other begins: scalars, and texts in ASCII of up to
 * 1,023 bytes, all of them whole in memory.
 */
export function passPlainValues(at: usize, end: usize, count: u32, scalars: bool): usize {
  for (; count && at < end; count--) {
    const text = plainTextEnd(at, end);
    if (text) at = text;
    else {
      const tag = <u32>load<u8>(at);
      const fixed = fixedBytes(tag);
      if (!scalars || classOf(tag) > CLASS_INT || end - at < fixed) break;
      at += fixed;
    }
  }
  valuesLeft = count;
  return at;
}

function stop(at: usize, step: Step): Step {
  skippedTo = at;
  return step;
}

function refuse(reason: Reason): Step {
  skipReason = reason;
  return Step.BAD;
}

function push(expect: Expect, count: u32): void {
  const frame = frames + <usize>depth * FRAME_BYTES;
  store<u32>(frame, expect);
  store<u32>(frame, count, 4);
  depth++;
}

/** Takes the tag at `at`, whose fixed part is in memory, as what the top frame expects. */
function take(at: usize, tag: u32, end: usize): Step {
  const frame = frames + <usize>(depth - 1) * FRAME_BYTES;
  const expect = <Expect>load<u32>(frame);
  const kind = classOf(tag);
  if (expect <= Expect.MAP_VALUE) {
    if (kind == CLASS_END) {
      if (expect != Expect.OPEN_LIST && expect != Expect.KEY) return refuse(Reason.MALFORMED);
      depth--;
      return Step.DONE;
    }
    if (expect == Expect.VALUES) {
      const count = load<u32>(frame, 4) - 1;
      if (count) store<u32>(frame, count, 4);
      else depth--;
    } else if (expect != Expect.OPEN_LIST) {
      store<u32>(frame, expect == Expect.KEY ? Expect.MAP_VALUE : Expect.KEY);
    }
    if (kind <= CLASS_INT) return Step.DONE;
    return openValue(at, tag, kind, end);
  }
  if (kind == CLASS_TEXT && (expect == Expect.TYPE || expect == Expect.NAMES)) {
    const count = load<u32>(frame, 4) - 1;
    if (count) store<u32>(frame, count, 4);
    else depth--;
    return openBody(at, tag, end, unseen) ? Step.DONE : refuse(Reason.MALFORMED);
  }
  if (kind != CLASS_INT || expect == Expect.NAMES) return refuse(Reason.MALFORMED);
  depth--;
  return takeNumber(expect, intAt(at, tag), <u32>(end - at - fixedBytes(tag)) + unseen);
}

/** Pushes what follows the fixed part of a value that is more than a scalar. */
function openValue(at: usize, tag: u32, kind: u32, end: usize): Step {
  if (kind == CLASS_TEXT || kind == CLASS_BINARY) {
    return openBody(at, tag, end, unseen) ? Step.DONE : refuse(Reason.MALFORMED);
  }
  if (depth > MAX_HESSIAN_DEPTH - FRAMES_PER_TAG) return refuse(Reason.TOO_DEEP);
  if (kind == CLASS_OBJECT) return openObject(tag - TAG_SHORT_OBJECT);
  if (kind == CLASS_LIST) {
    expectValues(tag - TAG_SHORT_LIST);
  } else if (kind == CLASS_TYPED_LIST) {
    expectValues(tag - TAG_SHORT_TYPED_LIST);
    expectType();
  } else if (kind == CLASS_LONE) {
    openLone(tag);
  } else {
    return refuse(Reason.MALFORMED);
  }
  return Step.DONE;
}

/** The last push is what comes first. */
function openLone(tag: u32): void {
  switch (tag) {
    case TAG_CLASS:
      push(Expect.VALUES, 1);
      push(Expect.FIELDS, 1);
      push(Expect.NAMES, 1);
      break;
    case TAG_OBJECT:
      push(Expect.CLASS_NUMBER, 1);
      break;
    case TAG_REFERENCE:
      push(Expect.REFERENCE, 1);
      break;
    case TAG_MAP:
      push(Expect.KEY, 1);
      break;
    case TAG_TYPED_MAP:
      push(Expect.KEY, 1);
      expectType();
      break;
    case TAG_OPEN_LIST:
      push(Expect.OPEN_LIST, 1);
      break;
    case TAG_OPEN_TYPED_LIST:
      push(Expect.OPEN_LIST, 1);
      expectType();
      break;
    case TAG_LIST:
      push(Expect.LENGTH, 1);
      break;
    case TAG_TYPED_LIST:
      push(Expect.LENGTH, 1);
      expectType();
      break;
  }
}

function openObject(classNumber: u32): Step {
  if (classNumber >= classCount) return refuse(Reason.MALFORMED);
  expectValues(load<u32>(fieldCounts + ((<usize>classNumber) << 2)));
  return Step.DONE;
}

/** `left` bytes of the message follow: each of the counted things needs at least one. */
function takeNumber(expect: Expect, value: i32, left: u32): Step {
  const count = <u32>value;
  if (expect == Expect.CLASS_NUMBER) return openObject(count);
  if (expect == Expect.LENGTH) {
    if (count > left) return refuse(Reason.MALFORMED);
    expectValues(count);
  } else if (expect == Expect.FIELDS) {
    if (count > left) return refuse(Reason.MALFORMED);
    if (classCount == MAX_HESSIAN_CLASSES) return refuse(Reason.TOO_MANY_CLASSES);
    store<u32>(fieldCounts + ((<usize>classCount) << 2), count);
    classCount++;
    if (count) push(Expect.NAMES, count);
  }
  return Step.DONE;
}
