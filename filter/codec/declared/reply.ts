import { writeUtf8 } from "../../encoding/utf8";
import { writeDecimal } from "../../memory/ascii";
import { copyBytes } from "../../memory/bytes";
import { Caller } from "../caller";
import { ReplyCode } from "../reply";
import { storeNumber } from "./number";
import {
  aOf,
  bOf,
  CODES_AT,
  codeOf,
  DENIED_CODE_AT,
  HESSIAN,
  LITTLE,
  OP_BYTES,
  Op,
  opAt,
  Section,
  sectionCount,
  sectionFirst,
  VARINT,
  xOf,
  yOf,
  zOf,
} from "./program";

/** Lengths within lengths. */
export const MAX_REPLY_DEPTH: u32 = 4;
/** Where the lengths stand that are being counted. */
const begun: usize = memory.data(4 * 4);
/** Most bytes of a length. */
const MAX_PREFIX_BYTES: u32 = 5;

/** What a reply is filled with. */
let out: usize = 0;
let id: u64 = 0;
let code: u32 = 0;
let text: usize = 0;
let textBytes: u32 = 0;
let echo: usize = 0;
let echoBytes: u32 = 0;

export function writeError(
  program: usize,
  to: usize,
  caller: Caller,
  reply: ReplyCode,
  textAt: usize,
  bytes: u32,
): u32 {
  id = caller.id;
  code = caller.status ? caller.status : replyStatus(program, reply);
  text = textAt;
  textBytes = bytes;
  echo = caller.echo;
  echoBytes = caller.echoBytes;
  return write(program, Section.ERROR, to);
}

/** What is repeated of the heartbeat came by way of `Message.dialect`. */
const kept: usize = memory.data(4);

export function writeHeartbeatAnswer(program: usize, to: usize, heartbeat: u64, dialect: u32): u32 {
  store<u32>(kept, dialect);
  id = heartbeat;
  code = 0;
  textBytes = 0;
  echo = kept;
  echoBytes = 4;
  return write(program, Section.HEARTBEAT_ANSWER, to);
}

/** Before a first table has come there is no program. */
export function writeGoingAway(program: usize, to: usize): u32 {
  if (!program) return 0;
  id = 0;
  code = 0;
  textBytes = 0;
  echoBytes = 0;
  return write(program, Section.GOING_AWAY, to);
}

export function replyStatus(program: usize, reply: ReplyCode): u32 {
  if (reply == ReplyCode.DENIED) {
    const denied = load<u32>(program, DENIED_CODE_AT);
    if (denied) return denied;
    reply = ReplyCode.BAD_REQUEST;
  } else if (reply == ReplyCode.OVERFLOW) reply = ReplyCode.OVERLOADED;
  // Others are of protocols whose calls belong together, or can be changed: nobody gets them here.
  else if (reply > ReplyCode.ABORTED) reply = ReplyCode.BAD_REQUEST;
  return load<u32>(program + ((<usize>reply) << 2), CODES_AT);
}

/** The template says what is longest; `verify` has added it up. */
function write(program: usize, section: Section, to: usize): u32 {
  out = to;
  let depth: u32 = 0;
  let op = opAt(program, sectionFirst(program, section));
  const end = op + sectionCount(program, section) * OP_BYTES;
  for (; op < end; op += OP_BYTES) {
    switch (codeOf(op)) {
      case Op.PUT:
        copyBytes(out, program + xOf(op), yOf(op));
        out += yOf(op);
        break;
      case Op.PUT_ID:
        putNumber(op, id);
        break;
      case Op.PUT_CODE:
        putNumber(op, code);
        break;
      case Op.PUT_TEXT:
        putText(aOf(op) != 0);
        break;
      case Op.PUT_ECHO:
        putEcho(op);
        break;
      case Op.PUT_BEGIN:
        store<u32>(begun + ((<usize>depth) << 2), <u32>out);
        depth++;
        out += prefixRoom(aOf(op));
        break;
      case Op.PUT_END: {
        depth--;
        const begin = <usize>load<u32>(begun + ((<usize>depth) << 2));
        endPrefix(aOf(op), begin, <i32>xOf(op));
        break;
      }
    }
  }
  return <u32>(out - to);
}

function putNumber(op: usize, number: u64): void {
  const bytes = aOf(op);
  if (!bytes) {
    out = writeDecimal(out, number);
    return;
  }
  storeNumber(out, bytes, bOf(op) != 0, number);
  out += bytes;
}

/** The text as UTF-8 without control characters, whatever peers have called what it speaks of; never longer than it is. */
function putText(isLine: bool): void {
  const begin = out;
  out += writeUtf8(out, textBytes, text, textBytes);
  for (let at = begin; isLine && at < out; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x22) store<u8>(at, 0x27);
    else if (byte == 0x5c) store<u8>(at, 0x2f);
  }
}

/** A call that has come under another program may have left other bytes, or none: 0 then. */
function putEcho(op: usize): void {
  const bytes = aOf(op);
  const at = xOf(op);
  for (let i: u32 = 0; i < bytes; i++) {
    const byte: u32 = at + i < echoBytes ? <u32>load<u8>(echo + at + i) : 0;
    store<u8>(out + i, (byte & yOf(op)) | zOf(op));
  }
  out += bytes;
}

/** Room for a length in this form. */
export function prefixRoom(form: u32): u32 {
  if (form == VARINT) return MAX_PREFIX_BYTES;
  return form == HESSIAN ? 2 : form & 0x0f;
}

/** What was written since is counted in front of it, which moves where its length is shorter than its room. */
function endPrefix(form: u32, begin: usize, add: i32): void {
  const room = prefixRoom(form);
  const body = begin + room;
  const bytes = <u32>(out - body);
  const counted = bytes + add;
  if (form != VARINT && form != HESSIAN) {
    storeNumber(begin, room, (form & LITTLE) != 0, counted);
    return;
  }
  let at = begin;
  if (form == VARINT) {
    let rest = counted;
    for (; rest > 0x7f; rest >>= 7) store<u8>(at++, 0x80 | (rest & 0x7f));
    store<u8>(at++, rest);
  } else {
    const units = unitsOf(body, bytes);
    if (units > 0x1f) store<u8>(at++, 0x30 | (units >> 8));
    store<u8>(at++, units);
  }
  memory.copy(at, body, bytes);
  out = at + bytes;
}

/** UTF-16 units of a text in UTF-8 of at most 1023 bytes. */
function unitsOf(at: usize, bytes: u32): u32 {
  let units: u32 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = <u32>load<u8>(at + i);
    if ((byte & 0xc0) != 0x80) units += byte < 0xf0 ? 1 : 2;
  }
  return units & 0x3ff;
}
