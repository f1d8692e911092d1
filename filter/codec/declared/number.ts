/** The number of `bytes` (1 to 8) at `p`. */
export function loadNumber(p: usize, bytes: u32, little: bool): u64 {
  switch (bytes) {
    case 1:
      return <u64>load<u8>(p);
    case 2:
      return <u64>(little ? load<u16>(p) : bswap(load<u16>(p)));
    case 4:
      return <u64>(little ? load<u32>(p) : bswap(load<u32>(p)));
    case 8:
      return little ? load<u64>(p) : bswap(load<u64>(p));
  }
  let number: u64 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    number = (number << 8) | load<u8>(p + (little ? bytes - 1 - i : i));
  }
  return number;
}

export function storeNumber(p: usize, bytes: u32, little: bool, number: u64): void {
  for (let i: u32 = 0; i < bytes; i++, number >>= 8) store<u8>(p + (little ? i : bytes - 1 - i), <u8>number);
}

/** What a mask leaves of a number, moved down to its lowest bit. */
export function masked(number: u64, mask: u64): u64 {
  return mask ? (number & mask) >> ctz(mask) : number;
}

/** Whether a number is in a set: [ mask u64 | count u64 | numbers u64 … ]. */
export function isIn(set: usize, number: u64): bool {
  number = masked(number, load<u64>(set));
  const end = set + 16 + ((<usize>load<u64>(set, 8)) << 3);
  for (let at = set + 16; at < end; at += 8) if (load<u64>(at) == number) return true;
  return false;
}

/** With `readVarint`. */
export let varint: u64 = 0;

/** The bytes of the varint at `p`; 0: it does not end within `available`, -1: nor within ten bytes. */
export function readVarint(p: usize, available: u32): i32 {
  let value: u64 = 0;
  const bytes = min<u32>(available, 10);
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = <u64>load<u8>(p + i);
    value |= (byte & 0x7f) << (i * 7);
    if (byte < 0x80) {
      varint = value;
      return <i32>i + 1;
    }
  }
  return bytes == 10 ? -1 : 0;
}

/** The decimal number that is written there; `isDecimal` says whether it is one. */
export let isDecimal: bool = false;

export function parseDecimal(text: usize, bytes: u32): u64 {
  let number: u64 = 0;
  isDecimal = bytes > 0 && bytes < 20;
  for (let i: u32 = 0; i < bytes && isDecimal; i++) {
    const digit = <u32>load<u8>(text + i) - 0x30;
    if (digit > 9) isDecimal = false;
    number = number * 10 + digit;
  }
  return number;
}
