/** How a message lies in the bytes of a connection. */
export enum Transport {
  /** Behind its length. */
  FRAMED,
  /** As it is: where it ends, only reading it to its end can say. */
  UNFRAMED,
  /** Behind its length and THeader's head. */
  HEADER,
}

/** How a message and its values are written. */
export enum Protocol {
  /** TBinaryProtocol with the version in front, as all write it today ("strict"). */
  BINARY,
  /** TBinaryProtocol as it was before it had a version. */
  OLD_BINARY,
  /** TCompactProtocol. */
  COMPACT,
  /** Within THeader: compressed, encrypted, or in a protocol that this codec does not know. */
  UNREADABLE,
}

/** What a reply needs to know of its call, in one number: `Message.dialect`. */
export function dialectOf(transport: Transport, protocol: Protocol): u32 {
  return transport | (protocol << 2);
}

export function transportOf(dialect: u32): Transport {
  return dialect & 3;
}

export function protocolOf(dialect: u32): Protocol {
  return dialect >> 2;
}

/** TMessageType. */
export const CALL: u32 = 1;
export const REPLY: u32 = 2;
export const EXCEPTION: u32 = 3;
export const ONE_WAY: u32 = 4;

/** The first two bytes of a message in TBinaryProtocol. */
export const BINARY_VERSION: u32 = 0x8001;
/** The first byte of a message in TCompactProtocol; the second has its version in the low five bits, and the type above them. */
export const COMPACT_ID: u32 = 0x82;
export const COMPACT_VERSION: u32 = 1;
/** THeader's first two bytes behind the length. */
export const HEADER_MAGIC: u32 = 0x0fff;

/** Whether a message in TCompactProtocol begins with these four bytes (big-endian). */
export function isCompact(word: u32): bool {
  return word >> 24 == COMPACT_ID && ((word >> 16) & 0x1f) == COMPACT_VERSION;
}
