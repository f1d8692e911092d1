import { State } from "../../memory/state";
import { Kind, Message } from "../message";
import { refuse } from "../outcome";
import { Reason, Step } from "../step";
import { EXCEPTION, Protocol, REPLY, Transport } from "./dialect";
import { decodeHead, head } from "./head";
import { lacks } from "./outcome";
import { beginParts, decodeAnswerPart, isOpen } from "./parts";
import { fieldEnd, fieldId, fieldType, newSkip, readField, readSize, Skip, size, startStruct } from "./skip";
import { STATUS_DECLARED, STATUS_OK, STATUS_UNKNOWN } from "./status";
import { Class, fieldClassOf, I32, STOP } from "./types";
import { readVarint, varint, zigzag } from "./varint";

const stack: Skip = newSkip();

/** Decodes the answer of an upstream at `p`, of which `n` bytes are in memory; `state` is that of its tunnel. */
export function decodeResponse(state: State, p: usize, n: u32, message: Message): Step {
  if (isOpen(state)) return decodeAnswerPart(state, p, n, message);
  let step = decodeHead(p, n, u32.MAX_VALUE, message);
  if (step != Step.DONE) return step;
  message.kind = Kind.ANSWER;
  const unframed = head.transport == Transport.UNFRAMED;
  const limit = unframed ? u32.MAX_VALUE : message.total;
  if (head.protocol == Protocol.UNREADABLE) {
    message.ok = true;
    message.status = STATUS_OK;
    return step;
  }
  if (head.type == REPLY) step = readResult(p, min(n, limit), limit, message);
  else if (head.type == EXCEPTION) step = readException(p, min(n, limit), limit, message);
  else return refuse(message, Reason.NOT_THIS_PROTOCOL);
  if (step != Step.DONE || !unframed) return step;
  startStruct(stack, head.protocol);
  return beginParts(state, stack, p, head.bodyAt, n, limit, message);
}

/** The first field of a result tells what it is: 0 what the method returns, any other an exception that it declares. */
function readResult(p: usize, n: u32, limit: u32, message: Message): Step {
  const step = readField(head.protocol, p, head.bodyAt, n, 0);
  if (step == Step.MORE) return lacks(message, max(fieldEnd(), n + 1), limit);
  if (step == Step.BAD) return refuse(message, Reason.MALFORMED);
  message.ok = true;
  message.status = fieldType == STOP || fieldId == 0 ? STATUS_OK : STATUS_DECLARED;
  return Step.DONE;
}

/** A longer text than this is not waited for to read the type behind it. */
const MAX_TEXT_BYTES: u32 = 1024;
const TYPE_ID: i32 = 2;

/** TApplicationException: 1 is its text, 2 its type, as most write them. */
function readException(p: usize, n: u32, limit: u32, message: Message): Step {
  const protocol = head.protocol;
  message.status = STATUS_UNKNOWN;
  let at = head.bodyAt;
  let id = 0;
  for (let fields = 0; fields < 2; fields++) {
    let step = readField(protocol, p, at, n, id);
    if (step == Step.DONE) {
      if (fieldType == STOP) return step;
      id = fieldId;
      at = fieldEnd();
      const kind = fieldClassOf(protocol, fieldType);
      if (id == TYPE_ID) return readType(kind, p, at, n, limit, message);
      if (kind != Class.TEXT) return step;
      step = readSize(protocol, p, at, n);
      if (step == Step.DONE) {
        if (size > MAX_TEXT_BYTES) return step;
        at = fieldEnd() + size;
        // The field behind it has a byte at least, be it the end.
        if (n <= at) return lacks(message, at + 1, limit);
      }
    }
    if (step == Step.MORE) return lacks(message, max(fieldEnd(), n + 1), limit);
    if (step == Step.BAD) return refuse(message, Reason.MALFORMED);
  }
  return Step.DONE;
}

function readType(kind: Class, p: usize, at: u32, n: u32, limit: u32, message: Message): Step {
  let type: i64 = 0;
  if (kind == Class.VARINT) {
    const step = readVarint(p, at, n);
    if (step == Step.BAD) return refuse(message, Reason.MALFORMED);
    if (step == Step.MORE) return lacks(message, n + 1, limit);
    type = zigzag(varint);
  } else if (kind == <Class>4 && fieldType == I32) {
    if (n < at + 4) return lacks(message, at + 4, limit);
    type = <i32>bswap(load<u32>(p + at));
  }
  if (type > 0 && type < <i64>STATUS_UNKNOWN) message.status = <u32>type;
  return Step.DONE;
}
