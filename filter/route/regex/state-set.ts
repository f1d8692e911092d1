import { Code, EDGE_BYTES, instructionAt, Program } from "./program";
import { Assertion } from "./syntax";

/**
 * A set of instructions in two arrays that need no clearing (Briggs and Torczon): `dense` lists the members, `sparse` says
 * where each is listed.
 *
 *     members: [ dense u16 × capacity | sparse u16 × capacity ]
 */
@unmanaged
export class StateSet {
  members: usize;
  capacity: u32;
  count: u32;
}

export const SET_ENTRY_BYTES: usize = 4;

/** What stands before a place. */
export enum Before {
  /** Nothing: the text begins here. */
  BEGIN = 1,
  NEWLINE = 2,
  WORD = 4,
}

export const END_OF_TEXT: i32 = -1;

export function memberAt(set: StateSet, index: u32): u32 {
  return load<u16>(set.members + ((<usize>index) << 1));
}

export function hasMember(set: StateSet, instruction: u32): bool {
  const index = <u32>load<u16>(set.members + ((<usize>(set.capacity + instruction)) << 1));
  return index < set.count && memberAt(set, index) == instruction;
}

export function addMember(set: StateSet, instruction: u32): void {
  if (hasMember(set, instruction)) return;
  store<u16>(set.members + ((<usize>set.count) << 1), instruction);
  store<u16>(set.members + ((<usize>(set.capacity + instruction)) << 1), set.count);
  set.count++;
}

/** Adds all that follows without reading a byte, past splits and the assertions that hold. */
export function close(set: StateSet, program: Program, holding: u32): void {
  for (let i: u32 = 0; i < set.count; i++) {
    const at = instructionAt(program, memberAt(set, i));
    const code = load<u32>(at);
    if (code == Code.SPLIT) {
      addMember(set, load<u32>(at, 4));
      addMember(set, load<u32>(at, 8));
    } else if (code == Code.ASSERT && load<u32>(at, 4) & holding) {
      addMember(set, load<u32>(at, 8));
    }
  }
}

/** Makes `next` what `current` becomes by reading a byte. */
export function step(program: Program, current: StateSet, next: StateSet, before: u32, byte: u8): void {
  if (program.assertions) close(current, program, holdingBetween(before, byte));
  next.count = 0;
  for (let i: u32 = 0; i < current.count; i++) {
    const at = instructionAt(program, memberAt(current, i));
    if (load<u32>(at) != Code.BYTE) continue;
    let edge = program.edges + <usize>load<u32>(at, 4) * EDGE_BYTES;
    const end = edge + <usize>load<u32>(at, 8) * EDGE_BYTES;
    for (; edge < end; edge += EDGE_BYTES) {
      if (load<u8>(edge) <= byte && byte <= load<u8>(edge, 1)) addMember(next, load<u16>(edge, 2));
    }
  }
  close(next, program, 0);
}

/** Whether the text may end here. */
export function acceptsEnd(program: Program, current: StateSet, before: u32): bool {
  if (program.assertions) close(current, program, holdingBetween(before, END_OF_TEXT));
  return hasMember(current, 0);
}

/** What stands before the place behind `byte`; always 0 where the program does not ask. */
export function beforeAfter(program: Program, byte: u8): u32 {
  if (!program.assertions) return 0;
  return byte == 0x0a ? Before.NEWLINE : isWord(byte) ? Before.WORD : 0;
}

/** The assertions that hold between what stands before and the byte that follows. */
function holdingBetween(before: u32, byte: i32): u32 {
  let holding: u32 = 0;
  if (before & Before.BEGIN) holding |= Assertion.BEGIN_TEXT | Assertion.BEGIN_LINE;
  if (before & Before.NEWLINE) holding |= Assertion.BEGIN_LINE;
  if (byte == END_OF_TEXT) holding |= Assertion.END_TEXT | Assertion.END_LINE;
  if (byte == 0x0a) holding |= Assertion.END_LINE;
  const wordBefore = (before & Before.WORD) != 0;
  const wordAfter = byte != END_OF_TEXT && isWord(<u8>byte);
  return holding | (wordBefore != wordAfter ? Assertion.WORD_BOUNDARY : Assertion.NO_WORD_BOUNDARY);
}

/** RE2: ASCII letters, digits and the underscore. */
function isWord(byte: u8): bool {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte == 0x5f;
}
