/** What a look for one value in an encoded message says. */
export enum Found {
  /** A text: `found` bytes, as they stand there. */
  TEXT,
  /** A text with escapes, which only its reader knows. */
  ESCAPED,
  /** A number: `foundNumber`. */
  NUMBER,
  /** There is none, or it is something else. */
  ABSENT,
  /** What is in memory does not reach: the byte before `foundNeed` has to be there. */
  MORE,
  /** The bytes contradict their encoding. */
  MALFORMED,
}

export let foundAt: usize = 0;
export let foundBytes: u32 = 0;
export let foundNumber: i64 = 0;
export let foundNeed: usize = 0;

export function foundText(at: usize, bytes: u32): Found {
  foundAt = at;
  foundBytes = bytes;
  return Found.TEXT;
}

export function foundInteger(number: i64): Found {
  foundNumber = number;
  return Found.NUMBER;
}

/** The bytes up to `need` are needed: they may lie in memory up to `shown` alone, and there are none from `end` on. */
export function foundMore(need: usize, end: usize): Found {
  if (need > end) return Found.MALFORMED;
  foundNeed = need;
  return Found.MORE;
}
