import { equalBytes } from "../../memory/bytes";
import { Message } from "../message";
import { Reason, Step } from "../step";
import { loadNumber, masked, readVarint, varint } from "./number";
import { aOf, bOf, cOf, codeOf, HESSIAN, LITTLE, Op, VARINT, xOf, yOf } from "./program";
import { first, head, lacking, limit, refuse, shown } from "./window";

/** Where the next part begins, and the part at hand: offsets in the message. A part need not be in memory. */
export let cursor: u32 = 0;
export let partAt: u32 = 0;
export let partEnd: u32 = 0;
/** It is no value, as Hessian2's null. */
export let isNull: bool = false;

export function startParts(): void {
  cursor = head;
  partAt = head;
  partEnd = head;
  isNull = false;
}

export function moveCursor(to: u32): void {
  cursor = to;
}

/** Takes the part that the op says. */
export function takePart(program: usize, op: usize, message: Message): Step {
  isNull = false;
  switch (codeOf(op)) {
    case Op.AT: {
      const at = cOf(op) ? head + xOf(op) : xOf(op);
      if (at > limit || yOf(op) > limit - at) return refuse(message, Reason.MALFORMED, at);
      partAt = at;
      partEnd = at + yOf(op);
      return Step.DONE;
    }
    case Op.FIXED:
      return takeBytes(cursor, yOf(op), message);
    case Op.BY_NUMBER: {
      const at = cOf(op) ? head + xOf(op) : xOf(op);
      if (at + aOf(op) > shown) return lacking(at + aOf(op), message);
      const mask = yOf(op);
      const number = loadNumber(first + at, aOf(op), bOf(op) != 0);
      return takeBytes(cursor, masked(number, mask ? load<u64>(program + mask) : 0), message);
    }
    case Op.PREFIXED: {
      if (aOf(op) == HESSIAN) return takeHessian(message);
      const step = readPrefix(aOf(op), cursor, message);
      if (step != Step.DONE) return step;
      const bytes = <i64>prefixNumber + <i64>(<i32>xOf(op));
      if (bytes < 0) return refuse(message, Reason.MALFORMED, cursor);
      return takeBytes(prefixEnd, <u64>bytes, message);
    }
    case Op.UNTIL:
      return takeUntil(program + xOf(op), yOf(op), message);
    default:
      return takeBytes(cursor, limit - cursor, message);
  }
}

function takeBytes(at: u32, bytes: u64, message: Message): Step {
  if (bytes > <u64>(limit - at)) return refuse(message, Reason.MALFORMED, at);
  partAt = at;
  partEnd = at + <u32>bytes;
  cursor = partEnd;
  return Step.DONE;
}

/** With `readPrefix`. */
export let prefixNumber: u64 = 0;
export let prefixEnd: u32 = 0;

/** Reads a number at `at` as a length in `form`: above 2^53 it is none. */
export function readPrefix(form: u32, at: u32, message: Message): Step {
  if (form == VARINT) {
    const bytes = at < shown ? readVarint(first + at, shown - at) : 0;
    if (bytes < 0) return refuse(message, Reason.MALFORMED, at);
    if (!bytes) return lacking(max(at, shown) + 1, message);
    prefixNumber = varint;
    prefixEnd = at + bytes;
  } else {
    const bytes = form & 0x0f;
    if (at + bytes > shown) return lacking(at + bytes, message);
    prefixNumber = loadNumber(first + at, bytes, (form & LITTLE) != 0);
    prefixEnd = at + bytes;
  }
  return prefixNumber >> 53 ? refuse(message, Reason.MALFORMED, at) : Step.DONE;
}

/** A text of one chunk of at most 1023 UTF-16 units, or null; all of it is in memory then. */
function takeHessian(message: Message): Step {
  if (cursor >= shown) return lacking(cursor + 1, message);
  const tag = <u32>load<u8>(first + cursor);
  let at = cursor + 1;
  let units = tag;
  if (tag == 0x4e) {
    partAt = at;
    partEnd = at;
    cursor = at;
    isNull = true;
    return Step.DONE;
  }
  if (tag >= 0x30 && tag <= 0x33) {
    if (at >= shown) return lacking(at + 1, message);
    units = ((tag & 3) << 8) | load<u8>(first + at);
    at++;
  } else if (tag > 0x1f) return refuse(message, Reason.MALFORMED, cursor);
  const begin = at;
  for (; units > 0; units--) {
    if (at >= shown) return lacking(at + 1, message);
    const byte = <u32>load<u8>(first + at);
    at += byte < 0x80 ? 1 : byte < 0xe0 ? 2 : 3;
  }
  if (at > shown) return lacking(at, message);
  partAt = begin;
  partEnd = at;
  cursor = at;
  return Step.DONE;
}

function takeUntil(mark: usize, bytes: u32, message: Message): Step {
  const begins = load<u8>(mark);
  for (let at = cursor; at + bytes <= shown; at++) {
    if (at + bytes > limit) break;
    if (load<u8>(first + at) != begins || !equalBytes(first + at, mark, bytes)) continue;
    partAt = cursor;
    partEnd = at;
    cursor = at + bytes;
    return Step.DONE;
  }
  return lacking(max(shown, cursor + bytes - 1) + 1, message);
}

/** Where what is in memory of the part ends. */
export function partShown(): usize {
  return first + min(shown, partEnd);
}
