export const MAX_RUNE: u32 = 0x10ffff;
export const NO_RUNE: u32 = u32.MAX_VALUE;

/** Bytes that the rune at `address` takes; good after `decodeRune` found one there. */
export function runeBytes(rune: u32): u32 {
  return rune < 0x80 ? 1 : rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
}

/** The largest rune of `bytes` bytes. */
export function largestRune(bytes: u32): u32 {
  return bytes == 1 ? 0x7f : bytes == 2 ? 0x7ff : bytes == 3 ? 0xffff : MAX_RUNE;
}

/** RFC 3629: the rune at `address`, or NO_RUNE where the bytes up to `end` do not begin with one. */
export function decodeRune(address: usize, end: usize): u32 {
  const first = <u32>load<u8>(address);
  if (first < 0x80) return first;
  const bytes: u32 = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || end - address < bytes) return NO_RUNE;
  let rune = first & (0x7f >> bytes);
  for (let i: u32 = 1; i < bytes; i++) {
    const byte = <u32>load<u8>(address + i);
    if ((byte & 0xc0) != 0x80) return NO_RUNE;
    rune = (rune << 6) | (byte & 0x3f);
  }
  if (runeBytes(rune) != bytes || rune > MAX_RUNE || (rune >= 0xd800 && rune < 0xe000)) return NO_RUNE;
  return rune;
}

/** Writes a rune and says how many bytes it took, four at most. */
export function encodeRune(rune: u32, address: usize): u32 {
  const bytes = runeBytes(rune);
  if (bytes == 1) {
    store<u8>(address, rune);
    return 1;
  }
  for (let i = bytes - 1; i > 0; i--) {
    store<u8>(address + i, 0x80 | (rune & 0x3f));
    rune >>= 6;
  }
  // The leading byte has as many ones as there are bytes.
  store<u8>(address, (0xf00 >> bytes) | rune);
  return bytes;
}
