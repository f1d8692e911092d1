import { at, end, Flag, flags, nextRune, peek, refuse, skip } from "./pattern";
import { MAX_RUNE, NO_RUNE } from "./utf8";

/**
 * Reads an escape that stands for one rune, the cursor behind the backslash at `from`. NO_RUNE where it does not: the problem
 * is noted.
 */
export function readEscapedRune(from: usize): u32 {
  if (at >= end) {
    refuse("trailing backslash", from);
    return NO_RUNE;
  }
  const letter = peek();
  if (letter >= 0x80 || isPunctuation(letter)) return nextRune();
  skip(1);
  switch (letter) {
    case 0x61: // a
      return 0x07;
    case 0x66: // f
      return 0x0c;
    case 0x6e: // n
      return 0x0a;
    case 0x72: // r
      return 0x0d;
    case 0x74: // t
      return 0x09;
    case 0x76: // v
      return 0x0b;
    case 0x78: // x
      return readHexRune(from);
    case 0x70: // p
    case 0x50: // P
      refuse("Unicode classes are not supported", from);
      return NO_RUNE;
    default:
      if (letter >= 0x30 && letter <= 0x37) return readOctalRune(letter, from);
      refuse("unknown escape", from);
      return NO_RUNE;
  }
}

/** Notes that a rune cannot be matched without regard to case, if so. */
export function checkFold(rune: u32, from: usize): bool {
  if (!(flags & Flag.FOLD_CASE) || rune < 0x80) return true;
  refuse("(?i) is supported for ASCII only", from);
  return false;
}

/** \123, and \0, \01: but a lone digit other than 0 is a backreference, which no linear matcher has. */
function readOctalRune(first: u8, from: usize): u32 {
  if (first != 0x30 && !isOctal(peek())) {
    refuse("backreferences are not supported", from);
    return NO_RUNE;
  }
  let rune = <u32>first - 0x30;
  for (let i = 0; i < 2 && isOctal(peek()); i++) {
    rune = (rune << 3) | (<u32>peek() - 0x30);
    skip(1);
  }
  return rune;
}

/** \xHH and \x{H…}. */
function readHexRune(from: usize): u32 {
  let rune: u32 = 0;
  let digits = 0;
  if (peek() == 0x7b) {
    skip(1);
    while (at < end && hexDigit(peek()) >= 0 && rune <= MAX_RUNE) {
      rune = (rune << 4) | <u32>hexDigit(peek());
      digits++;
      skip(1);
    }
    if (digits > 0 && peek() == 0x7d && rune <= MAX_RUNE) {
      skip(1);
      return rune;
    }
  } else {
    while (at < end && digits < 2 && hexDigit(peek()) >= 0) {
      rune = (rune << 4) | <u32>hexDigit(peek());
      digits++;
      skip(1);
    }
    if (digits == 2) return rune;
  }
  refuse("bad hexadecimal escape", from);
  return NO_RUNE;
}

function isOctal(byte: u8): bool {
  return byte >= 0x30 && byte <= 0x37;
}

function hexDigit(byte: u8): i32 {
  if (byte >= 0x30 && byte <= 0x39) return <i32>byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? <i32>lower - 0x57 : -1;
}

/** What is neither letter nor digit nor control stands for itself behind a backslash. */
function isPunctuation(byte: u8): bool {
  if (byte < 0x20 || byte == 0x7f) return false;
  const lower = byte | 0x20;
  return !(byte >= 0x30 && byte <= 0x39) && !(lower >= 0x61 && lower <= 0x7a);
}
