import { Step } from "../step";

/** A varint has seven bits in each byte, the lowest first; all bytes but the last have the highest bit set. */
const MAX_VARINT_BYTES: u32 = 10;

/** With DONE from `readVarint`. */
export let varint: u64 = 0;
export let varintEnd: u32 = 0;

/** Reads the varint at offset `at` of what is at `p`, of which `n` bytes are in memory. MORE: one more byte than those is needed. */
export function readVarint(p: usize, at: u32, n: u32): Step {
  let value: u64 = 0;
  for (let i: u32 = 0; i < MAX_VARINT_BYTES; i++) {
    if (at + i >= n) return Step.MORE;
    const byte = <u64>load<u8>(p + at + i);
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      varint = value;
      varintEnd = at + i + 1;
      return Step.DONE;
    }
  }
  return Step.BAD;
}

/** Signed numbers are written so that small ones are short: 0, -1, 1, -2, … */
export function zigzag(value: u64): i64 {
  return <i64>(value >> 1) ^ -(<i64>(value & 1));
}

export function writeVarint(out: usize, value: u32): usize {
  for (; value >= 0x80; value >>= 7) store<u8>(out++, 0x80 | (value & 0x7f));
  store<u8>(out, value);
  return out + 1;
}
