const DIGITS: usize = memory.data<u8>([
  0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51, 0x52, 0x53,
  0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c,
  0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x30, 0x31, 0x32, 0x33, 0x34,
  0x35, 0x36, 0x37, 0x38, 0x39, 0x2b, 0x2f,
]);
const PADDING: u32 = 0x3d;

/** Bytes that `writeBase64` writes of so many. */
export function base64Bytes(bytes: u32): u32 {
  return ((bytes + 2) / 3) << 2;
}

/** RFC 4648 section 4, padded; returns where it ends. */
export function writeBase64(out: usize, from: usize, bytes: u32): usize {
  for (let at: u32 = 0; at < bytes; at += 3, out += 4) {
    const left = bytes - at;
    const second = left > 1 ? <u32>load<u8>(from + at, 1) : 0;
    const third = left > 2 ? <u32>load<u8>(from + at, 2) : 0;
    const bits = ((<u32>load<u8>(from + at)) << 16) | (second << 8) | third;
    const first3 = digit(bits >> 18) | (digit((bits >> 12) & 63) << 8);
    const last = left > 2 ? digit(bits & 63) : PADDING;
    store<u32>(out, first3 | ((left > 1 ? digit((bits >> 6) & 63) : PADDING) << 16) | (last << 24));
  }
  return out;
}

function digit(value: u32): u32 {
  return load<u8>(DIGITS + value);
}
