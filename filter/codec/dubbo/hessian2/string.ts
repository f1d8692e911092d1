import { MAX_ATTRIBUTE_BYTES, SCAN_WINDOW_BYTES } from "../../../memory/limits";
import { foundNull, foundText, Text, textMore } from "../text";
import { isAscii } from "./ascii";
import {
  CLASS_TEXT,
  chunkLength,
  classOf,
  fixedBytes,
  isLastChunk,
  TAG_LAST_SHORT_TEXT,
  TAG_MEDIUM_TEXT,
  TAG_NULL,
} from "./tags";
import { badUnit, passUnits, unitsLeft } from "./units";

/**
 * Reads the text at `at`, which must lie whole in [at, end), as UTF-8: in place where it is one chunk without surrogates, else
 * put together at `area`, which has room for MAX_ATTRIBUTE_BYTES.
 */
export function readString(at: usize, end: usize, area: usize): Text {
  const plain = plainTextEnd(at, end);
  if (plain) {
    const text = at + (<u32>load<u8>(at) <= TAG_LAST_SHORT_TEXT ? 1 : 2);
    return foundText(text, <u32>(plain - text), plain);
  }
  const start = at;
  let kept: u32 = 0;
  while (true) {
    if (at >= end) return incomplete(start, at, 1, end);
    const tag = <u32>load<u8>(at);
    if (at == start && tag == TAG_NULL) return foundNull(at + 1);
    if (classOf(tag) != CLASS_TEXT) return Text.MALFORMED;
    const fixed = fixedBytes(tag);
    if (end - at < fixed) return incomplete(start, at, <u32>fixed, end);
    const units = chunkLength(at, tag);
    // A unit is at least one byte, also when it comes out of this function.
    if (kept + units > MAX_ATTRIBUTE_BYTES) return Text.TOO_LONG;
    const from = at + fixed;
    at = passUnits(from, end, units);
    if (badUnit) return Text.MALFORMED;
    if (unitsLeft) return incomplete(start, at, unitsLeft, end);
    if (at - start > SCAN_WINDOW_BYTES) return Text.TOO_LONG;
    const bytes = <u32>(at - from);
    const last = isLastChunk(tag);
    if (last && !kept && (bytes == units || !hasSurrogates(from, at))) return foundText(from, bytes, at);
    if (bytes > MAX_ATTRIBUTE_BYTES - kept) return Text.TOO_LONG;
    kept += joinSurrogates(from, at, area + kept);
    if (last) return foundText(area, kept, at);
  }
}

/** The end of the text at `at` if it is as most are, ASCII of up to 1,023 bytes whole in [at, end), else 0. */
export function plainTextEnd(at: usize, end: usize): usize {
  if (end - at < 2) return 0;
  let length = <u32>load<u8>(at);
  let text = at + 1;
  if (length > TAG_LAST_SHORT_TEXT) {
    if ((length & 0xfc) != TAG_MEDIUM_TEXT) return 0;
    length = ((length & 0x03) << 8) | load<u8>(text);
    text++;
  }
  return length <= <u32>(end - text) && isAscii(text, length, end) ? text + length : 0;
}

/** A text that takes more than a window is more chunk heads than text; it is refused also where there is more in memory. */
function incomplete(start: usize, at: usize, more: u32, end: usize): Text {
  if (end - start >= SCAN_WINDOW_BYTES) return Text.TOO_LONG;
  return textMore(max(<u32>(at - start) + more, <u32>(end - start) + 1));
}

/** The two halves of a character beyond U+FFFF are ED A0-AF xx and ED B0-BF xx; no other character has such bytes. */
function isSurrogate(at: usize, end: usize, second: u32): bool {
  return end - at >= 3 && load<u8>(at) == 0xed && (<u32>load<u8>(at, 1) & 0xf0) == second;
}

function hasSurrogates(at: usize, end: usize): bool {
  for (; at < end; at++) if (isSurrogate(at, end, 0xa0)) return true;
  return false;
}

/** Copies [at, end) to `to` with each pair of surrogates as its one character of 4 bytes, and returns the bytes written. */
function joinSurrogates(at: usize, end: usize, to: usize): u32 {
  const start = to;
  while (at < end) {
    if (isSurrogate(at, end, 0xa0) && isSurrogate(at + 3, end, 0xb0)) {
      const high = ((<u32>load<u8>(at, 1) & 0x0f) << 6) | (<u32>load<u8>(at, 2) & 0x3f);
      const low = ((<u32>load<u8>(at, 4) & 0x0f) << 6) | (<u32>load<u8>(at, 5) & 0x3f);
      const point = 0x10000 + ((high << 10) | low);
      store<u8>(to, 0xf0 | (point >> 18));
      store<u8>(to, 0x80 | ((point >> 12) & 0x3f), 1);
      store<u8>(to, 0x80 | ((point >> 6) & 0x3f), 2);
      store<u8>(to, 0x80 | (point & 0x3f), 3);
      at += 6;
      to += 4;
    } else {
      store<u8>(to, load<u8>(at));
      at++;
      to++;
    }
  }
  return <u32>(to - start);
}
