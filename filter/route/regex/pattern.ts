import { decodeRune, NO_RUNE, runeBytes } from "./utf8";

/** The pattern being read: a cursor, the flags in force, and what is wrong with it. One at a time, so static registers. */
export let at: usize = 0;
export let end: usize = 0;
export let flags: u32 = 0;

/** Why the pattern was refused, and the piece of it that is at fault (none: address 0). Null: it was not. */
export let problem: string | null = null;
export let problemAt: usize = 0;
export let problemBytes: u32 = 0;

/** (?i), (?s) and (?m). (?U) only turns greed around, which a full match does not see. */
export enum Flag {
  FOLD_CASE = 1,
  DOT_MATCHES_NEWLINE = 2,
  MULTI_LINE = 4,
}

export function beginPattern(address: usize, length: u32): void {
  at = address;
  end = address + length;
  flags = 0;
  problem = null;
}

export function setFlags(value: u32): void {
  flags = value;
}

export function skip(bytes: usize): void {
  at += bytes;
}

export function moveTo(address: usize): void {
  at = address;
}

/** The byte at the cursor, 0 at the end. A 0 within the pattern takes the same way as any letter: it means nothing special. */
export function peek(offset: usize = 0): u8 {
  return at + offset < end ? load<u8>(at + offset) : 0;
}

export function atEnd(): bool {
  return at >= end;
}

/** Notes the first problem, with the pattern from `from` to the cursor. */
export function refuse(text: string, from: usize): void {
  if (problem) return;
  problem = text;
  problemAt = from;
  problemBytes = <u32>(min(at, end) - from);
}

/** The rune at the cursor, which moves on. NO_RUNE at bad UTF-8, which is noted, and at the end. */
export function nextRune(): u32 {
  if (at >= end) return NO_RUNE;
  const rune = decodeRune(at, end);
  if (rune == NO_RUNE) {
    refuse("not UTF-8", end);
    return NO_RUNE;
  }
  at += runeBytes(rune);
  return rune;
}
