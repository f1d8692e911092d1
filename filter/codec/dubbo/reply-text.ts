import { characterAt, characterBytes } from "../../encoding/utf8";
import { Form } from "./serialization";

/** Where the text of a reply is cut, counted as written: enough for a sentence and two long names. */
export const MAX_REPLY_TEXT_BYTES: u32 = 512;

/** The most that a serialization puts around a text: fastjson2's two lengths and its tag. */
export const MAX_ENVELOPE_BYTES: u32 = 7;

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;

/**
 * Writes `text`, whatever bytes it has, as a text that a reader of this form takes, and returns the bytes written. Lengths are
 * written in two bytes, also where one would do, so that they can be filled in afterwards.
 */
export function writeText(form: Form, out: usize, text: usize, textBytes: u32): u32 {
  const before = bytesBefore(form);
  let at = out + before;
  let units: u32 = 0;
  const end = text + textBytes;
  while (text < end) {
    const point = characterAt(text, end);
    if (<u32>(at - out) - before + widthOf(form, point) > MAX_REPLY_TEXT_BYTES) break;
    at += writeCharacter(form, at, point);
    units += point > 0xffff ? 2 : 1;
    text += characterBytes;
  }
  const written = <u32>(at - out) - before;
  switch (form) {
    case Form.JSON_LINE:
      store<u8>(out, QUOTE);
      store<u16>(at, 0x0a22); // " and line feed
      return written + 3;
    case Form.JSONB:
      store<u32>(out, bswap(written + 3));
      store<u8>(out, 0x7a, 4); // UTF-8
      store<u16>(out, bswap<u16>(<u16>(0x3800 + written)), 5);
      break;
    case Form.STRING_VALUE:
      storeVarint(out, written + 3);
      store<u8>(out, 0x0a, 2); // field 1
      storeVarint(out + 3, written);
      break;
    default:
      store<u16>(out, bswap<u16>(<u16>(0x3000 + units)));
  }
  return before + written;
}

function bytesBefore(form: Form): u32 {
  switch (form) {
    case Form.JSON_LINE:
      return 1;
    case Form.JSONB:
      return 7;
    case Form.STRING_VALUE:
      return 5;
    default:
      return 2;
  }
}

/** Two bytes for a number below 2^14. */
function storeVarint(out: usize, value: u32): void {
  store<u8>(out, 0x80 | (value & 0x7f));
  store<u8>(out, value >> 7, 1);
}

function isEscaped(form: Form, point: u32): bool {
  return form == Form.JSON_LINE && (point == QUOTE || point == BACKSLASH);
}

function isHessian(form: Form): bool {
  return form == Form.HESSIAN2 || form == Form.UNKNOWN;
}

function widthOf(form: Form, point: u32): u32 {
  if (point < 0x80) return isEscaped(form, point) ? 2 : 1;
  if (point < 0x800) return 2;
  if (point < 0x10000) return 3;
  return isHessian(form) ? 6 : 4;
}

/** Returns the bytes written: `widthOf` them. */
function writeCharacter(form: Form, out: usize, point: u32): u32 {
  if (point < 0x80) {
    if (!isEscaped(form, point)) {
      store<u8>(out, point);
      return 1;
    }
    store<u8>(out, BACKSLASH);
    store<u8>(out, point, 1);
    return 2;
  }
  if (point < 0x800) {
    store<u8>(out, 0xc0 | (point >> 6));
    store<u8>(out, 0x80 | (point & 0x3f), 1);
    return 2;
  }
  if (point < 0x10000) return storeThree(out, point);
  if (isHessian(form)) {
    const offset = point - 0x10000;
    return storeThree(out, 0xd800 | (offset >> 10)) + storeThree(out + 3, 0xdc00 | (offset & 0x3ff));
  }
  store<u8>(out, 0xf0 | (point >> 18));
  store<u8>(out, 0x80 | ((point >> 12) & 0x3f), 1);
  store<u8>(out, 0x80 | ((point >> 6) & 0x3f), 2);
  store<u8>(out, 0x80 | (point & 0x3f), 3);
  return 4;
}

function storeThree(out: usize, unit: u32): u32 {
  store<u8>(out, 0xe0 | (unit >> 12));
  store<u8>(out, 0x80 | ((unit >> 6) & 0x3f), 1);
  store<u8>(out, 0x80 | (unit & 0x3f), 2);
  return 3;
}
