import { Step } from "../step";

export const CRLF: u16 = 0x0a0d;
/** Digits of the longest number that is read: more than any length has. */
const MAX_DIGITS: u32 = 12;

/** The number that was read, and the address behind its line. */
export let number: i64 = 0;
export let lineEnd: usize = 0;

/**
 * Reads the rest of a line behind its type: a length or a count, or -1 for none. MORE: the line is not whole. BAD: it is no such number.
 */
export function readNumber(at: usize, end: usize): Step {
  const negative = at < end && load<u8>(at) == 0x2d;
  let p = negative ? at + 1 : at;
  const first = p;
  let value: i64 = 0;
  while (p < end) {
    const digit = <u32>load<u8>(p) - 0x30;
    if (digit > 9) break;
    if (<u32>(p - first) == MAX_DIGITS) return Step.BAD;
    value = value * 10 + digit;
    p++;
  }
  if (end - p >= 2) {
    if (p == first || load<u16>(p) != CRLF) return Step.BAD;
    if (negative && value != 1) return Step.BAD;
    number = negative ? -1 : value;
    lineEnd = p + 2;
    return Step.DONE;
  }
  return p < end && (p == first || load<u8>(p) != 0x0d) ? Step.BAD : Step.MORE;
}
