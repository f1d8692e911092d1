import { Detection } from "../detection";

/** Whether a connection's first bytes are an array of bulk strings, `*2\r\n$…`. Inline commands are too much like anything. */
export function detect(p: usize, n: u32): Detection {
  if (load<u8>(p) != 0x2a) return Detection.NO;
  let at: u32 = 1;
  while (at < n && at < 9 && <u32>load<u8>(p + at) - 0x30 < 10) at++;
  if (at < n && (at == 1 || at == 9)) return Detection.NO;
  if (at < n && load<u8>(p + at) != 0x0d) return Detection.NO;
  if (at + 1 < n && load<u8>(p + at, 1) != 0x0a) return Detection.NO;
  if (at + 2 < n) return load<u8>(p + at, 2) == 0x24 ? Detection.YES : Detection.NO;
  return Detection.MORE;
}
