/** Text that the filter itself writes: string literals, all ASCII. Reading a literal allocates nothing. */
export function writeAscii(out: usize, text: string): usize {
  for (let i = 0; i < text.length; i++) store<u8>(out + i, <u8>text.charCodeAt(i));
  return out + text.length;
}

/** The bytes of a literal, kept for the life of the VM: for module-level constants. */
export function asciiOf(text: string): usize {
  const bytes = heap.alloc(text.length);
  writeAscii(bytes, text);
  return bytes;
}

export function writeDecimal(out: usize, value: u64): usize {
  let digits: usize = 1;
  for (let rest = value / 10; rest; rest /= 10) digits++;
  for (let at = out + digits; at > out; value /= 10) store<u8>(--at, <u8>(0x30 + (value % 10)));
  return out + digits;
}

export function writeSigned(out: usize, value: i64): usize {
  if (value >= 0) return writeDecimal(out, value);
  store<u8>(out, 0x2d); // -
  return writeDecimal(out + 1, <u64>0 - <u64>value);
}
