import { characterAt, characterBytes } from "../../../encoding/utf8";
import { TAG_LAST_SHORT_TEXT, TAG_MEDIUM_TEXT, TAG_TEXT } from "./tags";

/** Longest head of a text of one chunk. */
const MAX_HEAD_BYTES: u32 = 3;
/** Longest text that one chunk has: two values that are attributes, and a comma between them, are shorter. */
const MAX_MEDIUM_UNITS: u32 = 0x3ff;

/** Most bytes that `writeString` writes for `bytes` of UTF-8: four of them become six. */
export function stringRoom(bytes: u32): u32 {
  return MAX_HEAD_BYTES + bytes + (bytes >> 1);
}

/** Writes a text of UTF-8, of less than 65,536 units, as one chunk; returns its end. What is no character becomes a question mark. */
export function writeString(out: usize, text: usize, bytes: u32): usize {
  const end = text + bytes;
  let units: u32 = 0;
  for (let at = text; at < end; at += characterBytes) units += unitsOf(textPoint(at, end));
  out = writeTextHead(out, units);
  for (let at = text; at < end; at += characterBytes) out = writePoint(out, textPoint(at, end));
  return out;
}

/** As `characterAt`, but control characters stay what they are. */
function textPoint(at: usize, end: usize): u32 {
  const point = characterAt(at, end);
  const byte = <u32>load<u8>(at);
  return byte < 0x80 ? byte : point;
}

function unitsOf(point: u32): u32 {
  return point > 0xffff ? 2 : 1;
}

function writeTextHead(out: usize, units: u32): usize {
  if (units <= TAG_LAST_SHORT_TEXT) {
    store<u8>(out, units);
    return out + 1;
  }
  if (units <= MAX_MEDIUM_UNITS) {
    store<u8>(out, TAG_MEDIUM_TEXT + (units >> 8));
    store<u8>(out, units, 1);
    return out + 2;
  }
  store<u8>(out, TAG_TEXT);
  store<u16>(out, bswap<u16>(<u16>units), 1);
  return out + 3;
}

function writePoint(out: usize, point: u32): usize {
  if (point < 0x80) {
    store<u8>(out, point);
    return out + 1;
  }
  if (point < 0x800) {
    store<u8>(out, 0xc0 | (point >> 6));
    store<u8>(out, 0x80 | (point & 0x3f), 1);
    return out + 2;
  }
  if (point < 0x10000) return writeUnit(out, point);
  const offset = point - 0x10000;
  return writeUnit(writeUnit(out, 0xd800 | (offset >> 10)), 0xdc00 | (offset & 0x3ff));
}

function writeUnit(out: usize, unit: u32): usize {
  store<u8>(out, 0xe0 | (unit >> 12));
  store<u8>(out, 0x80 | ((unit >> 6) & 0x3f), 1);
  store<u8>(out, 0x80 | (unit & 0x3f), 2);
  return out + 3;
}
