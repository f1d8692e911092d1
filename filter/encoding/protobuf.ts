/**
 * Protocol Buffers on the wire, field by field, whoever wrote them: https://protobuf.dev/programming-guides/encoding
 *
 *     field: [ tag varint: number << 3 | wire type ][ value ]
 *
 * Nothing is followed into depth here. A message within a message is a field of bytes, which a reader who wants it reads in a loop of its
 * own: nesting costs what its reader asks for. All readers share one set of registers.
 */
export enum Wire {
  VARINT,
  FIXED64,
  /** Bytes, a text, a message, or packed numbers: a length and that many bytes. */
  BYTES,
  /** A group, which proto2 has deprecated: what stands between its two tags. */
  GROUP,
  GROUP_END,
  FIXED32,
}

/** What `readField` says. */
export enum Field {
  /** A field, whole: it is in the registers. */
  READ,
  /** There is none: `at` is `end`. */
  NONE,
  /** It begins, and `end` comes before it is over. */
  CUT,
  /** The same of a field of bytes whose number and length are there: they are in the registers, `fieldEnd` is not. */
  LONG,
  /** No encoder writes this. */
  MALFORMED,
}

export let fieldNumber: u32 = 0;
export let fieldWire: Wire = Wire.VARINT;
/** Of VARINT, FIXED64 and FIXED32. */
export let fieldValue: u64 = 0;
/** Of BYTES and GROUP. */
export let fieldAddress: usize = 0;
export let fieldBytes: u32 = 0;
/** The first byte behind the field. */
export let fieldEnd: usize = 0;

/** Where `readVarint` stopped, and what it read. */
let varintEnd: usize = 0;
let varint: u64 = 0;

const MAX_VARINT_BYTES: usize = 10;

/** Reads the field at `at`; the message, or what is in memory of it, ends at `end`. */
export function readField(at: usize, end: usize): Field {
  if (at == end) return Field.NONE;
  const head = readHead(at, end);
  if (head != Field.READ || fieldWire < Wire.GROUP || fieldWire > Wire.GROUP_END) return head;
  return fieldWire == Wire.GROUP ? readGroup(end) : Field.MALFORMED;
}

/** Reads a tag and, unless a group begins or ends with it, the value. */
function readHead(at: usize, end: usize): Field {
  const tag = readVarint(at, end);
  if (tag != Field.READ) return tag;
  if (varint > <u64>u32.MAX_VALUE || varint < 8) return Field.MALFORMED;
  fieldNumber = <u32>varint >> 3;
  fieldWire = <Wire>(<u32>varint & 7);
  at = varintEnd;
  switch (fieldWire) {
    case Wire.VARINT: {
      const value = readVarint(at, end);
      fieldValue = varint;
      fieldEnd = varintEnd;
      return value;
    }
    case Wire.FIXED64:
      if (end - at < 8) return Field.CUT;
      fieldValue = load<u64>(at);
      fieldEnd = at + 8;
      return Field.READ;
    case Wire.FIXED32:
      if (end - at < 4) return Field.CUT;
      fieldValue = load<u32>(at);
      fieldEnd = at + 4;
      return Field.READ;
    case Wire.BYTES:
      return readLength(at, end);
    case Wire.GROUP:
    case Wire.GROUP_END:
      fieldEnd = at;
      return Field.READ;
    default:
      return Field.MALFORMED;
  }
}

function readLength(at: usize, end: usize): Field {
  const length = readVarint(at, end);
  if (length != Field.READ) return length;
  if (varint > <u64>i32.MAX_VALUE) return Field.MALFORMED;
  fieldAddress = varintEnd;
  fieldBytes = <u32>varint;
  if (fieldBytes > <u32>(end - fieldAddress)) return Field.LONG;
  fieldEnd = fieldAddress + fieldBytes;
  return Field.READ;
}

/** Passes over a group and those within it. They are counted, not remembered, so that depth costs nothing; that numbers match is not checked. */
function readGroup(end: usize): Field {
  const number = fieldNumber;
  const begin = fieldEnd;
  let last = begin;
  for (let open: u32 = 1; open; ) {
    last = fieldEnd;
    if (last == end) return Field.CUT;
    const head = readHead(last, end);
    if (head != Field.READ) return head == Field.LONG ? Field.CUT : head;
    if (fieldWire == Wire.GROUP) open++;
    else if (fieldWire == Wire.GROUP_END) open--;
  }
  fieldNumber = number;
  fieldWire = Wire.GROUP;
  fieldAddress = begin;
  fieldBytes = <u32>(last - begin);
  return Field.READ;
}

/** READ, CUT, or MALFORMED: more than 64 bits. */
function readVarint(at: usize, end: usize): Field {
  if (at < end) {
    const first = <u64>load<u8>(at);
    if (first < 0x80) {
      varint = first;
      varintEnd = at + 1;
      return Field.READ;
    }
  }
  let value: u64 = 0;
  const last = at + MAX_VARINT_BYTES - 1;
  for (let shift: u64 = 0; at < end; shift += 7, at++) {
    const byte = <u64>load<u8>(at);
    if (at == last && byte > 1) return Field.MALFORMED;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      varint = value;
      varintEnd = at + 1;
      return Field.READ;
    }
  }
  return Field.CUT;
}

/** Fields of an entry of a map whose keys and values are texts or bytes. */
const KEY: u32 = 1;
const VALUE: u32 = 2;

/** What `readEntry` has read; a key or value that is not there is empty. */
export let entryKey: usize = 0;
export let entryKeyBytes: u32 = 0;
export let entryValue: usize = 0;
export let entryValueBytes: u32 = 0;

/** Reads the message in [at, end) as such an entry. False: it is something else. */
export function readEntry(at: usize, end: usize): bool {
  entryKey = at;
  entryKeyBytes = 0;
  entryValue = at;
  entryValueBytes = 0;
  let field = readField(at, end);
  for (; field == Field.READ; field = readField(fieldEnd, end)) {
    if (fieldWire != Wire.BYTES) return false;
    if (fieldNumber == KEY) {
      entryKey = fieldAddress;
      entryKeyBytes = fieldBytes;
    } else if (fieldNumber == VALUE) {
      entryValue = fieldAddress;
      entryValueBytes = fieldBytes;
    } else return false;
  }
  return field == Field.NONE;
}

export function writeTag(out: usize, number: u32, wire: Wire): usize {
  return writeVarint(out, (number << 3) | <u32>wire);
}

export function writeVarint(out: usize, value: u64): usize {
  for (; value >= 0x80; value >>= 7) store<u8>(out++, <u8>(value | 0x80));
  store<u8>(out, <u8>value);
  return out + 1;
}

export function varintBytes(value: u64): u32 {
  let bytes: u32 = 1;
  for (; value >= 0x80; value >>= 7) bytes++;
  return bytes;
}
