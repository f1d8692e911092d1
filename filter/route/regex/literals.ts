import { Arena, reserve } from "../arena";
import { Op, Syntax } from "./syntax";
import { encodeRune, runeBytes } from "./utf8";

/**
 * Text that every match of a regex has, for the index. Found by `findLiterals` in the runs of runes at the regex's top level;
 * 0 bytes: there is none.
 */
export let prefix: usize = 0;
export let prefixBytes: u32 = 0;
export let suffix: usize = 0;
export let suffixBytes: u32 = 0;
export let inner: usize = 0;
export let innerBytes: u32 = 0;
/** Whether the regex matches `prefix` and nothing else. */
export let isExact: bool = false;

export function findLiterals(arena: Arena, syntax: Syntax): void {
  prefixBytes = 0;
  suffixBytes = 0;
  innerBytes = 0;
  isExact = false;
  if (syntax.op != Op.CONCAT) {
    if (syntax.op == Op.LITERAL) takeRun(arena, syntax, null, true, true);
    return;
  }
  // Parts are linked backwards: `end` is the last part of a run, `part` goes on to its first.
  let part: Syntax | null = syntax.last;
  let isLast = true;
  while (part) {
    if (part.op != Op.LITERAL) {
      if (part.op != Op.EMPTY) isLast = false;
      part = part.previous;
      continue;
    }
    const end = part;
    while (part && part.op == Op.LITERAL) part = part.previous;
    takeRun(arena, end, part, isNothing(part), isLast);
    isLast = false;
  }
}

function isNothing(part: Syntax | null): bool {
  while (part) {
    if (part.op != Op.EMPTY) return false;
    part = part.previous;
  }
  return true;
}

/** Writes out the runes from `end` back to the one behind `stop`. */
function takeRun(arena: Arena, end: Syntax, stop: Syntax | null, isFirst: bool, isLast: bool): void {
  let bytes: u32 = 0;
  for (let part: Syntax | null = end; part && part != stop; part = part.previous) bytes += runeBytes(part.a);
  const text = reserve(arena, bytes);
  let at = text + bytes;
  for (let part: Syntax | null = end; part && part != stop; part = part.previous) {
    at -= runeBytes(part.a);
    encodeRune(part.a, at);
  }
  if (isFirst) {
    prefix = text;
    prefixBytes = bytes;
  }
  if (isLast) {
    suffix = text;
    suffixBytes = bytes;
  }
  if (bytes > innerBytes) {
    inner = text;
    innerBytes = bytes;
  }
  isExact = isFirst && isLast;
}
