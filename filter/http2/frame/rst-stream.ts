import { FRAME_HEAD_BYTES, FrameType, writeHead } from "./head";

/** RFC 9113 section 6.4: [ error code u32 ]. */
const RST_STREAM_PAYLOAD_BYTES: u32 = 4;
export const RST_STREAM_BYTES: usize = FRAME_HEAD_BYTES + 4;

/** Section 7: the stream is no longer needed. */
const CANCEL: u32 = 0x8;

export function writeCancel(out: usize, stream: u32): usize {
  out = writeHead(out, RST_STREAM_PAYLOAD_BYTES, FrameType.RST_STREAM, 0, stream);
  store<u32>(out, bswap<u32>(CANCEL));
  return out + RST_STREAM_PAYLOAD_BYTES;
}
