/**
 * Whether the `length` bytes at `at` are ASCII. They lie before `end`, and so does all that is looked at: sixty-four bytes a turn,
 * then sixteen, the last ones together with what follows them.
 */
export function isAscii(at: usize, length: u32, end: usize): bool {
  const stop = at + length;
  while (stop - at >= 64) {
    const first = v128.or(v128.load(at), v128.load(at, 16));
    const second = v128.or(v128.load(at, 32), v128.load(at, 48));
    if (i8x16.bitmask(v128.or(first, second))) return false;
    at += 64;
  }
  while (stop - at >= 16) {
    if (i8x16.bitmask(v128.load(at))) return false;
    at += 16;
  }
  const left = <i32>(stop - at);
  if (!left) return true;
  if (end - at >= 16) return (i8x16.bitmask(v128.load(at)) & ((1 << left) - 1)) == 0;
  if (length >= 16) return i8x16.bitmask(v128.load(stop - 16)) == 0;
  let bits: u32 = 0;
  for (; at < stop; at++) bits |= load<u8>(at);
  return bits < 0x80;
}

/** Where the run of ASCII bytes that begins at `at` ends: at the first other byte, or at `end`. */
export function asciiEnd(at: usize, end: usize): usize {
  const start = at;
  for (; end - at >= 16; at += 16) {
    const others = i8x16.bitmask(v128.load(at));
    if (others) return at + ctz(others);
  }
  if (end - start >= 16 && at < end) {
    const others = i8x16.bitmask(v128.load(end - 16)) >> (16 - <i32>(end - at));
    return others ? at + ctz(others) : end;
  }
  while (at < end && load<u8>(at) < 0x80) at++;
  return at;
}
