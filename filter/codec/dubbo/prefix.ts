import { MAX_ATTRIBUTE_BYTES } from "../../memory/limits";
import { readString } from "./hessian2/string";
import { Form } from "./serialization";
import { foundNull, foundText, Text, textMore } from "./text";

/** Longest text with what stands around it, so that nothing longer is waited for: 8 bytes are more than any form has. */
const MAX_TEXT_BYTES: u32 = MAX_ATTRIBUTE_BYTES + 8;

/** Reads the text at `at` as a serialization of this form writes one in front of the arguments. */
export function readText(form: Form, at: usize, end: usize, area: usize): Text {
  switch (form) {
    case Form.HESSIAN2:
      return readString(at, end, area);
    case Form.JSONB:
      return readJsonb(at, end);
    case Form.JSON_LINE:
      return readJsonLine(at, end);
    case Form.STRING_VALUE:
      return readStringValue(at, end);
    default:
      return Text.UNREADABLE;
  }
}

const JSONB_NULL: u32 = 0xaf;
/** 0x49 + length: ASCII of up to 47 bytes. */
const JSONB_SHORT_ASCII: u32 = 0x49;
const JSONB_ASCII: u32 = 0x79;
const JSONB_UTF8: u32 = 0x7a;

/** fastjson2: the length of the value in 4 bytes, then the value in JSONB. */
function readJsonb(at: usize, end: usize): Text {
  if (end - at < 4) return textMore(5);
  const length = bswap(load<u32>(at));
  if (!length) return Text.MALFORMED;
  if (length > MAX_TEXT_BYTES) return Text.TOO_LONG;
  if (length > <u32>(end - at) - 4) return textMore(length + 4);
  const value = at + 4;
  const valueEnd = value + length;
  const tag = <u32>load<u8>(value);
  if (tag == JSONB_NULL) return length == 1 ? foundNull(valueEnd) : Text.MALFORMED;
  if (tag >= JSONB_SHORT_ASCII && tag < JSONB_ASCII) {
    return tag - JSONB_SHORT_ASCII == length - 1 ? foundText(value + 1, length - 1, valueEnd) : Text.MALFORMED;
  }
  if (tag != JSONB_ASCII && tag != JSONB_UTF8) return Text.UNREADABLE;
  // The text's own length is an int of JSONB, which takes 1, 2, 3 or 5 bytes; it can only say what is left.
  if (length < 2) return Text.MALFORMED;
  const size = <u32>load<u8>(value, 1);
  const sizeBytes: u32 = size < 0x30 ? 1 : size < 0x40 ? 2 : size < 0x48 ? 3 : 5;
  return length > sizeBytes ? foundText(value + 1 + sizeBytes, length - 1 - sizeBytes, valueEnd) : Text.MALFORMED;
}

const LINE_FEED: u32 = 0x0a;
const CARRIAGE_RETURN: u32 = 0x0d;
const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;

/** fastjson, Gson, protobuf's JSON: a line that is `null` or a quoted text. One with escapes is left unread. */
function readJsonLine(at: usize, end: usize): Text {
  let feed = at;
  while (feed < end && load<u8>(feed) != LINE_FEED) feed++;
  if (feed == end) return feed - at > MAX_TEXT_BYTES ? Text.TOO_LONG : textMore(<u32>(feed - at) + 1);
  const lineEnd = feed > at && load<u8>(feed - 1) == CARRIAGE_RETURN ? feed - 1 : feed;
  const bytes = <u32>(lineEnd - at);
  if (bytes == 4 && load<u32>(at) == 0x6c6c756e) return foundNull(feed + 1);
  if (bytes < 2 || load<u8>(at) != QUOTE || load<u8>(lineEnd - 1) != QUOTE) return Text.MALFORMED;
  for (let i = at; i < lineEnd; i++) if (load<u8>(i) == BACKSLASH) return Text.UNREADABLE;
  return foundText(at + 1, bytes - 2, feed + 1);
}

const VALUE_FIELD: u32 = 0x0a; // field 1, length-delimited

/** protobuf: the length of a StringValue and the message: nothing, or its one field. */
function readStringValue(at: usize, end: usize): Text {
  if (at >= end) return textMore(1);
  const length = varint(at, end);
  if (varintBytes == 0) return end - at < 5 ? textMore(<u32>(end - at) + 1) : Text.MALFORMED;
  const value = at + varintBytes;
  if (length > MAX_TEXT_BYTES) return Text.TOO_LONG;
  if (length > <u32>(end - value)) return textMore(length + varintBytes);
  const valueEnd = value + length;
  if (!length) return foundText(value, 0, valueEnd);
  if (load<u8>(value) != VALUE_FIELD) return Text.MALFORMED;
  const bytes = varint(value + 1, valueEnd);
  if (varintBytes == 0 || bytes != <u32>(valueEnd - value - 1) - varintBytes) return Text.MALFORMED;
  return foundText(value + 1 + varintBytes, bytes, valueEnd);
}

/** Bytes that `varint` took, 0 if it does not end within 28 bits or [at, end). */
let varintBytes: u32 = 0;

function varint(at: usize, end: usize): u32 {
  let value: u32 = 0;
  for (let shift: u32 = 0; shift < 28 && at < end; shift += 7, at++) {
    const byte = <u32>load<u8>(at);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      varintBytes = shift / 7 + 1;
      return value;
    }
  }
  varintBytes = 0;
  return 0;
}
