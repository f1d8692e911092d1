/** The number that the last successful `parseInteger` read. */
export let parsedInteger: i64 = 0;

/** Reads a whole value as a decimal integer of 64 bits, with a sign or without one. */
export function parseInteger(address: usize, length: u32): bool {
  let at = address;
  const end = address + length;
  let negative = false;
  if (at < end && (load<u8>(at) == 0x2d || load<u8>(at) == 0x2b)) {
    negative = load<u8>(at) == 0x2d;
    at++;
  }
  if (at == end) return false;
  // Counts down from zero, because the most negative number has no positive counterpart.
  let number: i64 = 0;
  for (; at < end; at++) {
    const digit = <i64>load<u8>(at) - 0x30;
    if (digit < 0 || digit > 9) return false;
    if (number < (i64.MIN_VALUE + digit) / 10) return false;
    number = number * 10 - digit;
  }
  if (!negative && number == i64.MIN_VALUE) return false;
  parsedInteger = negative ? number : -number;
  return true;
}
