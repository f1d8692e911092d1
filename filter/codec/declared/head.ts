import { equalBytes } from "../../memory/bytes";
import { clearMessage, Kind, Message } from "../message";
import { Reason, Step } from "../step";
import { isIn, loadNumber, masked, readVarint, varint } from "./number";
import {
  aOf,
  bOf,
  cOf,
  codeOf,
  DIALECT_AT,
  DIALECT_BYTES_AT,
  ECHO_AT,
  ECHO_BYTES_AT,
  OP_BYTES,
  Op,
  ORDERED_AT,
  opAt,
  Section,
  sectionCount,
  sectionFirst,
  xOf,
  yOf,
  zOf,
} from "./program";
import { first, head, lacking, limit, openWindow, refuse, setHead, setTotal, shown, total } from "./window";

/** What `decodeHead` adds up. */
let length: u64 = 0;

/** Runs the head of a program on the message at `p`. After DONE it is framed, and its kind is known. */
export function decodeHead(program: usize, section: Section, p: usize, n: u32, most: u32, message: Message): Step {
  clearMessage(message);
  openWindow(p, n);
  length = 0;
  message.ordered = load<u32>(program, ORDERED_AT) != 0;
  message.ok = true;
  message.kind = Kind.EVENT;
  const start = opAt(program, 0);
  let op = opAt(program, sectionFirst(program, section));
  const end = op + sectionCount(program, section) * OP_BYTES;
  while (op < end) {
    const next = op + OP_BYTES;
    if (codeOf(op) <= <u32>Op.LINE) {
      const step = takeFrame(program, op, most, message);
      if (step != Step.DONE) return step;
      op = next;
      continue;
    }
    switch (codeOf(op)) {
      case Op.TEST: {
        const behind = placeOf(op) + aOf(op);
        if (behind > shown && behind <= limit) return lacking(behind, message);
        const holds = behind <= limit && isIn(program + yOf(op), rawNumberOf(op));
        op = holds ? next : start + zOf(op) * OP_BYTES;
        break;
      }
      case Op.TEST_BYTES: {
        const at = placeOf(op);
        const behind = at + aOf(op);
        // What differs already is not waited for.
        const here = at < shown ? min(aOf(op), shown - at) : 0;
        const same = behind <= limit && equalBytes(first + at, program + yOf(op), here);
        if (same && behind > shown) return lacking(behind, message);
        op = same ? next : start + zOf(op) * OP_BYTES;
        break;
      }
      case Op.KIND:
        message.kind = aOf(op);
        op = start + zOf(op) * OP_BYTES;
        break;
      case Op.ID:
      case Op.STATUS: {
        const behind = placeOf(op) + aOf(op);
        if (behind > shown) return lacking(behind, message);
        const number = numberOf(program, op);
        if (codeOf(op) == Op.ID) message.id = number;
        else message.status = <u32>number;
        op = next;
        break;
      }
      case Op.OK_SET:
        message.ok = isIn(program + yOf(op), message.status);
        op = next;
        break;
      case Op.OK:
        message.ok = aOf(op) != 0;
        message.status = xOf(op);
        op = next;
        break;
      default:
        return refuse(message, Reason.MALFORMED, 0);
    }
  }
  return Step.DONE;
}

/** An op of those in front, which frame the message. */
function takeFrame(program: usize, op: usize, most: u32, message: Message): Step {
  switch (codeOf(op)) {
    case Op.MAGIC: {
      const at = xOf(op);
      const bytes = zOf(op);
      const here = at < shown ? min(bytes, shown - at) : 0;
      if (!equalBytes(first + at, program + yOf(op), here)) return refuse(message, Reason.NOT_THIS_PROTOCOL, at);
      if (here < bytes) return need(message, at + bytes);
      return Step.DONE;
    }
    case Op.NEED:
      if (shown < xOf(op)) return need(message, xOf(op));
      setHead(xOf(op));
      return Step.DONE;
    case Op.LENGTH: {
      const number = numberOf(program, op);
      if (number > <u64>u32.MAX_VALUE) return refuse(message, Reason.TOO_LARGE, xOf(op));
      length += number;
      return Step.DONE;
    }
    case Op.VARINT_LENGTH: {
      const at = xOf(op);
      const bytes = at < shown ? readVarint(first + at, shown - at) : 0;
      if (bytes < 0) return refuse(message, Reason.MALFORMED, at);
      if (!bytes) return need(message, max(at, shown) + 1);
      if (varint > <u64>u32.MAX_VALUE) return refuse(message, Reason.TOO_LARGE, at);
      length += varint;
      setHead(at + bytes);
      return Step.DONE;
    }
    case Op.TOTAL: {
      const step = frame(op, most, message);
      return step == Step.DONE ? keepBytes(program, message) : step;
    }
    case Op.LINE: {
      const step = frameLine(program, op, most, message);
      return step == Step.DONE ? keepBytes(program, message) : step;
    }
    default:
      return refuse(message, Reason.MALFORMED, 0);
  }
}

function need(message: Message, bytes: u32): Step {
  message.need = bytes;
  return Step.MORE;
}

/** Where in the message the op looks. */
function placeOf(op: usize): u32 {
  return cOf(op) ? head + xOf(op) : xOf(op);
}

function rawNumberOf(op: usize): u64 {
  return loadNumber(first + placeOf(op), aOf(op), bOf(op) != 0);
}

/** The op's number, which is in memory. */
function numberOf(program: usize, op: usize): u64 {
  const mask = yOf(op);
  return masked(rawNumberOf(op), mask ? load<u64>(program + mask) : 0);
}

function frame(op: usize, most: u32, message: Message): Step {
  const bytes = <i64>length + <i64>(<i32>xOf(op)) + (aOf(op) ? <i64>head : 0);
  if (bytes > <i64>most) return refuse(message, Reason.TOO_LARGE, 0);
  // A message has its head, and is not nothing.
  if (bytes < max<i64>(head, 1)) return refuse(message, Reason.MALFORMED, 0);
  message.total = <u32>bytes;
  message.framed = true;
  setTotal(<u32>bytes, 0);
  return Step.DONE;
}

/** Looks for the end of the line. */
function frameLine(program: usize, op: usize, most: u32, message: Message): Step {
  const mark = program + yOf(op);
  const markBytes = zOf(op);
  const bytes = min(shown, min(xOf(op), most));
  const begins = load<u8>(mark);
  for (let at: u32 = 0; at + markBytes <= bytes; at++) {
    if (load<u8>(first + at) != begins || !equalBytes(first + at, mark, markBytes)) continue;
    message.total = at + markBytes;
    message.framed = true;
    setTotal(message.total, markBytes);
    return Step.DONE;
  }
  if (shown >= min(xOf(op), most)) return refuse(message, Reason.TOO_LARGE, shown);
  return need(message, shown + 1);
}

/** What replies repeat. Of a message that ends before, nothing is. */
function keepBytes(program: usize, message: Message): Step {
  const echoBytes = load<u32>(program, ECHO_BYTES_AT);
  if (echoBytes) {
    const at = load<u32>(program, ECHO_AT);
    if (at + echoBytes > shown && at + echoBytes <= total) return lacking(at + echoBytes, message);
    if (at + echoBytes <= total) {
      message.echo = first + at;
      message.echoBytes = echoBytes;
    }
  }
  const dialectBytes = load<u32>(program, DIALECT_BYTES_AT);
  if (dialectBytes) {
    const at = load<u32>(program, DIALECT_AT);
    if (at + dialectBytes > shown && at + dialectBytes <= total) return lacking(at + dialectBytes, message);
    if (at + dialectBytes <= total) message.dialect = <u32>loadNumber(first + at, dialectBytes, true);
  }
  return Step.DONE;
}
