import { FRAME_HEAD_BYTES, FrameType, writeHead } from "./head";

/** RFC 9113 section 6.9: [ R 1 bit, increment 31 bits ]. */
export const WINDOW_UPDATE_PAYLOAD_BYTES: u32 = 4;
export const WINDOW_UPDATE_BYTES: usize = FRAME_HEAD_BYTES + 4;

export function windowIncrement(payload: usize): u32 {
  return bswap<u32>(load<u32>(payload)) & 0x7fff_ffff;
}

export function writeWindowUpdate(out: usize, stream: u32, increment: u32): usize {
  out = writeHead(out, WINDOW_UPDATE_PAYLOAD_BYTES, FrameType.WINDOW_UPDATE, 0, stream);
  store<u32>(out, bswap<u32>(increment));
  return out + WINDOW_UPDATE_PAYLOAD_BYTES;
}
