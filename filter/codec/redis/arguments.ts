import { Step } from "../step";
import { lineEnd, number, readNumber } from "./number";

/** The argument that was read: where it is, its length, and where the next one begins. Its end may not be in memory yet. */
export let argument: usize = 0;
export let argumentBytes: u32 = 0;
export let argumentEnd: usize = 0;

/** Whether the arguments are words of a line, not bulk strings. */
let inline: bool = false;

const DOLLAR: u32 = 0x24;
const SPACE: u32 = 0x20;
const DOUBLE_QUOTE: u32 = 0x22;
const SINGLE_QUOTE: u32 = 0x27;

export function readInline(on: bool): void {
  inline = on;
}

/** Longest bulk string there is (Redis: proto-max-bulk-len). */
const MAX_BULK_BYTES: i64 = 512 << 20;

/** Reads the argument that begins at `at`. MORE: what tells its length is not whole. */
export function readArgument(at: usize, end: usize): Step {
  if (inline) return readWord(at, end);
  if (at >= end) return Step.MORE;
  if (load<u8>(at) != DOLLAR) return Step.BAD;
  const step = readNumber(at + 1, end);
  if (step != Step.DONE) return step;
  if (number < 0 || number > MAX_BULK_BYTES) return Step.BAD;
  argument = lineEnd;
  argumentBytes = <u32>number;
  argumentEnd = argument + argumentBytes + 2;
  return Step.DONE;
}

/** A word of a line that ends at `end`: up to a blank, or what stands in quotes. Escapes in it are left as they are. */
function readWord(at: usize, end: usize): Step {
  while (at < end && load<u8>(at) <= SPACE) at++;
  if (at == end) return Step.MORE;
  const first = <u32>load<u8>(at);
  const quoted = first == DOUBLE_QUOTE || first == SINGLE_QUOTE;
  if (quoted) at++;
  argument = at;
  while (at < end && (quoted ? <u32>load<u8>(at) != first : <u32>load<u8>(at) > SPACE)) {
    // An escaped quote is none.
    at += quoted && first == DOUBLE_QUOTE && load<u8>(at) == 0x5c && at + 1 < end ? 2 : 1;
  }
  argumentBytes = <u32>(at - argument);
  argumentEnd = quoted && at < end ? at + 1 : at;
  return Step.DONE;
}

/** How many words the line has. */
export function countWords(at: usize, end: usize): u32 {
  let count: u32 = 0;
  while (readWord(at, end) == Step.DONE) {
    at = argumentEnd;
    count++;
  }
  return count;
}

/** Reads the argument of this number of a whole command at `p`, the name being 0; false: it has none. */
export function findArgument(p: usize, n: u32, index: u32): bool {
  const end = p + n;
  inline = load<u8>(p) != 0x2a;
  let at = p;
  if (!inline) {
    if (readNumber(p + 1, end) != Step.DONE) return false;
    at = lineEnd;
  }
  for (let i: u32 = 0; i <= index; i++) {
    if (readArgument(at, end) != Step.DONE) return false;
    at = argumentEnd;
  }
  return true;
}

/** Whether the argument that was read is this word, whose letters are capitals, in capitals or not. */
export function isWord(word: usize, length: u32): bool {
  if (argumentBytes != length) return false;
  for (let i: u32 = 0; i < length; i++) {
    if ((load<u8>(argument + i) & 0xdf) != (load<u8>(word + i) & 0xdf)) return false;
  }
  return true;
}
