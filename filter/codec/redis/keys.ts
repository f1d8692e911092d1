import { asciiOf } from "../../memory/ascii";
import { MAX_ATTRIBUTE_BYTES, MAX_KEYS_BYTES } from "../../memory/limits";
import { Act } from "../act";
import { builtinSlot, Demand, setSlot } from "../attributes";
import { Message } from "../message";
import { Reason, Step } from "../step";
import { argument, argumentBytes, argumentEnd, isWord, readArgument } from "./arguments";
import { KEY } from "./attributes";
import { Keys } from "./commands";

/** How far the arguments were passed: where the next one begins, and its number. */
export let passedTo: usize = 0;
export let passed: u32 = 0;
/** With MORE: the address up to which bytes must be in memory; 0: more than there are. */
export let keyNeed: usize = 0;

/** The command that was decoded last. */
let commandAt: usize = 0;
let commandEnd: usize = 0;
let argumentCount: u32 = 0;

/** Of its keys behind the first: where the next argument is, its number, the number of the last key, and from key to key. */
let nextAt: usize = 0;
let nextNumber: u32 = 0;
let lastNumber: u32 = 0;
let distance: u32 = 1;

/** Its first key, and where the others begin. */
let keyAt: usize = 0;
let keyBytes: u32 = 0;
let firstAt: usize = 0;
let firstBytes: u32 = 0;
let othersAt: usize = 0;
let othersNumber: u32 = 0;

const streams: usize = asciiOf("STREAMS");

/**
 * Finds the keys of the command at `p` whose argument 1 begins at `at`; it has `count` arguments, the name included. The first key goes
 * to its slot. Where there are others (`message.several`) they are all in memory, and `nextKey` shows them.
 */
export function findKeys(
  p: usize,
  at: usize,
  end: usize,
  keys: Keys,
  count: u32,
  demand: Demand,
  message: Message,
): Step {
  commandAt = p;
  commandEnd = end;
  argumentCount = count;
  passedTo = at;
  passed = 1;
  keyNeed = 0;
  distance = keys == Keys.PAIRS ? 2 : 1;
  if (keys == Keys.STORED) return findStored(demand, message);
  if (keys >= Keys.COUNTED) {
    const step = keys == Keys.STREAMS ? passStreams(message) : passCount(keys == Keys.COUNTED ? 1 : 2, message);
    if (step != Step.DONE || message.act == Act.REFUSE) return step;
  }
  const first = firstKey(keys);
  const last = lastKey(keys, first);
  if (last < first) return Step.DONE;
  let step = Step.DONE;
  while (passed < first && step == Step.DONE) step = pass(message);
  if (step == Step.DONE && message.act != Act.REFUSE) step = passKey(message);
  if (step != Step.DONE || message.act == Act.REFUSE) return step;
  setKey(demand);
  return last < first + distance ? Step.DONE : passOthers(first + ((last - first) / distance) * distance, message);
}

function firstKey(keys: Keys): u32 {
  if (keys >= Keys.COUNTED) return passed;
  if (keys == Keys.THIRD) return 3;
  return keys == Keys.SECOND || keys == Keys.ALL_BUT_FIRST ? 2 : 1;
}

/** Less than `first`: there is none. */
function lastKey(keys: Keys, first: u32): u32 {
  let last = argumentCount - 1;
  switch (keys) {
    case Keys.FIRST:
    case Keys.SECOND:
    case Keys.THIRD:
      return min(last, first);
    case Keys.FIRST_TWO:
      return min<u32>(last, 2);
    case Keys.ALL_BUT_LAST:
      return last ? last - 1 : 0;
    case Keys.COUNTED:
    case Keys.COUNTED_SECOND:
      return min(last, first + keyCount - 1);
    case Keys.STREAMS:
      last = first + ((argumentCount - first) >> 1) - 1;
      return last;
    default:
      return last;
  }
}

/** The destination is a key like the others; between them is their number. */
function findStored(demand: Demand, message: Message): Step {
  if (argumentCount < 2) return Step.DONE;
  let step = passKey(message);
  if (step != Step.DONE || message.act == Act.REFUSE) return step;
  setKey(demand);
  step = passCount(2, message);
  if (step != Step.DONE || message.act == Act.REFUSE || !keyCount) return step;
  return passOthers(min(argumentCount - 1, passed + keyCount - 1), message);
}

/** Shows the next key of the command that was decoded last; false: there are no more. */
export function nextKey(demand: Demand): bool {
  while (nextNumber <= lastNumber) {
    if (readArgument(nextAt, commandEnd) != Step.DONE) return false;
    nextAt = argumentEnd;
    const isKey = (lastNumber - nextNumber) % distance == 0;
    nextNumber++;
    if (!isKey) continue;
    setKey(demand);
    return true;
  }
  return false;
}

/** Shows the first key again, and `nextKey` those behind it. */
export function firstKeyAgain(demand: Demand): void {
  setSlot(builtinSlot(demand, KEY), firstAt, firstBytes);
  nextAt = othersAt;
  nextNumber = othersNumber;
}

function setKey(demand: Demand): void {
  keyAt = argument;
  keyBytes = argumentBytes;
  setSlot(builtinSlot(demand, KEY), argument, argumentBytes);
}

/** Passes the keys behind the first one, up to number `last`. */
function passOthers(last: u32, message: Message): Step {
  firstAt = keyAt;
  firstBytes = keyBytes;
  othersAt = passedTo;
  othersNumber = passed;
  nextAt = passedTo;
  nextNumber = passed;
  lastNumber = last;
  while (passed <= last) {
    const step = (last - passed) % distance == 0 ? passKey(message) : pass(message);
    if (step != Step.DONE || message.act == Act.REFUSE) return step;
  }
  message.several = true;
  return Step.DONE;
}

/** Passes a key. One that is longer than what can be looked at makes the command one to be refused. */
function passKey(message: Message): Step {
  const step = readArgument(passedTo, commandEnd);
  if (step != Step.DONE || argumentBytes <= MAX_ATTRIBUTE_BYTES) return passRead(step, message);
  refuse(message);
  return Step.DONE;
}

function pass(message: Message): Step {
  return passRead(readArgument(passedTo, commandEnd), message);
}

/** Passes the argument that was read as `step` says, as soon as all of it is in memory. */
function passRead(step: Step, message: Message): Step {
  if (step != Step.DONE) return step;
  if (<u32>(argumentEnd - commandAt) > MAX_KEYS_BYTES) {
    refuse(message);
    return Step.DONE;
  }
  if (argumentEnd > commandEnd) {
    keyNeed = argumentEnd;
    return Step.MORE;
  }
  passedTo = argumentEnd;
  passed++;
  return Step.DONE;
}

function refuse(message: Message): void {
  message.act = Act.REFUSE;
  message.reason = Reason.ATTRIBUTE_TOO_LONG;
}

let keyCount: u32 = 0;

/** Passes the arguments up to number `at`, which says how many keys follow. */
function passCount(at: u32, message: Message): Step {
  keyCount = 0;
  while (passed <= at) {
    if (passed == argumentCount) return Step.DONE;
    const step = pass(message);
    if (step != Step.DONE || message.act == Act.REFUSE) return step;
  }
  for (let i: u32 = 0; i < min<u32>(argumentBytes, 7); i++) {
    const digit = <u32>load<u8>(argument + i) - 0x30;
    if (digit > 9) break;
    keyCount = keyCount * 10 + digit;
  }
  return Step.DONE;
}

/** Passes the arguments up to the word STREAMS, and that; all of them where it is not among them. */
function passStreams(message: Message): Step {
  while (passed < argumentCount) {
    const step = pass(message);
    if (step != Step.DONE || message.act == Act.REFUSE || isWord(streams, 7)) return step;
  }
  return Step.DONE;
}
