import { Found, foundInteger, foundMore, foundText } from "./found";
import {
  Field,
  fieldAddress,
  fieldBytes,
  fieldEnd,
  fieldNumber,
  fieldValue,
  fieldWire,
  readField,
  Wire,
} from "./protobuf";

/**
 * Values of a protobuf message by the numbers of their fields: the message is [at, end), of which [at, shown) is in memory. Of a field that
 * comes twice the first counts, so that nothing behind it is waited for.
 */

/** Where the content of the field read last begins and ends, the end maybe behind what is in memory. */
let content: usize = 0;
let contentEnd: usize = 0;

/** Reads the field at `path` (`count` numbers, each in 4 bytes): through messages to a text, a number, or a message as a text. */
export function findField(at: usize, end: usize, shown: usize, path: usize, count: u32): Found {
  for (let i: u32 = 0; i < count; i++) {
    const found = enterField(at, end, min(shown, end), load<u32>(path + ((<usize>i) << 2)));
    if (found != Found.TEXT) return i + 1 < count && found == Found.NUMBER ? Found.ABSENT : found;
    at = content;
    end = contentEnd;
  }
  return foundText(at, <u32>(end - at));
}

/** TEXT: the content of the first field of this number; NUMBER: its number. */
function enterField(at: usize, end: usize, shown: usize, number: u32): Found {
  while (at < end) {
    const found = nextField(at, end, shown);
    if (found != Found.TEXT) return found;
    if (fieldNumber == number) {
      if (fieldWire == Wire.BYTES) return Found.TEXT;
      return fieldWire == Wire.GROUP ? Found.ABSENT : foundInteger(fieldValue);
    }
    at = contentEnd;
  }
  return Found.ABSENT;
}

function nextField(at: usize, end: usize, shown: usize): Found {
  if (at >= shown) return foundMore(at + 1, end);
  switch (readField(at, shown)) {
    case Field.READ:
      content = fieldAddress;
      contentEnd = fieldEnd;
      return Found.TEXT;
    case Field.LONG:
      if (fieldBytes > <u32>(end - fieldAddress)) return Found.MALFORMED;
      content = fieldAddress;
      contentEnd = fieldAddress + fieldBytes;
      return Found.TEXT;
    case Field.CUT:
      return foundMore(shown + 1, end);
    default:
      return Found.MALFORMED;
  }
}

/** An entry of a map of texts to texts, and the first byte behind it. */
export let keyAt: usize = 0;
export let keyBytes: u32 = 0;
export let entryAt: usize = 0;
export let entryBytes: u32 = 0;
export let entryEnd: usize = 0;

/** Reads the next entry of the map field `number` from `at` on, whole in memory: TEXT, or ABSENT where there is none. */
export function nextEntry(at: usize, end: usize, shown: usize, number: u32): Found {
  while (true) {
    const found = enterField(at, end, shown, number);
    if (found != Found.TEXT) return found == Found.NUMBER ? Found.MALFORMED : found;
    if (contentEnd > shown) return foundMore(contentEnd, end);
    entryEnd = contentEnd;
    entryAt = content;
    entryBytes = 0;
    keyBytes = 0;
    let isText = true;
    const inner = entryEnd;
    for (let place = content; place < inner; place = contentEnd) {
      const part = nextField(place, inner, inner);
      if (part != Found.TEXT) return Found.MALFORMED;
      if (fieldWire != Wire.BYTES) isText = false;
      else if (fieldNumber == 1) {
        keyAt = content;
        keyBytes = fieldBytes;
      } else if (fieldNumber == 2) {
        entryAt = content;
        entryBytes = fieldBytes;
      }
    }
    if (isText && keyBytes) return Found.TEXT;
    at = inner;
  }
}
