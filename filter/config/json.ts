import { Arena, reserve } from "../route/arena";
import { decodeRune, encodeRune, NO_RUNE, runeBytes } from "../route/regex/utf8";
import { enterLevel, fail, failed, leaveLevel, markSeen, setElement, setField } from "./problem";

/**
 * Reads JSON (RFC 8259) piece by piece, straight from the bytes: who reads an object asks for its fields one after the other
 * and reads each value as what the schema says it is. Whatever goes wrong is noted in `problem`, and from then on everything
 * says false: nothing here traps.
 */
let at: usize = 0;
let end: usize = 0;
/** Where texts with escapes are written out. */
let texts: Arena = changetype<Arena>(0);

/** The text read last: in the input, or written out where it has escapes. */
export let text: usize = 0;
export let textBytes: u32 = 0;

/** The key of the field that `nextField` came to. */
export let key: usize = 0;
export let keyBytes: u32 = 0;

/** The fields that the object read last had, by their bits. */
export let fieldsSeen: u32 = 0;

/** Whether nothing was read since the opening bracket. */
let opened = false;
/** Whether the field's value was null, which is the same as no field. */
let skipped = false;

export function openInput(json: usize, length: u32, arena: Arena): void {
  at = json;
  end = json + length;
  texts = arena;
}

/** Whether only white space is left. */
export function closeInput(): bool {
  skipSpace();
  return failed || at == end ? !failed : fail("more text after the end");
}

export function enterObject(): bool {
  if (peek() != 0x7b) return fail("must be an object");
  return enter();
}

/** Goes to the next field, and says false at the end of the object or of all. */
export function nextField(): bool {
  if (failed || !nextItem(0x7d)) return false;
  if (!readString()) return false;
  key = text;
  keyBytes = textBytes;
  setField(key, keyBytes);
  if (peek() != 0x3a) return fail("a colon must follow");
  at++;
  skipped = false;
  return true;
}

/**
 * Whether the field at hand is the one called `name`, and has a value. The proto3 mapping knows each by two names: virtual_hosts
 * is virtualHosts. `bit` numbers the fields of an object.
 */
export function isField(name: string, bit: u32): bool {
  if (!isKey(name)) return false;
  if (peek() == 0x6e) {
    skipped = readWord("null");
    return false;
  }
  if (!markSeen(bit)) fail("given twice");
  return true;
}

/** What to do with a field that has no known name. */
export function otherField(): bool {
  return skipped || fail("unknown field");
}

export function enterList(): bool {
  if (peek() != 0x5b) return fail("must be a list");
  return enter();
}

/** Goes to the next element, and says false at the end of the list or of all. */
export function nextElement(index: u32): bool {
  if (failed || !nextItem(0x5d)) return false;
  setElement(index);
  return true;
}

export function readBool(): bool {
  const first = peek();
  if (first == 0x74) {
    if (readWord("true")) return true;
  } else if (first == 0x66) {
    readWord("false");
    return false;
  }
  return fail("must be true or false");
}

/** Reads a string; `text` is what it says. */
export function readString(): bool {
  if (peek() != 0x22) return fail("must be a string");
  at++;
  const from = at;
  let ascii = true;
  skipPlain();
  while (at < end) {
    const byte = load<u8>(at);
    if (byte == 0x22) {
      text = from;
      textBytes = <u32>(at - from);
      at++;
      return ascii || checkText();
    }
    if (byte == 0x5c) return readEscapedString(from);
    if (byte < 0x20) return fail("a control character in a string");
    if (byte >= 0x80) ascii = false;
    at++;
  }
  return fail("a string without an end");
}

/** Goes past ASCII that means itself, sixteen bytes at a time: names are what most of a configuration is made of. */
function skipPlain(): void {
  const quote = i8x16.splat(0x22);
  const backslash = i8x16.splat(0x5c);
  const space = i8x16.splat(0x20);
  for (; end - at >= 16; at += 16) {
    const bytes = v128.load(at);
    // As signed numbers the bytes above ASCII are below the space, with the control characters.
    const special = v128.or(i8x16.lt_s(bytes, space), v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)));
    const where = i8x16.bitmask(special);
    if (where) {
      at += ctz(where);
      return;
    }
  }
}

/** Reads the rest of a string that has an escape at the cursor. Written out it is never longer. */
function readEscapedString(from: usize): bool {
  let stop = at;
  while (stop < end && load<u8>(stop) != 0x22) stop += load<u8>(stop) == 0x5c ? 2 : 1;
  if (stop >= end) return fail("a string without an end");
  text = reserve(texts, stop - from);
  let length = <u32>(at - from);
  memory.copy(text, from, length);
  while (at < stop) {
    const byte = load<u8>(at);
    if (byte < 0x20) return fail("a control character in a string");
    at++;
    if (byte != 0x5c) {
      store<u8>(text + length, byte);
      length++;
      continue;
    }
    const rune = readEscape(stop);
    if (rune == NO_RUNE) return fail("a bad escape in a string");
    length += encodeRune(rune, text + length);
  }
  at = stop + 1;
  textBytes = length;
  return checkText();
}

/** The rune of an escape, the cursor behind its backslash. */
function readEscape(stop: usize): u32 {
  const letter = load<u8>(at);
  at++;
  switch (letter) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
      return letter;
    case 0x62: // b
      return 0x08;
    case 0x66: // f
      return 0x0c;
    case 0x6e: // n
      return 0x0a;
    case 0x72: // r
      return 0x0d;
    case 0x74: // t
      return 0x09;
    case 0x75: // u
      return readUtf16(stop);
    default:
      return NO_RUNE;
  }
}

/** \uXXXX, or two of them where a rune takes two. Half a rune is none. */
function readUtf16(stop: usize): u32 {
  const unit = readHex(stop);
  if (unit < 0xd800 || unit > 0xdfff) return unit;
  if (unit > 0xdbff || stop - at < 6 || load<u16>(at) != 0x755c) return NO_RUNE;
  at += 2;
  const second = readHex(stop);
  if (second < 0xdc00 || second > 0xdfff) return NO_RUNE;
  return 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
}

function readHex(stop: usize): u32 {
  if (stop - at < 4) return NO_RUNE;
  let unit: u32 = 0;
  for (let i = 0; i < 4; i++, at++) {
    const byte = load<u8>(at);
    const lower = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) unit = (unit << 4) | (byte - 0x30);
    else if (lower >= 0x61 && lower <= 0x66) unit = (unit << 4) | (lower - 0x57);
    else return NO_RUNE;
  }
  return unit;
}

function checkText(): bool {
  const stop = text + textBytes;
  for (let place = text; place < stop; ) {
    const rune = decodeRune(place, stop);
    if (rune == NO_RUNE) return fail("a string that is not UTF-8");
    place += runeBytes(rune);
  }
  return true;
}

/** The bytes of the number at the cursor, quoted or not: the mapping allows both. `text` has them without quotes. */
export function readNumberText(): bool {
  if (peek() == 0x22) return readString();
  const from = at;
  while (at < end && isNumberByte(load<u8>(at))) at++;
  text = from;
  textBytes = <u32>(at - from);
  return at > from || fail("must be a number");
}

function isNumberByte(byte: u8): bool {
  return (byte >= 0x30 && byte <= 0x39) || byte == 0x2b || byte == 0x2d || byte == 0x2e || (byte | 0x20) == 0x65;
}

function enter(): bool {
  at++;
  opened = true;
  enterLevel();
  return true;
}

/** Goes past the comma to the next item, or past the closing bracket. */
function nextItem(closing: u8): bool {
  const byte = peek();
  if (byte == closing) {
    at++;
    opened = false;
    fieldsSeen = leaveLevel();
    return false;
  }
  if (!opened) {
    if (byte != 0x2c) return fail(closing == 0x7d ? "a comma or } must follow" : "a comma or ] must follow");
    at++;
  }
  opened = false;
  return true;
}

function isKey(name: string): bool {
  // Most names that are asked for begin otherwise.
  if (!keyBytes || <i32>load<u8>(key) != name.charCodeAt(0)) return false;
  if (<i32>keyBytes == name.length && keyBytes <= 16 && key + 16 <= end) return equalsAtOnce(name);
  return equals(name, false) || (<i32>keyBytes < name.length && equals(name, true));
}

/** Compares up to sixteen letters at once. What is read behind them does not count. */
function equalsAtOnce(name: string): bool {
  const letters = changetype<usize>(name);
  const bytes = i8x16.narrow_i16x8_u(v128.load(letters), v128.load(letters, 16));
  const unequal = ~i8x16.bitmask(i8x16.eq(bytes, v128.load(key)));
  return !(unequal & ((1 << keyBytes) - 1));
}

function equals(name: string, camel: bool): bool {
  let place = key;
  const stop = key + keyBytes;
  for (let i = 0; i < name.length; i++) {
    let letter = name.charCodeAt(i);
    if (camel && letter == 0x5f) letter = name.charCodeAt(++i) - 0x20;
    if (place == stop || <i32>load<u8>(place) != letter) return false;
    place++;
  }
  return place == stop;
}

function readWord(word: string): bool {
  for (let i = 0; i < word.length; i++, at++) {
    if (at == end || <i32>load<u8>(at) != word.charCodeAt(i)) return fail("an unknown word");
  }
  return true;
}

/** The first byte of what comes next, 0 at the end. */
function peek(): u8 {
  skipSpace();
  return at < end ? load<u8>(at) : 0;
}

function skipSpace(): void {
  while (at < end) {
    const byte = load<u8>(at);
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return;
    at++;
  }
}
