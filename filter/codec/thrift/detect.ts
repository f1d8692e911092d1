import { Detection } from "../detection";
import { BINARY_VERSION, CALL, COMPACT_ID, HEADER_MAGIC, isCompact, ONE_WAY } from "./dialect";

/** Of a name in old binary, which nothing but itself can be known by. */
const MAX_NAME_BYTES: u32 = 255;

/** Whether the first bytes of a connection, `n` of them at `p`, can be a message's. */
export function detect(p: usize, n: u32): Detection {
  const lead = <u32>load<u8>(p);
  // The length of a frame or a name, of less than 16 MiB.
  if (lead != 0 && lead != 0x80 && lead != COMPACT_ID) return Detection.NO;
  if (n < 4) return Detection.MORE;
  const first = bswap(load<u32>(p));
  if (lead) return ofMessage(first);
  if (n < 8) return Detection.MORE;
  const second = bswap(load<u32>(p, 4));
  if (second >> 16 == HEADER_MAGIC) return Detection.YES;
  if (second >> 24 == 0) return second + 9 <= first ? ofName(p + 8, n - 8, second) : Detection.NO;
  return <i32>second < 0 ? ofMessage(second) : ofName(p + 4, n - 4, first);
}

function ofMessage(word: u32): Detection {
  if (word >> 16 == BINARY_VERSION) return isType(word & 0xff) ? Detection.YES : Detection.NO;
  return isCompact(word) && isType((word >> 21) & 7) ? Detection.YES : Detection.NO;
}

function isType(type: u32): bool {
  return type >= CALL && type <= ONE_WAY;
}

/** Whether a name of so many bytes is there, and a type behind it. */
function ofName(p: usize, n: u32, bytes: u32): Detection {
  if (!bytes || bytes > MAX_NAME_BYTES) return Detection.NO;
  for (let i: u32 = 0; i < min(n, bytes); i++) {
    const character = <u32>load<u8>(p + i);
    if (character <= 0x20 || character >= 0x7f) return Detection.NO;
  }
  if (n <= bytes) return Detection.MORE;
  return isType(load<u8>(p + bytes)) ? Detection.YES : Detection.NO;
}
