import { isAscii } from "./ascii";

/**
 * Texts of Hessian2 are counted in UTF-16 units, and written a unit at a time: 1, 2 or 3 bytes each, so that a character
 * beyond U+FFFF is its two surrogates of 3 bytes (CESU-8). Dubbo's hessian-lite, dubbo-go-hessian2 and hessian.js all write
 * and read that, and find the length of a unit in its first byte alone; so does this. A 4-byte sequence, which none of them
 * writes or reads, counts as the two units that the specification's "16-bit characters" make of it.
 */

/** Units that `passUnits` left, because their bytes are not in memory or cannot begin a unit. */
export let unitsLeft: u32 = 0;
/** Whether the byte where `passUnits` stopped cannot begin a unit. */
export let badUnit: bool = false;

/** Lanes 0, 3, 6, 9 and 12 of a bitmask: the first bytes of five 3-byte units. */
const FIVE_LEADS: i32 = 0x1249;

/** Passes `units` units that begin at `at`, as far as they lie whole in [at, end), and returns where the next one begins. */
export function passUnits(at: usize, end: usize, units: u32): usize {
  badUnit = false;
  if (units <= <u32>(end - at) && isAscii(at, units, end)) {
    unitsLeft = 0;
    return at + units;
  }
  while (units) {
    // An ASCII run takes 16 bytes a turn, a run of CJK 15.
    while (units >= 16 && end - at >= 16) {
      const bytes = v128.load(at);
      const high = i8x16.bitmask(bytes);
      if (!high) {
        at += 16;
        units -= 16;
        continue;
      }
      const leads = i8x16.bitmask(i8x16.eq(v128.and(bytes, i8x16.splat(<i8>0xf0)), i8x16.splat(<i8>0xe0)));
      if ((leads & FIVE_LEADS) == FIVE_LEADS) {
        at += 15;
        units -= 5;
        continue;
      }
      const ascii = ctz(high);
      at += ascii;
      units -= ascii;
      break;
    }
    if (!units || at >= end) break;
    const lead = <u32>load<u8>(at);
    const bytes: usize = lead < 0x80 ? 1 : (lead & 0xe0) == 0xc0 ? 2 : (lead & 0xf0) == 0xe0 ? 3 : 4;
    if (bytes == 4 && ((lead & 0xf8) != 0xf0 || units == 1)) {
      badUnit = true;
      break;
    }
    if (end - at < bytes) break;
    at += bytes;
    units -= bytes == 4 ? 2 : 1;
  }
  unitsLeft = units;
  return at;
}
