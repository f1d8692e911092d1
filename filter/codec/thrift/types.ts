import { Protocol } from "./dialect";

/** What follows a type: so many bytes, 0 to 16, or one of these. */
export enum Class {
  WIDEST = 16,
  VARINT = 0x20,
  TEXT,
  STRUCT,
  LIST,
  MAP,
  BAD,
}

/** TType, of TBinaryProtocol. */
export const STOP: u32 = 0;
export const BOOL: u32 = 2;
export const BYTE: u32 = 3;
export const I16: u32 = 6;
export const I32: u32 = 8;
export const I64: u32 = 10;

/** TCompactProtocol has numbers of its own, and two for a field's boolean, whose value the type is. */
export const COMPACT_TRUE: u32 = 1;
export const COMPACT_FALSE: u32 = 2;
export const COMPACT_BYTE: u32 = 3;

/** By type: bool 2, byte 3, double 4, i16 6, i32 8, i64 10, string 11, struct 12, map 13, set 14, list 15, uuid 16. */
const binary: usize = memory.data<u8>([
  0x25, 0x25, 1, 1, 8, 0x25, 2, 0x25, 4, 0x25, 8, 0x21, 0x22, 0x24, 0x23, 0x23, 16,
]);
const BINARY_TYPES: u32 = 17;

/** By type: true 1, false 2, byte 3, i16 4, i32 5, i64 6, double 7, string 8, list 9, set 10, map 11, struct 12, uuid 13. */
const compact: usize = memory.data<u8>([
  0x25, 1, 1, 1, 0x20, 0x20, 0x20, 8, 0x21, 0x23, 0x23, 0x24, 0x22, 16, 0x25, 0x25,
]);

/** Of a value that is an element, a key or a map's value. */
export function classOf(protocol: Protocol, type: u32): Class {
  if (protocol == Protocol.COMPACT) return <Class>load<u8>(compact + (type & 0x0f));
  return type < BINARY_TYPES ? <Class>load<u8>(binary + type) : Class.BAD;
}

/** Of a field's value: the same, but that in TCompactProtocol a boolean has no bytes. */
export function fieldClassOf(protocol: Protocol, type: u32): Class {
  if (protocol == Protocol.COMPACT && type <= COMPACT_FALSE && type) return <Class>0;
  return classOf(protocol, type);
}
