import { FRAME_HEAD_BYTES, FrameType, writeHead } from "./head";

/** RFC 9113 section 6.4: [ error code u32 ]. */
export const RST_STREAM_PAYLOAD_BYTES: u32 = 4;
export const RST_STREAM_BYTES: usize = FRAME_HEAD_BYTES + 4;

/** RFC 9113 section 7, those that the filter says. */
export enum ErrorCode {
  NO_ERROR = 0x0,
  CANCEL = 0x8,
}

export function writeRstStream(out: usize, stream: u32, code: ErrorCode): usize {
  out = writeHead(out, RST_STREAM_PAYLOAD_BYTES, FrameType.RST_STREAM, 0, stream);
  store<u32>(out, bswap<u32>(code));
  return out + RST_STREAM_PAYLOAD_BYTES;
}
