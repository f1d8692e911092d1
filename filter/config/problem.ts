import { MAX_PROBLEM_BYTES } from "../memory/limits";

/**
 * Where in the configuration the reader is, and what it found wrong there, as text: "virtual_hosts[3].name: missing".
 *
 *     level: [ key address u32 | key length u32 | fields seen u32 ]
 *     of a list: [ ELEMENT | index u32 | 0 ]           before the first field or element: all 0
 */
const ELEMENT: usize = 1;
const LEVEL_BYTES: usize = 12;
const levels: usize = memory.data(16 * 12);
let depth: u32 = 0;

/** The text of the first problem; 0 bytes: there is none. */
export const configError: usize = memory.data(1024);
export let configErrorBytes: u32 = 0;

/** A problem was found: nothing that was read since counts. */
export let failed: bool = false;

export function beginPath(): void {
  depth = 0;
  failed = false;
  configErrorBytes = 0;
}

/** The schema has thirteen levels, and what is unknown is not entered: sixteen are never needed. */
export function enterLevel(): void {
  const level = levels + <usize>depth * LEVEL_BYTES;
  memory.fill(level, 0, LEVEL_BYTES);
  depth++;
}

/** Leaves a level and says which of its fields were seen. */
export function leaveLevel(): u32 {
  depth--;
  return load<u32>(levels + <usize>depth * LEVEL_BYTES, 8);
}

export function setField(key: usize, length: u32): void {
  const level = levels + <usize>(depth - 1) * LEVEL_BYTES;
  store<u32>(level, <u32>key);
  store<u32>(level, length, 4);
}

export function setElement(index: u32): void {
  setField(ELEMENT, index);
}

/** Marks field number `bit` of the innermost object as seen. False: it was seen before. */
export function markSeen(bit: u32): bool {
  const level = levels + <usize>(depth - 1) * LEVEL_BYTES;
  const seen = load<u32>(level, 8);
  store<u32>(level, seen | ((<u32>1) << bit), 8);
  return !(seen & ((<u32>1) << bit));
}

/** Notes the first problem, at the place where the reader is. Always false. */
export function fail(text: string): bool {
  return failWith(text, 0, 0);
}

/** The same with the piece of the input that is at fault. */
export function failWith(text: string, piece: usize, pieceBytes: u32): bool {
  return failAtWith("", text, piece, pieceBytes);
}

/** Notes that a field of the object just left is not there. Always false. */
export function failMissing(field: string): bool {
  return failAt(field, "missing");
}

/** Notes a problem of a field of the object just left. Always false. */
export function failAt(field: string, text: string): bool {
  return failAtWith(field, text, 0, 0);
}

/** The same with the piece of the input that is at fault. */
export function failAtWith(field: string, text: string, piece: usize, pieceBytes: u32): bool {
  if (failed) return false;
  failed = true;
  writePath();
  if (field.length > 0) {
    if (configErrorBytes > 0) write(".");
    write(field);
  }
  if (configErrorBytes > 0) write(": ");
  write(text);
  if (pieceBytes > 0) {
    write(": ");
    writeBytes(piece, pieceBytes);
  }
  return false;
}

function writePath(): void {
  for (let i: u32 = 0; i < depth; i++) {
    const level = levels + <usize>i * LEVEL_BYTES;
    const key = <usize>load<u32>(level);
    const length = load<u32>(level, 4);
    if (key == ELEMENT) {
      write("[");
      writeNumber(length);
      write("]");
    } else if (key) {
      if (configErrorBytes > 0) write(".");
      writeBytes(key, length);
    }
  }
}

/** Messages are ASCII. */
function write(text: string): void {
  for (let i = 0; i < text.length; i++) writeByte(<u8>text.charCodeAt(i));
}

/** Cuts what is too long, never within a rune. */
function writeBytes(address: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(address + i);
    if ((byte & 0xc0) != 0x80 && configErrorBytes + 8 > MAX_PROBLEM_BYTES) return;
    writeByte(byte);
  }
}

function writeByte(byte: u8): void {
  if (configErrorBytes < MAX_PROBLEM_BYTES) store<u8>(configError + configErrorBytes++, byte);
}

function writeNumber(number: u32): void {
  if (number >= 10) writeNumber(number / 10);
  writeByte(0x30 + <u8>(number % 10));
}
