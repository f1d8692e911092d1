import { readNumberText, text, textBytes } from "./json";
import { fail } from "./problem";

/** The number read last. */
export let integer: i64 = 0;

/** Exponents beyond this make any number but 0 too large or a fraction. */
const MAX_EXPONENT: i32 = 1000;

/**
 * Reads an integer between two bounds. 1.0, 1e2 and "1" are integers too: some printers of the proto3 mapping write them so.
 * Exact in all 64 bits, therefore not by way of floating point.
 */
export function readInteger(lowest: i64, highest: i64): bool {
  if (!readNumberText()) return false;
  if (!parse()) return fail("must be an integer");
  if (integer < lowest || integer > highest) return fail("out of range");
  return true;
}

/** Digits of the number under `parse`, its sign, and by how many places its point moves to the right. */
let at: usize = 0;
let end: usize = 0;

/** Saturates: what does not fit 64 bits is out of any range but the widest, so it says false there. */
function parse(): bool {
  at = text;
  end = text + textBytes;
  const negative = at < end && load<u8>(at) == 0x2d;
  if (negative) at++;
  const whole = at;
  const wholeBytes = skipDigits();
  // JSON knows no leading zeros.
  if (wholeBytes == 0 || (wholeBytes > 1 && load<u8>(whole) == 0x30)) return false;
  let fraction = at;
  let fractionBytes: u32 = 0;
  if (at < end && load<u8>(at) == 0x2e) {
    fraction = ++at;
    fractionBytes = skipDigits();
    if (fractionBytes == 0) return false;
  }
  const exponent = readExponent();
  return at == end && compose(negative, whole, wholeBytes, fraction, fractionBytes, exponent);
}

function skipDigits(): u32 {
  const from = at;
  while (at < end && load<u8>(at) >= 0x30 && load<u8>(at) <= 0x39) at++;
  return <u32>(at - from);
}

/** The cursor stays where there is a letter e without digits. */
function readExponent(): i32 {
  if (at == end || (load<u8>(at) | 0x20) != 0x65) return 0;
  const from = at++;
  const negative = at < end && load<u8>(at) == 0x2d;
  if (at < end && (load<u8>(at) == 0x2d || load<u8>(at) == 0x2b)) at++;
  let exponent: i32 = 0;
  const digits = at;
  const count = skipDigits();
  if (count == 0) at = from;
  for (let i: u32 = 0; i < count; i++) exponent = min(exponent * 10 + <i32>load<u8>(digits + i) - 0x30, MAX_EXPONENT);
  return negative ? -exponent : exponent;
}

/** Takes as many digits as stand before the point once it has moved; all behind must be zeros. */
function compose(
  negative: bool,
  whole: usize,
  wholeBytes: u32,
  fraction: usize,
  fractionBytes: u32,
  exponent: i32,
): bool {
  const digits = wholeBytes + fractionBytes;
  const places = <i64>wholeBytes + <i64>exponent;
  // Counts down from zero: the most negative number has no positive counterpart.
  let number: i64 = 0;
  for (let i: i64 = 0; i < max(<i64>digits, places); i++) {
    let digit: i64 = 0;
    if (i < <i64>wholeBytes) digit = <i64>load<u8>(whole + <usize>i) - 0x30;
    else if (i < <i64>digits) digit = <i64>load<u8>(fraction + <usize>(i - wholeBytes)) - 0x30;
    if (i >= places) {
      if (digit != 0) return false;
      continue;
    }
    if (number < (i64.MIN_VALUE + digit) / 10) return false;
    number = number * 10 - digit;
  }
  if (!negative && number == i64.MIN_VALUE) return false;
  integer = negative ? number : -number;
  return true;
}
