import { integer, readInteger } from "./integer";

/** Longest time that can be set: what 32 bits of milliseconds tell apart from a time that has passed. */
export const MAX_DURATION_MS: u32 = 0x7fff_ffff;

/** All of a share. */
export const MILLION: u32 = 1_000_000;

/** The number that is next, of 0 to `most`. Another one is refused, and 0 stands for it. */
export function readNumber(most: u32): u32 {
  return readInteger(0, most) ? <u32>integer : 0;
}
