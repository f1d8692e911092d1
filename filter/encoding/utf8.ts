/** Texts that the filter puts into replies: parts of them are what peers have sent, which may be any bytes. */

const REPLACEMENT: u32 = 0x3f; // ?
const SPACE: u32 = 0x20;

/** Bytes that the character `characterAt` read last takes. */
export let characterBytes: u32 = 0;

/** The character at `text`: a question mark for what is not UTF-8, a space for a control character. */
export function characterAt(text: usize, end: usize): u32 {
  const lead = <u32>load<u8>(text);
  characterBytes = 1;
  if (lead < 0x80) return lead < SPACE || lead == 0x7f ? SPACE : lead;
  const bytes: u32 = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (!bytes || end - text < bytes) return REPLACEMENT;
  let point = lead & (0x7f >> bytes);
  for (let i: u32 = 1; i < bytes; i++) {
    const next = <u32>load<u8>(text + i);
    if ((next & 0xc0) != 0x80) return REPLACEMENT;
    point = (point << 6) | (next & 0x3f);
  }
  const tooLong = bytes == 3 ? point < 0x800 : bytes == 4 && point < 0x10000;
  if (tooLong || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return REPLACEMENT;
  characterBytes = bytes;
  return point;
}

/** Writes `text` as UTF-8, at most `room` bytes of whole characters, and returns the bytes written. */
export function writeUtf8(out: usize, room: u32, text: usize, textBytes: u32): u32 {
  const end = text + textBytes;
  let written: u32 = 0;
  while (text < end) {
    const point = characterAt(text, end);
    const width: u32 = point < 0x80 ? 1 : characterBytes;
    if (written + width > room) break;
    if (width == 1) store<u8>(out + written, point);
    else memory.copy(out + written, text, width);
    written += width;
    text += characterBytes;
  }
  return written;
}
