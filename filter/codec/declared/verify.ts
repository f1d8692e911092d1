import { TOKEN_BYTES } from "../../encoding/json";
import { MAX_ECHO_BYTES } from "../../memory/limits";
import { BUILTINS } from "../attributes";
import { KEY_BYTES } from "./pairs";
import {
  aOf,
  BYTES_AT,
  bOf,
  cOf,
  codeOf,
  DIALECT_AT,
  DIALECT_BYTES_AT,
  ECHO_AT,
  ECHO_BYTES_AT,
  HEAD_BYTES,
  HESSIAN,
  LITTLE,
  MAGIC,
  NAME_COUNT_AT,
  NAMES_AT,
  OP_BYTES,
  OP_COUNT_AT,
  OPS_AT,
  Op,
  ORDERED_AT,
  opAt,
  SECTION_COUNT,
  Section,
  sectionCount,
  sectionFirst,
  Target,
  VARINT,
  WANT_NAMED,
  xOf,
  yOf,
  zOf,
} from "./program";
import { MAX_REPLY_DEPTH, prefixRoom } from "./reply";

/** Bounds of a program, all far above what a declaration needs. */
export const MAX_PROGRAM_BYTES: u32 = 64 << 10;
const MAX_OPS: u32 = 512;
/** Of an offset in a message: what a head can hold at most. */
const MAX_OFFSET: u32 = 4096;
const MAX_LINE_BYTES: u32 = 64 << 10;
const MAX_WORDS: u32 = 255;
const MAX_KIND: u32 = 5;
/** Steps of a path. */
const MAX_STEPS: u32 = 16;
/** Of a reply besides its text and what it repeats; the other half is for what `REPLY_OVERHEAD_BYTES` has to hold besides. */
const MAX_REPLY_BYTES: u32 = 512;

let program: usize = 0;
let programBytes: u32 = 0;

/** Whether the `bytes` at `address` (a multiple of 8) are a program that no message can lead astray. Whatever they are, nothing traps. */
export function verify(address: usize, bytes: u32): bool {
  program = address;
  programBytes = bytes;
  if (bytes < HEAD_BYTES || bytes > MAX_PROGRAM_BYTES || bytes & 7) return false;
  if (load<u32>(address) != MAGIC || load<u32>(address, BYTES_AT) != bytes) return false;
  const ops = load<u32>(address, OPS_AT);
  const count = load<u32>(address, OP_COUNT_AT);
  if (ops < HEAD_BYTES || ops & 7 || count > MAX_OPS || !fits(ops, count * OP_BYTES)) return false;
  if (!verifyNames() || load<u32>(address, ORDERED_AT) > 1) return false;
  if (!isSpan(load<u32>(address, ECHO_AT), load<u32>(address, ECHO_BYTES_AT), MAX_ECHO_BYTES)) return false;
  if (!isSpan(load<u32>(address, DIALECT_AT), load<u32>(address, DIALECT_BYTES_AT), 4)) return false;
  for (let section: u32 = 0; section < SECTION_COUNT; section++) {
    const first = sectionFirst(program, section);
    const end = first + sectionCount(program, section);
    if (end > count) return false;
    if (section <= <u32>Section.ANSWER_HEAD) {
      if (!verifyHead(first, end)) return false;
    } else if (section <= <u32>Section.ANSWER_BODY) {
      if (!verifyBody(first, end, section == <u32>Section.REQUEST_BODY)) return false;
    } else if (!verifyReply(first, end, section)) return false;
  }
  return true;
}

/** Whether `bytes` at the offset `at` lie in the program. */
function fits(at: u32, bytes: u32): bool {
  return at >= HEAD_BYTES && at <= programBytes && bytes <= programBytes - at;
}

function isSpan(at: u32, bytes: u32, most: u32): bool {
  return at <= MAX_OFFSET && bytes <= most;
}

function verifyNames(): bool {
  const at = load<u32>(program, NAMES_AT);
  const count = load<u32>(program, NAME_COUNT_AT);
  if (count > <u32>BUILTINS || !fits(at, count << 3)) return false;
  for (let i: u32 = 0; i < count; i++) {
    const entry = program + at + ((<usize>i) << 3);
    if (!fits(load<u32>(entry), load<u32>(entry, 4))) return false;
  }
  return true;
}

/** A number of one to eight bytes near the beginning of a message, and its mask. */
function isNumber(op: usize): bool {
  return isWidth(aOf(op)) && bOf(op) <= 1 && cOf(op) <= 1 && xOf(op) <= MAX_OFFSET && isMask(yOf(op));
}

function isWidth(bytes: u32): bool {
  return bytes >= 1 && bytes <= 8;
}

function isMask(at: u32): bool {
  return !at || fits(at, 8);
}

/** [ mask u64 | count u64 | numbers u64 … ] */
function isSet(at: u32): bool {
  if (!fits(at, 16)) return false;
  const count = load<u64>(program + at, 8);
  return count <= 256 && fits(at, 16 + ((<u32>count) << 3));
}

/** Bytes to be looked for, one at least. */
function isMark(at: u32, bytes: u32): bool {
  return bytes >= 1 && bytes <= 255 && fits(at, bytes);
}

/** The frame in front, without jumps, which ends with TOTAL or LINE; then the kinds. */
function verifyHead(first: u32, end: u32): bool {
  let head: u32 = 0;
  let framed = false;
  for (let index = first; index < end; index++) {
    const op = opAt(program, index);
    switch (codeOf(op)) {
      case Op.MAGIC:
        if (framed || xOf(op) > MAX_OFFSET || !isMark(yOf(op), zOf(op))) return false;
        break;
      case Op.NEED:
        if (framed || xOf(op) > MAX_OFFSET) return false;
        head = max(head, xOf(op));
        break;
      case Op.LENGTH:
        if (framed || !isNumber(op) || cOf(op) || xOf(op) + aOf(op) > head) return false;
        break;
      case Op.VARINT_LENGTH:
        if (framed || xOf(op) > MAX_OFFSET) return false;
        break;
      case Op.TOTAL:
        if (framed || aOf(op) > 1) return false;
        framed = true;
        break;
      case Op.LINE:
        if (framed || !xOf(op) || xOf(op) > MAX_LINE_BYTES || !isMark(yOf(op), zOf(op))) return false;
        framed = true;
        break;
      case Op.TEST:
        if (!isWidth(aOf(op)) || bOf(op) > 1 || cOf(op) > 1 || xOf(op) > MAX_OFFSET || !isSet(yOf(op))) return false;
        if (!framed || !isForward(index, end, zOf(op))) return false;
        break;
      case Op.TEST_BYTES:
        if (cOf(op) > 1 || xOf(op) > MAX_OFFSET || !isMark(yOf(op), aOf(op))) return false;
        if (!framed || !isForward(index, end, zOf(op))) return false;
        break;
      case Op.KIND:
        if (!framed || aOf(op) > MAX_KIND || !isForward(index, end, zOf(op))) return false;
        break;
      case Op.ID:
      case Op.STATUS:
        if (!framed || !isNumber(op)) return false;
        break;
      case Op.OK_SET:
        if (!framed || !isSet(yOf(op))) return false;
        break;
      case Op.REFUSE:
      case Op.OK:
        if (!framed) return false;
        break;
      default:
        return false;
    }
  }
  return framed;
}

function isForward(from: u32, end: u32, to: u32): bool {
  return to > from && to <= end;
}

function isTarget(target: u32, isRequest: bool): bool {
  if (target <= <u32>Target.STATUS) return isRequest ? target != <u32>Target.STATUS : target >= <u32>Target.ID;
  return isRequest && target >= <u32>Target.ATTRIBUTE && target < <u32>Target.ATTRIBUTE + <u32>BUILTINS;
}

function isForm(form: u32): bool {
  return form == VARINT || isWidth(form & ~LITTLE);
}

function verifyBody(first: u32, end: u32, isRequest: bool): bool {
  /** The bytes of the part at hand, where they are known. */
  let bytes: u32 = 0;
  for (let index = first; index < end; index++) {
    const op = opAt(program, index);
    const before = bytes;
    bytes = 0;
    switch (codeOf(op)) {
      case Op.STOP:
      case Op.REST:
        break;
      case Op.TRIM:
        break;
      case Op.AT:
        if (cOf(op) > 1 || xOf(op) > MAX_OFFSET || yOf(op) > MAX_OFFSET) return false;
        bytes = yOf(op);
        break;
      case Op.FIXED:
        bytes = yOf(op);
        break;
      case Op.NUMBER:
        // The part before it is that number, and was read for the same.
        if (!isWidth(before) || bOf(op) > 1 || !isMask(yOf(op))) return false;
        if (zOf(op) & ~zOf(op - OP_BYTES)) return false;
        break;
      case Op.BY_NUMBER:
        if (!isNumber(op)) return false;
        break;
      case Op.PREFIXED:
        if (!isForm(aOf(op)) && aOf(op) != HESSIAN) return false;
        break;
      case Op.UNTIL:
        if (!isMark(xOf(op), yOf(op))) return false;
        break;
      case Op.WORD:
        if (aOf(op) > MAX_WORDS || !isMark(xOf(op), yOf(op))) return false;
        break;
      case Op.PAIRS:
        if (!isForm(aOf(op)) || !isForm(bOf(op)) || (cOf(op) && !isForm(cOf(op)))) return false;
        if (!isNames(xOf(op), isRequest)) return false;
        break;
      case Op.TEXT_PAIRS:
        if (!isNames(xOf(op), isRequest) || !fits(yOf(op), 16) || yOf(op) & 3) return false;
        if (!isMark(load<u32>(program + yOf(op)), load<u32>(program + yOf(op), 4))) return false;
        if (!isMark(load<u32>(program + yOf(op), 8), load<u32>(program + yOf(op), 12))) return false;
        break;
      case Op.PROTOBUF:
      case Op.THRIFT:
        if (aOf(op) > MAX_STEPS || !aOf(op) || !fits(xOf(op), aOf(op) << 2)) return false;
        break;
      case Op.PROTOBUF_MAP:
      case Op.THRIFT_MAP:
        if (aOf(op) > MAX_STEPS || !aOf(op) || !fits(xOf(op), aOf(op) << 2)) return false;
        if (!isRequest || zOf(op) != WANT_NAMED) return false;
        break;
      case Op.JSON:
        if (!isPointer(xOf(op), aOf(op))) return false;
        break;
      case Op.JSON_MAP:
        if (!isPointer(xOf(op), aOf(op)) || !isRequest || zOf(op) != WANT_NAMED) return false;
        break;
      case Op.OK_SET:
        if (isRequest || !isSet(yOf(op))) return false;
        break;
      case Op.OUT:
        if (!isTarget(aOf(op), isRequest)) return false;
        break;
      default:
        return false;
    }
  }
  return true;
}

function isNames(at: u32, isRequest: bool): bool {
  if (!fits(at, 4)) return false;
  const count = load<u32>(program + at);
  if (count > 32 || !fits(at, 4 + count * <u32>KEY_BYTES)) return false;
  for (let i: u32 = 0; i < count; i++) {
    const entry = program + at + 4 + <usize>i * KEY_BYTES;
    if (!fits(load<u32>(entry), load<u32>(entry, 4)) || !isTarget(load<u32>(entry, 8), isRequest)) return false;
  }
  return true;
}

function isPointer(at: u32, count: u32): bool {
  if (count > MAX_STEPS || !fits(at, count * <u32>TOKEN_BYTES)) return false;
  for (let i: u32 = 0; i < count; i++) {
    const token = program + at + <usize>i * TOKEN_BYTES;
    if (!fits(load<u32>(token), load<u32>(token, 4))) return false;
  }
  return true;
}

/** Lengths begin and end in pairs; what is written is bounded. */
const forms: usize = memory.data(4);

function verifyReply(first: u32, end: u32, section: u32): bool {
  const isError = section == <u32>Section.ERROR;
  let bytes: u32 = 0;
  let echoed: u32 = 0;
  let texts: u32 = 0;
  let depth: u32 = 0;
  for (let index = first; index < end; index++) {
    const op = opAt(program, index);
    switch (codeOf(op)) {
      case Op.PUT:
        if (yOf(op) > MAX_REPLY_BYTES || !fits(xOf(op), yOf(op))) return false;
        bytes += yOf(op);
        break;
      case Op.PUT_ID:
      case Op.PUT_CODE:
        if (aOf(op) > 8) return false;
        bytes += 20;
        break;
      case Op.PUT_TEXT:
        if (!isError) return false;
        texts++;
        break;
      case Op.PUT_ECHO:
        if (xOf(op) > MAX_OFFSET) return false;
        echoed += aOf(op);
        break;
      case Op.PUT_BEGIN:
        if (depth == MAX_REPLY_DEPTH || (!isForm(aOf(op)) && aOf(op) != HESSIAN)) return false;
        store<u8>(forms + depth, aOf(op));
        depth++;
        bytes += prefixRoom(aOf(op));
        break;
      case Op.PUT_END:
        if (!depth) return false;
        depth--;
        if (<u32>load<u8>(forms + depth) != aOf(op)) return false;
        break;
      default:
        return false;
    }
  }
  return !depth && texts <= 1 && bytes + echoed <= MAX_REPLY_BYTES;
}
