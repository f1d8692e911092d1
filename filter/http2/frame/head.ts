/**
 * The head of every frame (RFC 9113 section 4.1):
 *
 *     [ length u24 | type u8 | flags u8 | R 1 bit, stream identifier 31 bits ]
 */
export const FRAME_HEAD_BYTES: usize = 9;

const LENGTH_AND_TYPE: usize = 0;
const FLAGS: usize = 4;
const STREAM: usize = 5;

export enum FrameType {
  DATA = 0x0,
  HEADERS = 0x1,
  PRIORITY = 0x2,
  RST_STREAM = 0x3,
  SETTINGS = 0x4,
  PUSH_PROMISE = 0x5,
  PING = 0x6,
  GOAWAY = 0x7,
  WINDOW_UPDATE = 0x8,
  CONTINUATION = 0x9,
}

export const END_STREAM: u32 = 0x1;
export const ACK: u32 = 0x1;
export const END_HEADERS: u32 = 0x4;
export const PADDED: u32 = 0x8;
export const PRIORITY: u32 = 0x20;

export function frameLength(head: usize): u32 {
  return bswap<u32>(load<u32>(head + LENGTH_AND_TYPE)) >> 8;
}

export function frameType(head: usize): FrameType {
  return load<u8>(head + LENGTH_AND_TYPE, 3);
}

export function frameFlags(head: usize): u32 {
  return load<u8>(head + FLAGS);
}

export function frameStream(head: usize): u32 {
  return bswap<u32>(load<u32>(head + STREAM)) & 0x7fff_ffff;
}

/** Writes a head and returns the address after it. */
export function writeHead(out: usize, length: u32, type: FrameType, flags: u32, stream: u32): usize {
  store<u32>(out + LENGTH_AND_TYPE, bswap<u32>((length << 8) | type));
  store<u8>(out + FLAGS, <u8>flags);
  store<u32>(out + STREAM, bswap<u32>(stream));
  return out + FRAME_HEAD_BYTES;
}
