import { asciiOf } from "../../memory/ascii";
import { equalBytes } from "../../memory/bytes";
import { MAX_HEAD_BYTES, SHORT_HEAD_BYTES } from "../../memory/limits";
import { State } from "../../memory/state";
import { clearMessage, Kind, Message } from "../message";
import { Reason, Step } from "../step";
import { lineEnd, number, readNumber } from "./number";
import { STATUS_BYTES, statusOf } from "./status";

/** The types of values, by their first byte. */
enum Type {
  SIMPLE = 0x2b, // +
  ERROR = 0x2d, // -
  INTEGER = 0x3a, // :
  NULL = 0x5f, // _
  DOUBLE = 0x2c, // ,
  BOOLEAN = 0x23, // #
  BIG_NUMBER = 0x28, // (
  BULK = 0x24, // $
  BULK_ERROR = 0x21, // !
  VERBATIM = 0x3d, // =
  ARRAY = 0x2a, // *
  SET = 0x7e, // ~
  MAP = 0x25, // %
  ATTRIBUTE = 0x7c, // |
  PUSH = 0x3e, // >
}

/** In `State.word1`: the message is in the middle of a line; … */
const IN_LINE: u64 = 1;
/** … the upstream sends at any time, in RESP2, where nothing else tells that from answers. */
const LISTENING: u64 = 2;

/** Longest bulk string, and most elements, that are believed. */
const MAX_LENGTH: i64 = i32.MAX_VALUE >> 1;

/**
 * Decodes what a server sent: values, which may have values in them. What is whole in memory is one message; else it is taken in parts,
 * and `state.word0` is how many values are still to come, at whatever depth: no more needs to be known to find the end.
 */
export function decodeResponse(state: State, p: usize, n: u32, message: Message): Step {
  clearMessage(message);
  // Who speaks RESP3 tells them apart.
  const listening = load<u8>(p) == Type.PUSH && !state.word0 ? 0 : state.word1 & LISTENING;
  const begins = !state.word0;
  let left: u64 = begins ? 1 : state.word0;
  const end = p + n;
  let at = p;
  message.framed = true;
  if (!begins) {
    message.kind = Kind.PART;
    if (state.word1 & IN_LINE) {
      at = endOfLine(p, end);
      if (!at) return part(state, n, left, listening | IN_LINE, message);
      left--;
    }
  } else {
    const step = decodeHead(p, end, listening != 0, message);
    if (step != Step.DONE) return step;
  }
  while (left && at < end) {
    const type = <u32>load<u8>(at);
    switch (type) {
      case Type.SIMPLE:
      case Type.ERROR:
      case Type.INTEGER:
      case Type.NULL:
      case Type.DOUBLE:
      case Type.BOOLEAN:
      case Type.BIG_NUMBER: {
        const next = endOfLine(at, end);
        if (next) {
          at = next;
          left--;
          continue;
        }
        if (at > p) return part(state, <u32>(at - p), left, listening, message);
        // A line that is longer than this is passed on as it comes.
        if (n < SHORT_HEAD_BYTES) return more(n + 1, message);
        return part(state, n, left, listening | IN_LINE, message);
      }
      default:
        break;
    }
    if (!hasLength(type)) return refuse(message, begins && at == p ? Reason.NOT_THIS_PROTOCOL : Reason.MALFORMED);
    const step = readNumber(at + 1, end);
    if (step == Step.BAD || (step == Step.DONE && number > MAX_LENGTH)) return refuse(message, Reason.MALFORMED);
    if (step == Step.MORE) {
      if (at > p) break;
      return more(n + 1, message);
    }
    left--;
    if (type == Type.BULK || type == Type.BULK_ERROR || type == Type.VERBATIM) {
      const length = number < 0 ? 0 : <u32>number + 2;
      if (<u32>(lineEnd - p) > <u32>i32.MAX_VALUE - length) return refuse(message, Reason.TOO_LARGE);
      at = lineEnd + length;
      continue;
    }
    at = lineEnd;
    if (number <= 0) {
      if (type == Type.ATTRIBUTE) left++;
      continue;
    }
    const doubled = type == Type.MAP || type == Type.ATTRIBUTE;
    left += (<u64>number) << (doubled ? 1 : 0);
    // The value that the attributes are of.
    if (type == Type.ATTRIBUTE) left++;
  }
  return part(state, <u32>(at - p), left, listening, message);
}

/** So many bytes are decoded, and so many values are still to come. */
function part(state: State, bytes: u32, left: u64, flags: u64, message: Message): Step {
  message.total = bytes;
  message.open = left != 0;
  state.word0 = left;
  // What ends the listening is the last that is taken for something else than an answer.
  state.word1 = message.ends ? flags & ~LISTENING : flags;
  return Step.DONE;
}

function hasLength(type: u32): bool {
  switch (type) {
    case Type.BULK:
    case Type.BULK_ERROR:
    case Type.VERBATIM:
    case Type.ARRAY:
    case Type.SET:
    case Type.MAP:
    case Type.ATTRIBUTE:
    case Type.PUSH:
      return true;
    default:
      return false;
  }
}

/** The address behind the line at `at`, 0 if its end is not in memory. */
function endOfLine(at: usize, end: usize): usize {
  for (; at < end; at++) {
    if (load<u8>(at) == 0x0a) return at + 1;
  }
  return 0;
}

/** What the first value says of the message. */
function decodeHead(p: usize, end: usize, listening: bool, message: Message): Step {
  const type = <u32>load<u8>(p);
  message.kind = Kind.ANSWER;
  message.ok = true;
  if (type == Type.ERROR || type == Type.BULK_ERROR) return decodeError(p, end, type, message);
  if (type != Type.PUSH && !listening) return Step.DONE;
  message.kind = Kind.CALL;
  return decodeNews(p, end, type, message);
}

function decodeError(p: usize, end: usize, type: u32, message: Message): Step {
  let text = p + 1;
  let bytes = <u32>(end - text);
  if (type == Type.BULK_ERROR) {
    const step = readNumber(text, end);
    if (step == Step.BAD) return refuse(message, Reason.MALFORMED);
    if (step == Step.MORE) return more(<u32>(end - p) + 1, message);
    text = lineEnd;
    bytes = <u32>min<i64>(max<i64>(number, 0), STATUS_BYTES);
    if (text + bytes > end) return more(<u32>(text + bytes - p), message);
  } else if (bytes < STATUS_BYTES && !endOfLine(p, end)) return more(<u32>(end - p) + 1, message);
  message.ok = false;
  message.status = statusOf(text, bytes);
  return Step.DONE;
}

const unsubscribe: usize = asciiOf("unsubscribe");
const reset: usize = asciiOf("+RESET\r\n");
/** `:0\r\n` */
const NONE_LEFT: u32 = 0x0a0d_303a;
/** `*3\r\n` and `$11\r\n`. */
const NEWS_HEAD_BYTES: u32 = 4;
const KIND_HEAD_BYTES: u32 = 5;

/**
 * What comes at any time: whether the listening ends with it, which is when no channel is left, or RESET has been carried out:
 *
 *     *3\r\n $11\r\n unsubscribe\r\n (or punsubscribe, sunsubscribe)  the channel  :0\r\n
 */
function decodeNews(p: usize, end: usize, type: u32, message: Message): Step {
  const n = <u32>(end - p);
  if (type == Type.SIMPLE) {
    if (n < 8) return endOfLine(p, end) ? Step.DONE : more(n + 1, message);
    message.ends = equalBytes(p, reset, 8);
    return Step.DONE;
  }
  if (type != Type.ARRAY && type != Type.PUSH) return Step.DONE;
  if (n < NEWS_HEAD_BYTES + KIND_HEAD_BYTES) {
    // Shorter ones are not news of this kind.
    return more(n + 1, message);
  }
  if (load<u8>(p, 1) != 0x33 || load<u8>(p, 2) != 0x0d || load<u8>(p, 4) != Type.BULK) return Step.DONE;
  const step = readNumber(p + NEWS_HEAD_BYTES + 1, end);
  if (step == Step.MORE) return more(n + 1, message);
  if (step == Step.BAD || number < 11 || number > 12) return Step.DONE;
  const kind = lineEnd;
  const bytes = <usize>number;
  if (kind + bytes + 2 > end) return more(<u32>(kind + bytes + 2 - p), message);
  if (!equalBytes(kind + bytes - 11, unsubscribe, 11)) return Step.DONE;
  return decodeCount(p, kind + bytes + 2, end, message);
}

/** The channel at `at`, and how many are left. */
function decodeCount(p: usize, at: usize, end: usize, message: Message): Step {
  const n = <u32>(end - p);
  if (at == end) return more(n + 1, message);
  if (load<u8>(at) == Type.BULK) {
    const step = readNumber(at + 1, end);
    if (step == Step.MORE) return more(n + 1, message);
    if (step == Step.BAD || number > <i64>MAX_HEAD_BYTES) return Step.DONE;
    at = number < 0 ? lineEnd : lineEnd + <usize>number + 2;
  } else if (load<u8>(at) == Type.NULL) at += 3;
  else return Step.DONE;
  const need = <u32>(at - p) + 4;
  if (need > MAX_HEAD_BYTES) return Step.DONE;
  if (n < need) return more(need, message);
  message.ends = load<u32>(at) == NONE_LEFT;
  return Step.DONE;
}

/** From now on all that comes is taken for news, not for answers; or no longer. */
export function listen(state: State, on: bool): void {
  state.word1 = on ? state.word1 | LISTENING : state.word1 & ~LISTENING;
}

export function isListening(state: State): bool {
  return (state.word1 & LISTENING) != 0;
}

function more(need: u32, message: Message): Step {
  message.framed = false;
  message.need = need;
  return Step.MORE;
}

function refuse(message: Message, reason: Reason): Step {
  message.reason = reason;
  message.total = 0;
  message.open = false;
  message.framed = false;
  return Step.BAD;
}
