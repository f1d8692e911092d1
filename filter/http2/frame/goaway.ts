/** RFC 9113 section 6.8: [ R 1 bit, last stream identifier 31 bits | error code u32 | debug data ]. */
export const GOAWAY_FIXED_BYTES: u32 = 8;

/** No stream is beyond it: the sender will say later which one was its last. */
export const ANY_STREAM: u32 = 0x7fff_ffff;

export function lastStream(payload: usize): u32 {
  return bswap<u32>(load<u32>(payload)) & 0x7fff_ffff;
}
