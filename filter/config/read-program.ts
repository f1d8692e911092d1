import { MAX_PROGRAM_BYTES, verify } from "../codec/declared/codec";
import { reserveProgram, setProgram } from "../route/builder";
import { readString, text, textBytes } from "./json";
import { fail } from "./problem";

const PADDING: u32 = 0x3d;
const NO_DIGIT: u32 = 64;

/** Reads the program of a declared protocol, in base64 (RFC 4648 section 4). */
export function readProgram(): bool {
  if (!readString()) return false;
  const bytes = (textBytes >> 2) * 3;
  if (textBytes & 3 || bytes == 0 || bytes > MAX_PROGRAM_BYTES + 2) return fail("not base64 of a program's length");
  const program = reserveProgram(bytes);
  let padding: u32 = 0;
  for (let at: u32 = 0; at < textBytes; at += 4) {
    let group: u32 = 0;
    for (let i: u32 = 0; i < 4; i++) {
      const letter = <u32>load<u8>(text + at + i);
      const ends = letter == PADDING && at + 4 == textBytes && i >= 2;
      const digit = ends ? 0 : digitOf(letter);
      if (digit == NO_DIGIT || (padding && !ends)) return fail("not base64");
      if (ends) padding++;
      group = (group << 6) | digit;
    }
    const out = program + <usize>(at >> 2) * 3;
    store<u8>(out, group >> 16);
    store<u8>(out, group >> 8, 1);
    store<u8>(out, group, 2);
  }
  if (!verify(program, bytes - padding)) return fail("not a program that this filter can run safely");
  setProgram(program);
  return true;
}

function digitOf(letter: u32): u32 {
  if (letter >= 0x41 && letter <= 0x5a) return letter - 0x41;
  if (letter >= 0x61 && letter <= 0x7a) return letter - 0x61 + 26;
  if (letter >= 0x30 && letter <= 0x39) return letter - 0x30 + 52;
  return letter == 0x2b ? 62 : letter == 0x2f ? 63 : NO_DIGIT;
}
