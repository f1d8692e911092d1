import { writeAscii } from "../memory/ascii";
import { END_HEADERS, FRAME_HEAD_BYTES, FrameType, writeHead } from "./frame/head";

/** RFC 7541 appendix A. */
const STATIC_AUTHORITY: u8 = 1;
const STATIC_METHOD: u8 = 2;
const NEW_NAME: u8 = 0;

const FIXED_BYTES: usize = 9 + 11 + 19;
const fixed: usize = heap.alloc(FIXED_BYTES);
writeFixed();

/** Most bytes that `writeConnect` writes besides the cluster's name. */
export const CONNECT_OVERHEAD_BYTES: usize = FRAME_HEAD_BYTES + FIXED_BYTES + 6;

/**
 * The request that opens a tunnel (RFC 9113 section 8.5): CONNECT without :scheme and :path, and the header by which HCM's
 * only route picks the cluster. All fields are literals without indexing and without Huffman coding.
 */
export function writeConnect(out: usize, stream: u32, cluster: usize, clusterBytes: u32): usize {
  const block = out + FRAME_HEAD_BYTES;
  memory.copy(block, fixed, FIXED_BYTES);
  const value = writeLength(block + FIXED_BYTES, clusterBytes);
  memory.copy(value, cluster, clusterBytes);
  const end = value + clusterBytes;
  writeHead(out, <u32>(end - block), FrameType.HEADERS, END_HEADERS, stream);
  return end;
}

function writeFixed(): void {
  let out = fixed;
  store<u8>(out, STATIC_METHOD);
  out = writeShort(out + 1, "CONNECT");
  store<u8>(out, STATIC_AUTHORITY);
  out = writeShort(out + 1, "meltemi:1");
  store<u8>(out, NEW_NAME);
  writeShort(out + 1, "x-meltemi-cluster");
}

function writeShort(out: usize, text: string): usize {
  store<u8>(out, <u8>text.length);
  return writeAscii(out + 1, text);
}

/** RFC 7541 section 5.1: an integer with a 7-bit prefix, behind the bit that says "no Huffman coding". */
function writeLength(out: usize, length: u32): usize {
  if (length < 0x7f) {
    store<u8>(out, <u8>length);
    return out + 1;
  }
  store<u8>(out++, 0x7f);
  let rest = length - 0x7f;
  while (rest >= 0x80) {
    store<u8>(out++, <u8>(rest | 0x80));
    rest >>= 7;
  }
  store<u8>(out, <u8>rest);
  return out + 1;
}
