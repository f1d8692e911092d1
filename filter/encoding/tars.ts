/**
 * The encoding of Tars (TarsTup), whoever wrote it. A struct is a row of fields, by their tags in ascending order:
 *
 *     field: [ tag << 4 | type ][ value ]      tag 15: the tag itself follows in a byte
 */
export enum TarsType {
  INT1,
  INT2,
  INT4,
  INT8,
  FLOAT,
  DOUBLE,
  /** A length of one byte, of four bytes, and that many bytes. */
  STRING1,
  STRING4,
  /** A number of entries as a field of tag 0, then a key of tag 0 and a value of tag 1 for each. */
  MAP,
  /** A number of elements as a field of tag 0, then those as fields of tag 0. */
  LIST,
  STRUCT_BEGIN,
  STRUCT_END,
  /** The number 0. */
  ZERO,
  /** Bytes: a head of type INT1, their number as a field of tag 0, and they. */
  SIMPLE_LIST,
}

/** What a reader says. */
export enum TarsRead {
  READ,
  /** What is in memory ends within it. */
  CUT,
  MALFORMED,
}

const LAST_SHORT_TAG: u32 = 15;

/** With READ: the field's tag and type; of a string its bytes; of a number its value; and the first byte behind what was read. */
export let tarsTag: u32 = 0;
export let tarsType: TarsType = TarsType.ZERO;
export let tarsBytes: u32 = 0;
export let tarsValue: i64 = 0;
export let tarsEnd: usize = 0;

export function readTarsHead(at: usize, end: usize): TarsRead {
  if (at >= end) return TarsRead.CUT;
  const head = <u32>load<u8>(at);
  tarsTag = head >> 4;
  tarsType = <TarsType>(head & 15);
  tarsEnd = at + 1;
  if (tarsTag == LAST_SHORT_TAG) {
    if (tarsEnd == end) return TarsRead.CUT;
    tarsTag = <u32>load<u8>(tarsEnd++);
  }
  return tarsType <= TarsType.SIMPLE_LIST ? TarsRead.READ : TarsRead.MALFORMED;
}

/** The number whose head was read last, at `at`. */
export function readTarsNumber(at: usize, end: usize): TarsRead {
  const bytes = bytesOfNumber();
  if (bytes < 0) return TarsRead.MALFORMED;
  if (end - at < <usize>bytes) return TarsRead.CUT;
  switch (bytes) {
    case 0:
      tarsValue = 0;
      break;
    case 1:
      tarsValue = load<i8>(at);
      break;
    case 2:
      tarsValue = <i16>bswap(load<u16>(at));
      break;
    case 4:
      tarsValue = <i32>bswap(load<u32>(at));
      break;
    default:
      tarsValue = <i64>bswap(load<u64>(at));
  }
  tarsEnd = at + bytes;
  return TarsRead.READ;
}

function bytesOfNumber(): i32 {
  if (tarsType == TarsType.ZERO) return 0;
  return tarsType <= TarsType.INT8 ? 1 << tarsType : -1;
}

/** A number of elements or bytes, head and all. */
export function readTarsCount(at: usize, end: usize): TarsRead {
  const head = readTarsHead(at, end);
  if (head != TarsRead.READ) return head;
  if (tarsTag) return TarsRead.MALFORMED;
  const number = readTarsNumber(tarsEnd, end);
  if (number != TarsRead.READ) return number;
  return tarsValue < 0 || tarsValue > <i64>i32.MAX_VALUE ? TarsRead.MALFORMED : TarsRead.READ;
}

/** The length of the string of this type; its bytes begin at `tarsEnd`, whether they are in memory or not. */
export function readTarsLength(at: usize, end: usize, type: TarsType): TarsRead {
  if (type == TarsType.STRING1) {
    if (at == end) return TarsRead.CUT;
    tarsBytes = <u32>load<u8>(at);
    tarsEnd = at + 1;
    return TarsRead.READ;
  }
  if (type != TarsType.STRING4) return TarsRead.MALFORMED;
  if (end - at < 4) return TarsRead.CUT;
  tarsBytes = bswap(load<u32>(at));
  tarsEnd = at + 4;
  return tarsBytes > <u32>i32.MAX_VALUE ? TarsRead.MALFORMED : TarsRead.READ;
}

function writeTarsHead(out: usize, tag: u32, type: TarsType): usize {
  store<u8>(out, (tag << 4) | <u32>type);
  return out + 1;
}

/** Tags up to 14. */
export function writeTarsNumber(out: usize, tag: u32, value: i32): usize {
  if (value == 0) return writeTarsHead(out, tag, TarsType.ZERO);
  if (value == <i32>(<i8>value)) {
    out = writeTarsHead(out, tag, TarsType.INT1);
    store<i8>(out, <i8>value);
    return out + 1;
  }
  if (value == <i32>(<i16>value)) {
    out = writeTarsHead(out, tag, TarsType.INT2);
    store<u16>(out, bswap(<u16>value));
    return out + 2;
  }
  out = writeTarsHead(out, tag, TarsType.INT4);
  store<u32>(out, bswap(<u32>value));
  return out + 4;
}

export function writeTarsString(out: usize, tag: u32, text: usize, bytes: u32): usize {
  if (bytes < 256) {
    out = writeTarsHead(out, tag, TarsType.STRING1);
    store<u8>(out, bytes);
    out += 1;
  } else {
    out = writeTarsHead(out, tag, TarsType.STRING4);
    store<u32>(out, bswap(bytes));
    out += 4;
  }
  memory.copy(out, text, bytes);
  return out + bytes;
}

/** The head of a map; its entries follow. */
export function writeTarsMap(out: usize, tag: u32, entries: i32): usize {
  return writeTarsNumber(writeTarsHead(out, tag, TarsType.MAP), 0, entries);
}

/** The head of bytes; they follow. */
export function writeTarsBytes(out: usize, tag: u32, bytes: i32): usize {
  out = writeTarsHead(writeTarsHead(out, tag, TarsType.SIMPLE_LIST), 0, TarsType.INT1);
  return writeTarsNumber(out, 0, bytes);
}
