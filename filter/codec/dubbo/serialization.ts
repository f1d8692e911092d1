/** Serialization ids, the low five bits of the flag (Dubbo's `serialize.Constants`). Only those that are read by name. */
export const HESSIAN2: u32 = 2;
export const FASTJSON: u32 = 6;
/** Caucho's own library in place of Dubbo's fork: the same bytes. */
export const NATIVE_HESSIAN: u32 = 10;
export const GSON: u32 = 16;
export const PROTOBUF_JSON: u32 = 21;
export const PROTOBUF: u32 = 22;
export const FASTJSON2: u32 = 23;

/** How a serialization writes the texts in front of the arguments. */
export enum Form {
  /** By a rule that needs the whole library: Java's own, Kryo, FST, … */
  UNKNOWN,
  HESSIAN2,
  /** A JSON text per line. */
  JSON_LINE,
  /** A 4-byte length and that many bytes of JSONB. */
  JSONB,
  /** A length-prefixed google.protobuf.StringValue. */
  STRING_VALUE,
}

/** Whether what lies behind the arguments can be found: of these serializations only Hessian2 can be passed over without the classes. */
export function showsAttachments(serialization: u32): bool {
  return formOf(serialization) == Form.HESSIAN2;
}

export function formOf(serialization: u32): Form {
  if (serialization == HESSIAN2 || serialization == NATIVE_HESSIAN) return Form.HESSIAN2;
  if (serialization == FASTJSON2) return Form.JSONB;
  if (serialization == PROTOBUF) return Form.STRING_VALUE;
  if (serialization == FASTJSON || serialization == GSON || serialization == PROTOBUF_JSON) return Form.JSON_LINE;
  return Form.UNKNOWN;
}
