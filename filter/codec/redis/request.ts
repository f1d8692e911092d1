import { asciiOf } from "../../memory/ascii";
import { MAX_ATTRIBUTE_BYTES, MAX_SETTLING_BYTES } from "../../memory/limits";
import { State } from "../../memory/state";
import { Act } from "../act";
import { builtinSlot, clearSlots, Demand, setSlot } from "../attributes";
import { KEEP_METHOD, KEEP_SCRATCH, keepArea } from "../keep";
import { clearMessage, Kind, Message } from "../message";
import { Reason, Step } from "../step";
import { argument, argumentBytes, argumentEnd, countWords, readArgument, readInline } from "./arguments";
import { COMMAND, DATABASE, KEY, USER } from "./attributes";
import { Command, commandOf, Keys, Special } from "./commands";
import { findKeys, keyNeed, passed, passedTo } from "./keys";
import { lineEnd, number, readNumber } from "./number";
import { databaseBytes, databaseOf, judge, userBytes, userOf } from "./settled";

/**
 * Decodes a command that a client sent, an array of bulk strings or a line of words:
 *
 *     *3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n            SET key value\r\n
 *
 * An array does not say how long it is. Where its end is not in memory it is taken in parts, each of whole arguments; the last argument of
 * a part need not be in memory itself. In between `state.word0` is how many arguments are left, `state.word1` the bytes so far.
 */
export function decodeRequest(
  state: State,
  p: usize,
  n: u32,
  maxMessageBytes: u32,
  demand: Demand,
  message: Message,
): Step {
  clearSlots(demand.slotCount);
  clearMessage(message);
  if (state.word0) {
    message.kind = Kind.PART;
    readInline(false);
    return decodeRest(state, p, n, p, <u32>state.word0, maxMessageBytes, message);
  }
  if (load<u8>(p) != ASTERISK) return decodeLine(state, p, n, maxMessageBytes, demand, message);
  const step = readNumber(p + 1, p + n);
  if (step != Step.DONE) return notRead(step, n, message);
  if (number > MAX_ARGUMENTS) return refuse(message, Reason.TOO_LARGE);
  if (number <= 0) return passOver(<u32>(lineEnd - p), message);
  readInline(false);
  return decodeCommand(state, p, n, lineEnd, <u32>number, maxMessageBytes, demand, message);
}

const ASTERISK: u32 = 0x2a;
/** Arguments of one command: what Redis 6 allows. */
const MAX_ARGUMENTS: i64 = 1 << 20;
/** Longest line of words (Redis: PROTO_INLINE_MAX_SIZE). */
const MAX_LINE_BYTES: u32 = 64 << 10;

/** No command: servers pass over it, too. */
function passOver(bytes: u32, message: Message): Step {
  message.kind = Kind.EVENT;
  message.total = bytes;
  message.framed = true;
  return Step.DONE;
}

function decodeLine(state: State, p: usize, n: u32, maxMessageBytes: u32, demand: Demand, message: Message): Step {
  let end = p;
  const most = p + min(n, MAX_LINE_BYTES);
  while (end < most && load<u8>(end) != 0x0a) end++;
  if (end == most) {
    if (n >= MAX_LINE_BYTES) return refuse(message, Reason.TOO_LARGE);
    return notRead(Step.MORE, n, message);
  }
  const bytes = <u32>(end + 1 - p);
  readInline(true);
  const count = countWords(p, end);
  if (!count) return passOver(bytes, message);
  const step = decodeCommand(state, p, <u32>(end - p), p, count, maxMessageBytes, demand, message);
  if (step != Step.DONE) return refuse(message, step == Step.BAD ? message.reason : Reason.MALFORMED);
  state.word0 = 0;
  state.word1 = 0;
  message.open = false;
  message.total = bytes;
  return bytes > maxMessageBytes ? refuse(message, Reason.TOO_LARGE) : step;
}

/** The command at `p`, whose name, the first of `count` arguments, begins at `at`. */
function decodeCommand(
  state: State,
  p: usize,
  n: u32,
  at: usize,
  count: u32,
  maxMessageBytes: u32,
  demand: Demand,
  message: Message,
): Step {
  const end = p + n;
  let step = readArgument(at, end);
  if (step != Step.DONE) return notRead(step, n, message);
  if (argumentBytes > MAX_ATTRIBUTE_BYTES) return refuse(message, Reason.ATTRIBUTE_TOO_LONG);
  if (argument + argumentBytes > end) return more(<u32>(argument + argumentBytes - p), message);
  const name = argument;
  const nameBytes = argumentBytes;
  at = argumentEnd;
  message.kind = Kind.CALL;
  message.ordered = true;
  message.sequential = true;
  const command = knownCommand(p, name, nameBytes);
  fill(state, command, name, nameBytes, demand, message);
  if (!command) return decodeKeys(state, p, n, at, Keys.FIRST, count, maxMessageBytes, demand, message);
  message.act = command.act;
  message.notes = command.notes;
  if (message.act == Act.REFUSE) message.reason = Reason.UNSUPPORTED;
  if (command.special) {
    if (command.special == Special.HTTP) return refuse(message, Reason.NOT_THIS_PROTOCOL);
    step = decodeRest(state, p, n, at, count - 1, maxMessageBytes, message);
    if (step == Step.MORE) return step;
    // It is kept whole, so it has to be in memory whole.
    const most = min(MAX_SETTLING_BYTES, maxMessageBytes);
    if (step == Step.DONE && (message.open || message.total > n)) {
      const need = message.open ? max(message.total, n) + 1 : message.total;
      state.word0 = 0;
      state.word1 = 0;
      message.open = false;
      message.total = 0;
      message.framed = false;
      return need > most ? refuse(message, Reason.TOO_LARGE) : more(need, message);
    }
    if (step == Step.DONE && message.total > most) return refuse(message, Reason.TOO_LARGE);
    if (step == Step.DONE) judge(command, p, n, message);
    return step;
  }
  return decodeKeys(state, p, n, at, command.keys, count, maxMessageBytes, demand, message);
}

/** The name needs eight bytes in front: an array has them, a line has not. */
function knownCommand(p: usize, name: usize, nameBytes: u32): Command | null {
  if (name >= p + 8) return commandOf(name, nameBytes);
  const scratch = keepArea(KEEP_SCRATCH) + 8;
  memory.copy(scratch, name, min<u32>(nameBytes, 64));
  return nameBytes <= 64 ? commandOf(scratch, nameBytes) : null;
}

const other: usize = asciiOf("other");

function fill(
  state: State,
  command: Command | null,
  name: usize,
  nameBytes: u32,
  demand: Demand,
  message: Message,
): void {
  message.method = command ? command.name : other;
  message.methodBytes = command ? command.nameBytes : 5;
  if (!demand.slotCount) return;
  let slot = builtinSlot(demand, COMMAND);
  if (slot >= 0) {
    if (command) setSlot(slot, command.name, nameBytes);
    else setSlot(slot, capitals(name, nameBytes), nameBytes);
  }
  slot = builtinSlot(demand, DATABASE);
  if (slot >= 0) setSlot(slot, databaseOf(state), databaseBytes(state));
  slot = builtinSlot(demand, USER);
  if (slot >= 0) setSlot(slot, userOf(state), userBytes(state));
}

function capitals(name: usize, bytes: u32): usize {
  const area = keepArea(KEEP_METHOD);
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = <u32>load<u8>(name + i);
    store<u8>(area + i, <u8>(byte - 0x61 < 26 ? byte & 0xdf : byte));
  }
  return area;
}

function decodeKeys(
  state: State,
  p: usize,
  n: u32,
  at: usize,
  keys: Keys,
  count: u32,
  maxMessageBytes: u32,
  demand: Demand,
  message: Message,
): Step {
  if (keys == Keys.NONE || builtinSlot(demand, KEY) < 0) {
    return decodeRest(state, p, n, at, count - 1, maxMessageBytes, message);
  }
  const step = findKeys(p, at, p + n, keys, count, demand, message);
  if (step == Step.MORE && keyNeed) return more(<u32>(keyNeed - p), message);
  if (step != Step.DONE) return notRead(step, n, message);
  return decodeRest(state, p, n, passedTo, count - passed, maxMessageBytes, message);
}

/** Passes the `left` arguments at `at`, as far as they are in memory, and says so how long the message is, or this part of it. */
function decodeRest(
  state: State,
  p: usize,
  n: u32,
  at: usize,
  left: u32,
  maxMessageBytes: u32,
  message: Message,
): Step {
  const end = p + n;
  while (left && at < end) {
    const step = readArgument(at, end);
    if (step == Step.BAD) return refuse(message, Reason.MALFORMED);
    if (step == Step.MORE) break;
    at = argumentEnd;
    left--;
    if (state.word1 + (at - p) > maxMessageBytes) return refuse(message, Reason.TOO_LARGE);
  }
  if (at == p) return notRead(Step.MORE, n, message);
  message.total = <u32>(at - p);
  message.open = left != 0;
  message.framed = true;
  const bytes = state.word1 + message.total;
  if (bytes > maxMessageBytes) return refuse(message, Reason.TOO_LARGE);
  state.word0 = left;
  state.word1 = left ? bytes : 0;
  return Step.DONE;
}

/** Something was cut by the end of what is in memory, or is wrong. */
function notRead(step: Step, n: u32, message: Message): Step {
  return step == Step.MORE ? more(n + 1, message) : refuse(message, Reason.MALFORMED);
}

function more(need: u32, message: Message): Step {
  message.need = need;
  return Step.MORE;
}

/** Nothing behind it can be told apart any more. */
function refuse(message: Message, reason: Reason): Step {
  message.reason = reason;
  message.total = 0;
  message.open = false;
  message.framed = false;
  return Step.BAD;
}
