import { Found, foundInteger, foundMore, foundText } from "./found";

/**
 * Structs of Thrift in its binary and its compact protocol (thrift-binary-protocol.md, thrift-compact-protocol.md), read without a schema: a
 * struct begins at `at`, its region ends at `end`, [at, shown) is in memory. Of a field that comes twice the first counts.
 */
const STOP: u32 = 0;
/** The binary protocol's numbers of types; those of the compact one are turned into them. */
const BOOL: u32 = 2;
const BYTE: u32 = 3;
const DOUBLE: u32 = 4;
const I16: u32 = 6;
const I32: u32 = 8;
const I64: u32 = 10;
const STRING: u32 = 11;
const STRUCT: u32 = 12;
const MAP: u32 = 13;
const SET: u32 = 14;
const LIST: u32 = 15;
/** Of the compact protocol: a field's bool, whose value is its type. */
const TRUE: u32 = 0x81;
const FALSE: u32 = 0x82;
const NONE: u32 = 0xff;

/** Structs and lists within each other. */
const MAX_DEPTH: u32 = 64;
/** Of each level: [ elements left u32 | their types, of a map's key and value: u8, u8 | which is next u8 ]; a struct has STRUCT and no count. */
const levels: usize = memory.data(64 * 8);

let compact: bool = false;
let cursor: usize = 0;
let end: usize = 0;
let shown: usize = 0;
let number: i64 = 0;
/** Of the field at hand, in the struct that is being looked through. */
let type: u32 = 0;
let id: i32 = 0;

export function openThrift(isCompact: bool, at: usize, regionEnd: usize, inMemory: usize): void {
  compact = isCompact;
  cursor = at;
  end = regionEnd;
  shown = inMemory;
}

/** Reads the field at `path` (`count` ids, each an i32 in 4 bytes), through structs. */
export function findThriftField(path: usize, count: u32): Found {
  for (let i: u32 = 0; i < count; i++) {
    const found = enterField(load<i32>(path + ((<usize>i) << 2)));
    if (found != Found.TEXT) return found;
    if (i + 1 < count && type != STRUCT) return Found.ABSENT;
  }
  return readScalar(type);
}

/** The map of texts to texts at `path`: TEXT, then `nextThriftEntry` `entriesLeft` times. */
export let entriesLeft: u32 = 0;
export let thriftKeyAt: usize = 0;
export let thriftKeyBytes: u32 = 0;

export function openThriftMap(path: usize, count: u32): Found {
  for (let i: u32 = 0; i < count; i++) {
    const found = enterField(load<i32>(path + ((<usize>i) << 2)));
    if (found != Found.TEXT) return found;
    if (type != (i + 1 < count ? STRUCT : MAP)) return Found.ABSENT;
  }
  const found = openMap();
  if (found != Found.TEXT) return found;
  entriesLeft = elements;
  return keyType == STRING && valueType == STRING ? Found.TEXT : Found.ABSENT;
}

/** Reads an entry: its key, and its value as what was found. */
export function nextThriftEntry(): Found {
  entriesLeft--;
  let found = readText();
  if (found != Found.TEXT) return found;
  if (textAt + textBytes > shown) return foundMore(textAt + textBytes, end);
  thriftKeyAt = textAt;
  thriftKeyBytes = textBytes;
  found = readText();
  if (found != Found.TEXT) return found;
  return foundText(textAt, textBytes);
}

/** TEXT: the cursor is at the value of the field. */
function enterField(wanted: i32): Found {
  id = 0;
  while (true) {
    let found = readFieldHead();
    if (found != Found.TEXT) return found;
    if (type == STOP) return Found.ABSENT;
    if (id == wanted) return Found.TEXT;
    const last = id;
    found = skip(type);
    if (found != Found.TEXT) return found;
    id = last;
  }
}

function readScalar(kind: u32): Found {
  switch (kind) {
    case TRUE:
      return foundInteger(1);
    case FALSE:
      return foundInteger(0);
    case STRING: {
      const found = readText();
      return found == Found.TEXT ? foundText(textAt, textBytes) : found;
    }
    case BOOL:
    case BYTE:
    case I16:
    case I32:
    case I64: {
      const found = readInteger(kind);
      return found == Found.TEXT ? foundInteger(number) : found;
    }
    default:
      return Found.ABSENT;
  }
}

function readFieldHead(): Found {
  let found = take(1);
  if (found != Found.TEXT) return found;
  const first = <u32>load<u8>(cursor - 1);
  if (!first) {
    type = STOP;
    return Found.TEXT;
  }
  if (!compact) {
    type = first;
    found = take(2);
    if (found != Found.TEXT) return found;
    id = <i16>bswap(load<u16>(cursor - 2));
    return Found.TEXT;
  }
  type = compactType(first & 0x0f, true);
  if (first >> 4) {
    id += first >> 4;
    return Found.TEXT;
  }
  found = readVarint();
  id = <i32>zigzag();
  return found;
}

function compactType(kind: u32, inField: bool): u32 {
  switch (kind) {
    case 1:
      return inField ? TRUE : BOOL;
    case 2:
      return inField ? FALSE : BOOL;
    case 3:
      return BYTE;
    case 4:
      return I16;
    case 5:
      return I32;
    case 6:
      return I64;
    case 7:
      return DOUBLE;
    case 8:
      return STRING;
    case 9:
      return LIST;
    case 10:
      return SET;
    case 11:
      return MAP;
    case 12:
      return STRUCT;
    default:
      return NONE;
  }
}

function readInteger(kind: u32): Found {
  if (compact && kind != BOOL && kind != BYTE) {
    const found = readVarint();
    number = zigzag();
    return found;
  }
  const bytes = widthOf(kind);
  const found = take(bytes);
  if (found != Found.TEXT) return found;
  const at = cursor - bytes;
  if (bytes == 1) number = load<i8>(at);
  else if (bytes == 2) number = <i16>bswap(load<u16>(at));
  else if (bytes == 4) number = <i32>bswap(load<u32>(at));
  else number = bswap(load<i64>(at));
  return Found.TEXT;
}

function widthOf(kind: u32): u32 {
  switch (kind) {
    case BOOL:
    case BYTE:
      return 1;
    case I16:
      return 2;
    case I32:
      return 4;
    default:
      return 8;
  }
}

let varint: u64 = 0;

function zigzag(): i64 {
  return <i64>(varint >> 1) ^ -(<i64>(varint & 1));
}

function readVarint(): Found {
  varint = 0;
  for (let shift: u64 = 0; shift < 70; shift += 7) {
    const found = take(1);
    if (found != Found.TEXT) return found;
    const byte = <u64>load<u8>(cursor - 1);
    varint |= (byte & 0x7f) << shift;
    if (byte < 0x80) return Found.TEXT;
  }
  return Found.MALFORMED;
}

let textAt: usize = 0;
let textBytes: u32 = 0;

/** A text, whose end may lie behind what is in memory. */
function readText(): Found {
  const found = readCount();
  if (found != Found.TEXT) return found;
  if (elements > <u32>(end - cursor)) return Found.MALFORMED;
  textAt = cursor;
  textBytes = elements;
  cursor += elements;
  return Found.TEXT;
}

/** A count of bytes or elements. */
let elements: u32 = 0;
let keyType: u32 = 0;
let valueType: u32 = 0;

function readCount(): Found {
  if (compact) {
    const found = readVarint();
    if (found != Found.TEXT) return found;
    if (varint > <u64>i32.MAX_VALUE) return Found.MALFORMED;
    elements = <u32>varint;
    return Found.TEXT;
  }
  const found = take(4);
  if (found != Found.TEXT) return found;
  elements = bswap(load<u32>(cursor - 4));
  return elements > <u32>i32.MAX_VALUE ? Found.MALFORMED : Found.TEXT;
}

function openMap(): Found {
  if (compact) {
    let found = readCount();
    if (found != Found.TEXT) return found;
    keyType = STRING;
    valueType = STRING;
    if (!elements) return Found.TEXT;
    found = take(1);
    if (found != Found.TEXT) return found;
    const types = <u32>load<u8>(cursor - 1);
    keyType = compactType(types >> 4, false);
    valueType = compactType(types & 0x0f, false);
    return Found.TEXT;
  }
  const found = take(2);
  if (found != Found.TEXT) return found;
  keyType = load<u8>(cursor - 2);
  valueType = load<u8>(cursor - 1);
  return readCount();
}

function openElements(): Found {
  const found = take(1);
  if (found != Found.TEXT) return found;
  const head = <u32>load<u8>(cursor - 1);
  if (!compact) {
    keyType = head;
    return readCount();
  }
  keyType = compactType(head & 0x0f, false);
  elements = head >> 4;
  return elements == 15 ? readCount() : Found.TEXT;
}

/** Passes over a value, whatever is within it. */
function skip(kind: u32): Found {
  let depth: u32 = 0;
  let found = skipOne(kind);
  while (true) {
    if (found == Found.ABSENT) {
      // A value with others in it: a level of its own, whose types are at hand.
      if (depth == MAX_DEPTH) return Found.MALFORMED;
      const level = levels + ((<usize>depth) << 3);
      store<u32>(level, elements);
      store<u8>(level, keyType, 4);
      store<u8>(level, valueType, 5);
      store<u8>(level, 0, 6);
      depth++;
    } else if (found != Found.TEXT) return found;
    // The next value of the innermost level that has one.
    while (true) {
      if (!depth) return Found.TEXT;
      const level = levels + ((<usize>(depth - 1)) << 3);
      if (<u32>load<u8>(level, 4) == STOP) {
        found = readFieldHead();
        if (found != Found.TEXT) return found;
        if (type != STOP) {
          found = skipOne(type);
          break;
        }
      } else {
        const left = load<u32>(level);
        if (left) {
          const isValue = load<u8>(level, 6) != 0;
          const hasValues = <u32>load<u8>(level, 5) != STOP;
          if (!hasValues || isValue) store<u32>(level, left - 1);
          store<u8>(level, hasValues && !isValue ? 1 : 0, 6);
          found = skipOne(isValue ? load<u8>(level, 5) : load<u8>(level, 4));
          break;
        }
      }
      depth--;
    }
  }
}

/** Passes over a value; ABSENT: over what begins it, others follow within it. */
function skipOne(kind: u32): Found {
  switch (kind) {
    case TRUE:
    case FALSE:
      return Found.TEXT;
    case STRING:
      return readText();
    case DOUBLE:
      return take(8);
    case BOOL:
    case BYTE:
    case I16:
    case I32:
    case I64:
      return readInteger(kind);
    case STRUCT:
      elements = 0;
      keyType = STOP;
      valueType = STOP;
      return Found.ABSENT;
    case MAP: {
      const found = openMap();
      if (found != Found.TEXT) return found;
      return keyType == STOP || valueType == STOP ? (elements ? Found.MALFORMED : Found.TEXT) : nested();
    }
    case SET:
    case LIST: {
      const found = openElements();
      if (found != Found.TEXT) return found;
      valueType = STOP;
      return keyType == STOP ? (elements ? Found.MALFORMED : Found.TEXT) : nested();
    }
    default:
      return Found.MALFORMED;
  }
}

/** Each element has a byte at least. */
function nested(): Found {
  return elements > <u32>(end - cursor) ? Found.MALFORMED : Found.ABSENT;
}

function take(bytes: u32): Found {
  if (bytes > <u32>(end - cursor)) return Found.MALFORMED;
  if (cursor + bytes > shown) return foundMore(cursor + bytes, end);
  cursor += bytes;
  return Found.TEXT;
}
