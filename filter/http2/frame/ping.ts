import { FRAME_HEAD_BYTES, FrameType, writeHead } from "./head";

/** RFC 9113 section 6.7: eight bytes that the acknowledgement repeats. */
export const PING_PAYLOAD_BYTES: u32 = 8;
export const PING_BYTES: usize = FRAME_HEAD_BYTES + 8;

export function writePing(out: usize, flags: u32, payload: u64): usize {
  out = writeHead(out, PING_PAYLOAD_BYTES, FrameType.PING, flags, 0);
  store<u64>(out, payload);
  return out + PING_PAYLOAD_BYTES;
}
