import { equalBytes } from "../memory/bytes";
import { Found, foundMore, foundText } from "./found";

/**
 * JSON (RFC 8259) as far as a JSON pointer (RFC 6901) leads: a value begins at `at`, its region ends at `end`, [at, shown) is in memory.
 * What is passed over is not checked beyond its quotes and brackets. Of two members of one name the first counts.
 */
const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const COMMA: u32 = 0x2c;
const COLON: u32 = 0x3a;
const OPEN_OBJECT: u32 = 0x7b;
const CLOSE_OBJECT: u32 = 0x7d;
const OPEN_LIST: u32 = 0x5b;
const CLOSE_LIST: u32 = 0x5d;

/** Of one token of a pointer: its text, and the index that it is, or -1. */
export const TOKEN_BYTES: usize = 12;

let cursor: usize = 0;
let stringAt: usize = 0;
let stringBytes: u32 = 0;
let escaped: bool = false;

/** Finds the value at a pointer of `count` tokens, [ offset in `texts` u32 | length u32 | index i32 ] each. A null, a list or an object is none. */
export function findPointer(at: usize, end: usize, shown: usize, tokens: usize, count: u32, texts: usize): Found {
  for (let i: u32 = 0; i < count; i++, tokens += TOKEN_BYTES) {
    const found = enterMember(at, end, shown, texts + load<u32>(tokens), load<u32>(tokens, 4), load<i32>(tokens, 8));
    if (found != Found.TEXT) return found;
    at = cursor;
  }
  return readScalar(at, end, shown);
}

/** TEXT: the cursor is at the member's value. */
function enterMember(at: usize, end: usize, shown: usize, name: usize, bytes: u32, index: i32): Found {
  let found = skipSpace(at, end, shown);
  if (found >= Found.MORE) return found;
  const opening = <u32>load<u8>(cursor);
  if (opening != OPEN_OBJECT && (opening != OPEN_LIST || index < 0)) return Found.ABSENT;
  found = openList(end, shown, opening == OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_LIST);
  for (let i: i32 = 0; found == Found.TEXT; i++) {
    let isIt = i == index;
    if (opening == OPEN_OBJECT) {
      found = readKey(end, shown);
      if (found >= Found.MORE) return found;
      isIt = !escaped && stringBytes == bytes && equalBytes(stringAt, name, bytes);
    }
    if (isIt) return Found.TEXT;
    found = skipValue(cursor, end, shown);
    if (found >= Found.MORE) return found;
    found = nextItem(end, shown, opening == OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_LIST);
  }
  return found;
}

/** A member of an object: its name and its value, where that is a text or a number. */
export let memberAt: usize = 0;
export let memberBytes: u32 = 0;

/** Begins the members of the object at `at`: TEXT, ABSENT where there are none. */
export function openObject(at: usize, end: usize, shown: usize): Found {
  const found = skipSpace(at, end, shown);
  if (found >= Found.MORE) return found;
  return <u32>load<u8>(cursor) == OPEN_OBJECT ? openList(end, shown, CLOSE_OBJECT) : Found.ABSENT;
}

/** Reads a member; `nextMember` goes on. The name has 0 bytes where it is written with escapes. */
export function readMember(end: usize, shown: usize): Found {
  let found = readKey(end, shown);
  if (found >= Found.MORE) return found;
  memberAt = stringAt;
  memberBytes = escaped ? 0 : stringBytes;
  const value = cursor;
  found = skipValue(value, end, shown);
  if (found >= Found.MORE) return found;
  const behind = cursor;
  found = readScalar(value, end, shown);
  cursor = behind;
  return found;
}

export function nextMember(end: usize, shown: usize): Found {
  return nextItem(end, shown, CLOSE_OBJECT);
}

/** Finds the object at a pointer: TEXT, and `openObject` begins at `objectAt`. */
export let objectAt: usize = 0;

export function findObject(at: usize, end: usize, shown: usize, tokens: usize, count: u32, texts: usize): Found {
  for (let i: u32 = 0; i < count; i++, tokens += TOKEN_BYTES) {
    const found = enterMember(at, end, shown, texts + load<u32>(tokens), load<u32>(tokens, 4), load<i32>(tokens, 8));
    if (found != Found.TEXT) return found;
    at = cursor;
  }
  objectAt = at;
  return Found.TEXT;
}

function openList(end: usize, shown: usize, closing: u32): Found {
  const found = skipSpace(cursor + 1, end, shown);
  if (found >= Found.MORE) return found;
  return <u32>load<u8>(cursor) == closing ? Found.ABSENT : Found.TEXT;
}

function nextItem(end: usize, shown: usize, closing: u32): Found {
  let found = skipSpace(cursor, end, shown);
  if (found >= Found.MORE) return found;
  const byte = <u32>load<u8>(cursor);
  if (byte == closing) return Found.ABSENT;
  if (byte != COMMA) return Found.MALFORMED;
  found = skipSpace(cursor + 1, end, shown);
  return found;
}

/** Reads a key and its colon, and goes to the value. */
function readKey(end: usize, shown: usize): Found {
  if (<u32>load<u8>(cursor) != QUOTE) return Found.MALFORMED;
  let found = readString(cursor, end, shown);
  if (found >= Found.MORE) return found;
  found = skipSpace(cursor, end, shown);
  if (found >= Found.MORE) return found;
  if (<u32>load<u8>(cursor) != COLON) return Found.MALFORMED;
  return skipSpace(cursor + 1, end, shown);
}

/** TEXT: the cursor is at a byte that is no space. */
function skipSpace(at: usize, end: usize, shown: usize): Found {
  for (; at < shown; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) continue;
    cursor = at;
    return Found.TEXT;
  }
  return foundMore(at + 1, end);
}

/** Reads the string whose opening quote is at `at`. */
function readString(at: usize, end: usize, shown: usize): Found {
  escaped = false;
  stringAt = at + 1;
  for (at++; at < shown; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == QUOTE) {
      stringBytes = <u32>(at - stringAt);
      cursor = at + 1;
      return Found.TEXT;
    }
    if (byte != BACKSLASH) continue;
    escaped = true;
    at++;
  }
  return foundMore(max(at, shown) + 1, end);
}

/** Goes behind the value at `at`. */
function skipValue(at: usize, end: usize, shown: usize): Found {
  let depth: u32 = 0;
  do {
    const found = skipSpace(at, end, shown);
    if (found >= Found.MORE) return found;
    at = cursor;
    const byte = <u32>load<u8>(at);
    if (byte == QUOTE) {
      const string = readString(at, end, shown);
      if (string >= Found.MORE) return string;
      at = cursor;
    } else if (byte == OPEN_OBJECT || byte == OPEN_LIST) {
      depth++;
      at++;
    } else if (byte == CLOSE_OBJECT || byte == CLOSE_LIST) {
      if (!depth) return Found.MALFORMED;
      depth--;
      at++;
    } else if (byte == COMMA || byte == COLON) {
      if (!depth) return Found.MALFORMED;
      at++;
    } else {
      const plain = wordEnd(at, end, shown);
      if (!plain) return foundMore(shown + 1, end);
      at = plain;
    }
  } while (depth);
  cursor = at;
  return Found.TEXT;
}

/** Where the number or word at `at` ends; 0: behind what is in memory. */
function wordEnd(at: usize, end: usize, shown: usize): usize {
  while (at < shown && !endsWord(<u32>load<u8>(at))) at++;
  return at < shown || at == end ? at : 0;
}

function endsWord(byte: u32): bool {
  switch (byte) {
    case COMMA:
    case COLON:
    case OPEN_OBJECT:
    case CLOSE_OBJECT:
    case OPEN_LIST:
    case CLOSE_LIST:
    case QUOTE:
    case 0x20:
    case 0x0a:
    case 0x0d:
    case 0x09:
      return true;
    default:
      return false;
  }
}

/** Reads the value at `at`: a text, or the text of a number, true or false. */
function readScalar(at: usize, end: usize, shown: usize): Found {
  let found = skipSpace(at, end, shown);
  if (found >= Found.MORE) return found;
  at = cursor;
  const byte = <u32>load<u8>(at);
  if (byte == QUOTE) {
    found = readString(at, end, shown);
    if (found >= Found.MORE) return found;
    foundText(stringAt, stringBytes);
    return escaped ? Found.ESCAPED : Found.TEXT;
  }
  if (endsWord(byte) || byte == 0x6e) return byte == COMMA || byte == COLON ? Found.MALFORMED : Found.ABSENT;
  const stop = wordEnd(at, end, shown);
  return stop ? foundText(at, <u32>(stop - at)) : foundMore(shown + 1, end);
}

/** Writes out a text with escapes, which never is longer than that; returns its bytes, or -1 where an escape is none. */
export function writeUnescaped(text: usize, bytes: u32, out: usize): i32 {
  const end = text + bytes;
  let at = out;
  while (text < end) {
    const byte = <u32>load<u8>(text++);
    if (byte != BACKSLASH) {
      store<u8>(at++, byte);
      continue;
    }
    if (text == end) return -1;
    const letter = <u32>load<u8>(text++);
    if (letter != 0x75) {
      const meant = plainEscape(letter);
      if (!meant) return -1;
      store<u8>(at++, meant);
      continue;
    }
    let rune = hex4(text, end);
    if (rune < 0) return -1;
    text += 4;
    if (rune >= 0xd800 && rune < 0xdc00 && end - text >= 6 && load<u16>(text) == 0x755c) {
      const low = hex4(text + 2, end);
      if (low >= 0xdc00 && low < 0xe000) {
        rune = 0x10000 + ((rune - 0xd800) << 10) + (low - 0xdc00);
        text += 6;
      }
    }
    at = writeRune(at, rune);
  }
  return <i32>(at - out);
}

function plainEscape(letter: u32): u32 {
  switch (letter) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
      return letter;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return 0;
  }
}

function hex4(text: usize, end: usize): i32 {
  if (end - text < 4) return -1;
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const byte = <i32>load<u8>(text + i);
    const lower = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) value = (value << 4) | (byte - 0x30);
    else if (lower >= 0x61 && lower <= 0x66) value = (value << 4) | (lower - 0x57);
    else return -1;
  }
  return value;
}

/** In UTF-8; half a pair as the three bytes that it would have. */
function writeRune(at: usize, rune: i32): usize {
  if (rune < 0x80) {
    store<u8>(at, rune);
    return at + 1;
  }
  if (rune < 0x800) {
    store<u8>(at, 0xc0 | (rune >> 6));
    store<u8>(at, 0x80 | (rune & 0x3f), 1);
    return at + 2;
  }
  if (rune < 0x10000) {
    store<u8>(at, 0xe0 | (rune >> 12));
    store<u8>(at, 0x80 | ((rune >> 6) & 0x3f), 1);
    store<u8>(at, 0x80 | (rune & 0x3f), 2);
    return at + 3;
  }
  store<u8>(at, 0xf0 | (rune >> 18));
  store<u8>(at, 0x80 | ((rune >> 12) & 0x3f), 1);
  store<u8>(at, 0x80 | ((rune >> 6) & 0x3f), 2);
  store<u8>(at, 0x80 | (rune & 0x3f), 3);
  return at + 4;
}
