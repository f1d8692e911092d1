import { base64Bytes, writeBase64 } from "../encoding/base64";
import { asciiOf, writeAscii, writeDecimal } from "../memory/ascii";
import { END_HEADERS, FRAME_HEAD_BYTES, FrameType, writeHead } from "./frame/head";

/** RFC 7541 appendix A. */
const STATIC_AUTHORITY: u8 = 1;
const STATIC_METHOD: u8 = 2;
const NEW_NAME: u8 = 0;

const FIXED_BYTES: usize = 9 + 11 + 19;
const fixed: usize = heap.alloc(FIXED_BYTES);
writeFixed();

const HOST_HEADER_BYTES: u32 = 16;
const hostHeader: usize = asciiOf("x-meltemi-host");
const HOST_NAME_BYTES: u32 = 14;

/** Most bytes that `writeConnect` writes besides the names of the cluster and of the host. */
export const CONNECT_OVERHEAD_BYTES: usize = FRAME_HEAD_BYTES + FIXED_BYTES + 6;

const bucketHeader: usize = asciiOf("x-meltemi-hash");
const BUCKET_NAME_BYTES: u32 = 14;

/** Most bytes that a bucket's number takes. */
export const BUCKET_ROOM: usize = 2 + 14 + 1 + 10;

/** Most bytes that the host's name takes. */
export function wantedHostRoom(hostBytes: u32): usize {
  return HOST_HEADER_BYTES + 6 + base64Bytes(hostBytes);
}

/**
 * The request that opens a tunnel (RFC 9113 section 8.5): CONNECT without :scheme and :path, and the header by which HCM's
 * only route picks the cluster. With a host (`hostBytes` not 0) a second one, by which HCM's session filter picks that host of the
 * cluster, if it is there and healthy. With a bucket (one more than its number, or 0) the header by which hosts are picked where the cluster
 * has a consistent hash. All fields are literals without indexing and without Huffman coding.
 */
export function writeConnect(
  out: usize,
  stream: u32,
  cluster: usize,
  clusterBytes: u32,
  host: usize,
  hostBytes: u32,
  bucket: u32,
): usize {
  const block = out + FRAME_HEAD_BYTES;
  memory.copy(block, fixed, FIXED_BYTES);
  const value = writeLength(block + FIXED_BYTES, clusterBytes);
  memory.copy(value, cluster, clusterBytes);
  let end = value + clusterBytes;
  if (hostBytes) {
    store<u8>(end, NEW_NAME);
    store<u8>(end, <u8>HOST_NAME_BYTES, 1);
    memory.copy(end + 2, hostHeader, HOST_NAME_BYTES);
    end = writeBase64(writeLength(end + HOST_HEADER_BYTES, base64Bytes(hostBytes)), host, hostBytes);
  }
  if (bucket) end = writeBucket(end, bucket - 1);
  writeHead(out, <u32>(end - block), FrameType.HEADERS, END_HEADERS, stream);
  return end;
}

function writeBucket(out: usize, bucket: u32): usize {
  store<u8>(out, NEW_NAME);
  store<u8>(out, <u8>BUCKET_NAME_BYTES, 1);
  memory.copy(out + 2, bucketHeader, BUCKET_NAME_BYTES);
  const value = out + 2 + BUCKET_NAME_BYTES + 1;
  const end = writeDecimal(value, bucket);
  store<u8>(value - 1, <u8>(end - value));
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
