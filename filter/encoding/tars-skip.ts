import { MAX_TARS_DEPTH } from "../memory/limits";
import {
  readTarsCount,
  readTarsHead,
  readTarsLength,
  TarsRead,
  TarsType,
  tarsBytes,
  tarsEnd,
  tarsTag,
  tarsType,
  tarsValue,
} from "./tars";

/**
 * Passes over a value, window by window: for each list, map or struct that is open there is a word with how many values it still has, or
 * OPEN_STRUCT. Texts and bytes are not walked through.
 */
const open: usize = memory.data(64 * 4);
const OPEN_STRUCT: u32 = u32.MAX_VALUE;

let depth: u32 = 0;
/** The type of a value whose head is read already; -1: the head is to come. */
let begunType: i32 = -1;

/** Where to go on. With READ it is where the value ends, which may be behind the window. */
export let skippedTo: usize = 0;
/** With MALFORMED: it is sound, but more than MAX_TARS_DEPTH values are open within each other. */
export let isTooDeep: bool = false;

/** What is to be passed over is the value of the head that was read last. */
export function beginTarsSkip(): void {
  depth = 0;
  begunType = tarsType;
  isTooDeep = false;
}

/** Goes on at `at`: what is in memory ends at `end`, and `rest` bytes of the message follow. */
export function skipTars(at: usize, end: usize, rest: u32): TarsRead {
  let read: TarsRead = TarsRead.READ;
  skippedTo = at;
  do {
    read = skipOne(skippedTo, end, rest);
  } while (read == TarsRead.READ && depth);
  return read;
}

function skipOne(at: usize, end: usize, rest: u32): TarsRead {
  let type = begunType;
  if (type < 0) {
    const head = readTarsHead(at, end);
    if (head != TarsRead.READ) return head;
    at = tarsEnd;
    type = tarsType;
  }
  const read = skipValue(type, at, end, rest);
  if (read == TarsRead.READ) begunType = -1;
  return read;
}

function skipValue(type: i32, at: usize, end: usize, rest: u32): TarsRead {
  switch (type) {
    case TarsType.STRING1:
    case TarsType.STRING4: {
      const length = readTarsLength(at, end, <TarsType>type);
      return length == TarsRead.READ ? passBytes(tarsEnd, tarsBytes, end, rest) : length;
    }
    case TarsType.MAP:
    case TarsType.LIST: {
      const count = readTarsCount(at, end);
      if (count != TarsRead.READ) return count;
      const values = type == TarsType.MAP ? (<u64>tarsValue) << 1 : <u64>tarsValue;
      // Each takes a byte at least.
      if (values > <u64>(end - tarsEnd) + rest) return TarsRead.MALFORMED;
      skippedTo = tarsEnd;
      return values ? enter(<u32>values) : leaveValue();
    }
    case TarsType.STRUCT_BEGIN:
      skippedTo = at;
      return enter(OPEN_STRUCT);
    case TarsType.STRUCT_END:
      if (!depth || load<u32>(open + ((<usize>(depth - 1)) << 2)) != OPEN_STRUCT) return TarsRead.MALFORMED;
      skippedTo = at;
      depth--;
      return leaveValue();
    case TarsType.SIMPLE_LIST:
      return skipSimpleList(at, end, rest);
    default:
      return passBytes(at, bytesOf(type), end, rest);
  }
}

function bytesOf(type: i32): u32 {
  if (type == TarsType.ZERO) return 0;
  return type == TarsType.FLOAT ? 4 : type == TarsType.DOUBLE ? 8 : 1 << type;
}

function skipSimpleList(at: usize, end: usize, rest: u32): TarsRead {
  const head = readTarsHead(at, end);
  if (head != TarsRead.READ) return head;
  if (tarsTag || tarsType != TarsType.INT1) return TarsRead.MALFORMED;
  const count = readTarsCount(tarsEnd, end);
  return count == TarsRead.READ ? passBytes(tarsEnd, <u32>tarsValue, end, rest) : count;
}

function passBytes(at: usize, bytes: u32, end: usize, rest: u32): TarsRead {
  if (<u64>bytes > <u64>(end - at) + rest) return TarsRead.MALFORMED;
  skippedTo = at + bytes;
  return leaveValue();
}

function enter(values: u32): TarsRead {
  if (depth == MAX_TARS_DEPTH) {
    isTooDeep = true;
    return TarsRead.MALFORMED;
  }
  store<u32>(open + ((<usize>depth) << 2), values);
  depth++;
  return TarsRead.READ;
}

/** A value is over, and so are the lists and maps whose last one it was. */
function leaveValue(): TarsRead {
  while (depth) {
    const top = open + ((<usize>(depth - 1)) << 2);
    const left = load<u32>(top);
    if (left == OPEN_STRUCT) break;
    store<u32>(top, left - 1);
    if (left > 1) break;
    depth--;
  }
  return TarsRead.READ;
}
