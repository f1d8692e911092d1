import { at, atEnd, Flag, flags, peek, refuse, setFlags, skip } from "./pattern";

/**
 * Reads what stands between a group's opening parenthesis, where the cursor is, and its content: nothing, ?:, ?P<name>,
 * ?<name> or ?flags: . For (?flags) it reads the closing parenthesis too, and the flags are set from there on.
 */
export function readGroupHead(): bool {
  const from = at;
  skip(1);
  if (peek() != 0x3f) return true;
  skip(1);
  const named = peek() == 0x50 || (peek() == 0x3c && peek(1) != 0x3d && peek(1) != 0x21);
  if (named) return readGroupName(from);
  if (peek() == 0x3d || peek() == 0x21 || peek() == 0x3c) {
    skip(1);
    refuse("looking ahead or behind is not supported", from);
    return false;
  }
  return readFlags(from);
}

/** Only the form counts: a full match keeps no captures. */
function readGroupName(from: usize): bool {
  if (peek() == 0x50) skip(1);
  if (peek() != 0x3c) {
    refuse("bad group", from);
    return false;
  }
  skip(1);
  const name = at;
  while (isNameByte(peek())) skip(1);
  if (at > name && peek() == 0x3e) {
    skip(1);
    return true;
  }
  refuse("bad group name", from);
  return false;
}

function readFlags(from: usize): bool {
  let wanted = flags;
  let negated = false;
  let sign = false;
  while (!atEnd()) {
    const letter = peek();
    skip(1);
    if (letter == 0x3a || letter == 0x29) {
      if (negated && !sign) break;
      setFlags(wanted);
      return true;
    }
    if (letter == 0x2d) {
      if (negated) break;
      negated = true;
      sign = false;
      continue;
    }
    const flag = flagOf(letter);
    if (flag < 0) break;
    sign = true;
    wanted = negated ? wanted & ~flag : wanted | flag;
  }
  refuse("bad flags", from);
  return false;
}

function flagOf(letter: u8): i32 {
  switch (letter) {
    case 0x69: // i
      return Flag.FOLD_CASE;
    case 0x73: // s
      return Flag.DOT_MATCHES_NEWLINE;
    case 0x6d: // m
      return Flag.MULTI_LINE;
    case 0x55: // U
      return 0;
    default:
      return -1;
  }
}

function isNameByte(byte: u8): bool {
  const lower = byte | 0x20;
  return byte == 0x5f || (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x7a);
}
