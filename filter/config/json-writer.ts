/** JSON text in memory that grows; for `explain`, which runs in no one's way. */
let buffer: usize = 0;
let capacity: usize = 0;
let length: usize = 0;

/** Bytes kept free in front for whoever wants to say how long the text is. */
const HEAD_BYTES: usize = 4;

export function beginOutput(): void {
  length = HEAD_BYTES;
}

/** Address of [ length u32 | text ]; stands until the next output begins. */
export function endOutput(): usize {
  need(0);
  store<u32>(buffer, <u32>(length - HEAD_BYTES));
  return buffer;
}

/** Structure and keys: ASCII. */
export function raw(text: string): void {
  need(text.length);
  for (let i = 0; i < text.length; i++) store<u8>(buffer + length++, <u8>text.charCodeAt(i));
}

/** A string, or null where there is none. */
export function writeText(address: usize, bytes: u32): void {
  if (!address) {
    raw("null");
    return;
  }
  // The longest escape takes six bytes.
  need(<usize>bytes * 6 + 2);
  put(0x22);
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = load<u8>(address + i);
    if (byte == 0x22 || byte == 0x5c) put(0x5c);
    if (byte < 0x20) {
      raw("\\u00");
      put(hexDigit(byte >> 4));
      put(hexDigit(byte & 15));
    } else {
      put(byte);
    }
  }
  put(0x22);
}

export function writeInteger(value: i64): void {
  need(20);
  if (value < 0) put(0x2d);
  // The absolute value of the most negative number fits u64 only.
  writeDigits(value < 0 ? ~(<u64>value) + 1 : <u64>value);
}

function writeDigits(value: u64): void {
  if (value >= 10) writeDigits(value / 10);
  put(0x30 + <u8>(value % 10));
}

function hexDigit(value: u8): u8 {
  return value < 10 ? 0x30 + value : 0x57 + value;
}

function put(byte: u8): void {
  store<u8>(buffer + length++, byte);
}

function need(bytes: usize): void {
  if (buffer && capacity - length >= bytes) return;
  capacity = (length + bytes) * 2;
  const larger = heap.alloc(capacity);
  if (buffer) {
    memory.copy(larger, buffer, length);
    heap.free(buffer);
  }
  buffer = larger;
}
