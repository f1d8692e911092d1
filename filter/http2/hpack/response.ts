import { asciiOf } from "../../memory/ascii";
import { decodeHuffman, HUFFMAN_INVALID } from "./huffman";

/**
 * The response headers of a tunnel, as far as the filter needs them: `:status`, and the two headers that HCM's route adds
 * (x-meltemi-upstream-host, x-meltemi-response-flags). All others are passed over. We announced a dynamic table of size 0, so
 * each block stands for itself.
 */
@unmanaged
export class ResponseHeaders {
  status: u32;
  host: usize;
  hostBytes: u32;
  flags: usize;
  flagsBytes: u32;
}

/** The register that `decodeResponseHeaders` fills; its addresses are valid until the next decode. */
export const responseHeaders: ResponseHeaders = changetype<ResponseHeaders>(memory.data(32));

const TEXT_BYTES: u32 = 1024;
const nameText: usize = memory.data(1024);
const hostText: usize = memory.data(1024);
const flagsText: usize = memory.data(1024);
const otherText: usize = memory.data(1024);

const HOST_NAME_BYTES: u32 = 23;
const hostName: usize = asciiOf("x-meltemi-upstream-host");
const FLAGS_NAME_BYTES: u32 = 24;
const flagsName: usize = asciiOf("x-meltemi-response-flags");

/** RFC 7541 appendix A: entries 8 to 14 are :status with these values. */
const STATUS_INDEX: u32 = 8;
const LAST_STATUS_INDEX: u32 = 14;
const staticStatus: usize = memory.data<u16>([200, 204, 206, 304, 400, 404, 500]);

let cursor: usize = 0;
let end: usize = 0;
let valid: bool = true;

/** Fills `responseHeaders`; false if the block is not valid HPACK. */
export function decodeResponseHeaders(block: usize, bytes: u32): bool {
  memory.fill(changetype<usize>(responseHeaders), 0, offsetof<ResponseHeaders>());
  cursor = block;
  end = block + bytes;
  valid = true;
  while (valid && cursor < end) field();
  return valid && responseHeaders.status != 0;
}

function field(): void {
  const first = <u32>load<u8>(cursor);
  if (first & 0x80) {
    const index = integer(7);
    if (index == 0 || index > 61) valid = false;
    else if (index >= STATUS_INDEX && index <= LAST_STATUS_INDEX) {
      responseHeaders.status = load<u16>(staticStatus + ((<usize>(index - STATUS_INDEX)) << 1));
    }
    return;
  }
  if ((first & 0xe0) == 0x20) {
    // A change of the dynamic table's size; none but 0 is possible.
    integer(5);
    return;
  }
  // A literal, with incremental indexing (to a table of size 0, so without effect), without indexing, or never indexed.
  const index = integer(first & 0x40 ? 6 : 4);
  if (index > 61) valid = false;
  const isStatus = index >= STATUS_INDEX && index <= LAST_STATUS_INDEX;
  let isHost = false;
  let isFlags = false;
  if (index == 0) {
    const name = text(nameText);
    isHost = name == HOST_NAME_BYTES && memory.compare(nameText, hostName, HOST_NAME_BYTES) == 0;
    isFlags = name == FLAGS_NAME_BYTES && memory.compare(nameText, flagsName, FLAGS_NAME_BYTES) == 0;
  }
  const into = isHost ? hostText : isFlags ? flagsText : otherText;
  const length = text(into);
  if (!valid) return;
  if (isStatus) responseHeaders.status = statusOf(into, length);
  else if (isHost) {
    responseHeaders.host = into;
    responseHeaders.hostBytes = length;
  } else if (isFlags) {
    responseHeaders.flags = into;
    responseHeaders.flagsBytes = length;
  }
}

function statusOf(digits: usize, length: u32): u32 {
  if (length != 3) return 0;
  return (
    (<u32>load<u8>(digits) - 0x30) * 100 + (<u32>load<u8>(digits, 1) - 0x30) * 10 + (<u32>load<u8>(digits, 2) - 0x30)
  );
}

/** RFC 7541 section 5.1. */
function integer(prefixBits: u32): u32 {
  const mask: u32 = (1 << prefixBits) - 1;
  let value = <u32>load<u8>(cursor++) & mask;
  if (value < mask) return value;
  for (let shift: u32 = 0; shift <= 21; shift += 7) {
    if (cursor >= end) break;
    const byte = <u32>load<u8>(cursor++);
    value += (byte & 0x7f) << shift;
    if (!(byte & 0x80)) return value;
  }
  valid = false;
  return 0;
}

/**
 * RFC 7541 section 5.2: a string into `out`. One longer than TEXT_BYTES, or with an invalid code, counts as empty: what the
 * filter reads of these headers is short.
 */
function text(out: usize): u32 {
  if (cursor >= end) {
    valid = false;
    return 0;
  }
  const huffman = (load<u8>(cursor) & 0x80) != 0;
  const length = integer(7);
  if (!valid || length > <u32>(end - cursor)) {
    valid = false;
    return 0;
  }
  const from = cursor;
  cursor += length;
  if (!huffman) {
    if (length > TEXT_BYTES) return 0;
    memory.copy(out, from, length);
    return length;
  }
  const decoded = decodeHuffman(from, length, out, TEXT_BYTES);
  return decoded == HUFFMAN_INVALID ? 0 : decoded;
}
