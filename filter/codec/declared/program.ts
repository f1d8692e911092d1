/**
 * A declared protocol as the adapter compiles it (adapter/declared), all numbers little-endian:
 *
 *     head   HEAD_BYTES: the fields below
 *     ops    16 bytes each, in sections; a jump goes forward within its section, so that every run ends
 *     pool   literals, sets of numbers, paths: what ops refer to by its offset in the program
 *
 *     op: [ code u8 | a u8 | b u8 | c u8 | x u32 | y u32 | z u32 ]
 *
 * `verify` checks all of it once. After that a run looks at nothing but the bytes of the message, and cannot leave the program.
 */
export const MAGIC: u32 = 0x3150444d; // MDP1
export const HEAD_BYTES: u32 = 112;
export const OP_BYTES: u32 = 16;

export const BYTES_AT: usize = 4;
export const OPS_AT: usize = 8;
export const OP_COUNT_AT: usize = 12;
/** Of each section [ first u16 | count u16 ]. */
export const SECTIONS_AT: usize = 16;
/** Declared names of attributes: [ offset u32 | length u32 ] each. */
export const NAMES_AT: usize = 44;
export const NAME_COUNT_AT: usize = 48;
/** Bytes of a call that an error reply repeats. */
export const ECHO_AT: usize = 52;
export const ECHO_BYTES_AT: usize = 56;
/** Bytes of a heartbeat that its answer repeats: `Message.dialect`. */
export const DIALECT_AT: usize = 60;
export const DIALECT_BYTES_AT: usize = 64;
/** The protocol's status for each ReplyCode up to ABORTED; the others are of protocols whose calls belong together. */
export const CODES_AT: usize = 68;
/** The status for ReplyCode.DENIED; 0: that of BAD_REQUEST. */
export const DENIED_CODE_AT: usize = 100;
/** 1: answers come in the order of their calls. */
export const ORDERED_AT: usize = 96;

export enum Section {
  /** Framing and kind of what clients send. */
  REQUEST_HEAD,
  ANSWER_HEAD,
  /** What stands behind the head. */
  REQUEST_BODY,
  ANSWER_BODY,
  /** The filter's own messages. */
  ERROR,
  HEARTBEAT_ANSWER,
  GOING_AWAY,
}
export const SECTION_COUNT: u32 = 7;

/**
 * What an op does. `x` is an offset in the message, counted from its first byte, or from the first behind the head where `c` is 1; a number
 * has `a` bytes (1 to 8), little-endian where `b` is 1, and counts as what is left of it by the mask at `y` (0: all of it), moved down.
 */
export enum Op {
  /** The `z` bytes of the pool at `y` stand at `x`. */
  MAGIC = 1,
  /** The head has `x` bytes. */
  NEED,
  /** The number is added to the length. */
  LENGTH,
  /** A varint at `x` is added to the length; the head ends behind it. */
  VARINT_LENGTH,
  /** `x` (i32) is added to the length, and with `a` the head's length: that is the message. */
  TOTAL,
  /** The message ends with the `z` bytes at `y`; it has `x` bytes at most. */
  LINE,
  /** Goes to op `z` unless the number is in the set at `y`: [ mask u64 | count u64 | numbers u64 … ]. */
  TEST,
  /** Goes to op `z` unless the `a` bytes at `y` stand at `x`. */
  TEST_BYTES,
  /** The message is of kind `a`; goes to op `z`. */
  KIND,
  /** It is of no kind. */
  REFUSE,
  ID,
  STATUS,
  /** The status means success if it is in the set at `y`. */
  OK_SET,
  /** `a`: whether it is a success; the status is `x`. */
  OK,

  /** Body: where nothing of `z` is wanted, it ends. Each of the following is passed over unless some of its `z` is wanted. */
  STOP = 32,
  /** The part is the `y` bytes at `x`. */
  AT,
  /** The part is the next `y` bytes. */
  FIXED,
  /** The part is as long as the number says. */
  BY_NUMBER,
  /** The part stands behind its length in a form (`Prefix`), `a`; `x` (i32) is added to that. */
  PREFIXED,
  /** The part ends before the `y` bytes at `x`, and the next one begins behind them. */
  UNTIL,
  /** The part is all that is left. */
  REST,
  /** The part is a number, little-endian where `b` is 1, by the mask at `y`. */
  NUMBER,
  /** Without zeros and spaces at its end. */
  TRIM,
  /** The value is word `a` of the part, which the `y` bytes at `x` divide; `c`: with all words behind it. */
  WORD,
  /** Keys in form `a`, values in form `b`, behind a count in form `c` (0: to the end of the part); `x`: names, `y`: flags. */
  PAIRS,
  /** The same as text: `y`, what stands between pairs, and between key and value [ offset u32 | length u32 ] each. */
  TEXT_PAIRS,
  /** By the path of `a` steps at `x`; `b`: compact Thrift; `c`: numbers have a sign. */
  PROTOBUF,
  PROTOBUF_MAP,
  JSON,
  JSON_MAP,
  THRIFT,
  THRIFT_MAP,
  /** The value becomes `a` (`Target`). */
  OUT,

  /** Reply: the `y` bytes at `x`. */
  PUT = 96,
  /** The id in `a` bytes, little-endian where `b` is 1; `a` 0: in decimal. */
  PUT_ID,
  /** The same of the status for the reason. */
  PUT_CODE,
  /** The text; `a`: on one line, without quotes and backslashes. */
  PUT_TEXT,
  /** `a` bytes of the call, from `x` of those kept on; of each the bits of `y`, and those of `z` besides. */
  PUT_ECHO,
  /** A length follows, in form `a`; what it counts ends with PUT_END. */
  PUT_BEGIN,
  /** `x` (i32) is added to the length. */
  PUT_END,
}

/** Where a value goes. */
export enum Target {
  SERVICE,
  METHOD,
  ID,
  STATUS,
  /** And the declared attributes behind it. */
  ATTRIBUTE = 16,
}

/** Bits of what is wanted of a body: `1 << builtin` for the declared attributes, and these. */
export const WANT_NAMED: u32 = 1 << 16;
export const WANT_NAMES: u32 = 1 << 17;
export const WANT_ID: u32 = 1 << 18;
export const WANT_STATUS: u32 = 1 << 19;

/** Flags of PAIRS: the next part begins behind them; their keys are names of attributes. */
export const PAIRS_END_PART: u32 = 1;
export const PAIRS_ARE_NAMED: u32 = 2;

/** Forms of lengths: 1 to 8 bytes, big-endian; the same | LITTLE; and these. */
export const LITTLE: u32 = 0x40;
export const VARINT: u32 = 0x80;
/** A short string of Hessian2: its length counts UTF-16 units. */
export const HESSIAN: u32 = 0x81;

export function sectionFirst(program: usize, section: Section): u32 {
  return load<u16>(program + ((<usize>section) << 2), SECTIONS_AT);
}

export function sectionCount(program: usize, section: Section): u32 {
  return load<u16>(program + ((<usize>section) << 2), SECTIONS_AT + 2);
}

export function opAt(program: usize, index: u32): usize {
  return program + load<u32>(program, OPS_AT) + <usize>index * OP_BYTES;
}

export function codeOf(op: usize): u32 {
  return load<u8>(op);
}
export function aOf(op: usize): u32 {
  return load<u8>(op, 1);
}
export function bOf(op: usize): u32 {
  return load<u8>(op, 2);
}
export function cOf(op: usize): u32 {
  return load<u8>(op, 3);
}
export function xOf(op: usize): u32 {
  return load<u32>(op, 4);
}
export function yOf(op: usize): u32 {
  return load<u32>(op, 8);
}
export function zOf(op: usize): u32 {
  return load<u32>(op, 12);
}
