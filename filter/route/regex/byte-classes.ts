import { EDGE_BYTES, Program } from "./program";
import { Assertion } from "./syntax";

/** Class of each byte: bytes that no edge and no assertion of the program tells apart have one class. */
export const classOf: usize = memory.data(256);

/** One byte of each class. */
export const representatives: usize = memory.data(256);

/** Whether a class begins at a byte. */
const begins: usize = memory.data(257);

/** Divides the bytes into classes and says how many there are. */
export function divideBytes(program: Program): u32 {
  memory.fill(begins, 0, 257);
  for (let i: u32 = 0; i < program.edgeCount; i++) {
    const edge = program.edges + <usize>i * EDGE_BYTES;
    tellApart(load<u8>(edge), load<u8>(edge, 1));
  }
  if (program.assertions & (Assertion.BEGIN_LINE | Assertion.END_LINE)) tellApart(0x0a, 0x0a);
  if (program.assertions & (Assertion.WORD_BOUNDARY | Assertion.NO_WORD_BOUNDARY)) {
    tellApart(0x30, 0x39);
    tellApart(0x41, 0x5a);
    tellApart(0x5f, 0x5f);
    tellApart(0x61, 0x7a);
  }
  let count: u32 = 0;
  for (let byte: u32 = 0; byte < 256; byte++) {
    if (byte == 0 || load<u8>(begins + byte)) {
      store<u8>(representatives + count, byte);
      count++;
    }
    store<u8>(classOf + byte, count - 1);
  }
  return count;
}

function tellApart(low: u8, high: u8): void {
  store<u8>(begins + low, 1);
  store<u8>(begins + high, 1, 1);
}
