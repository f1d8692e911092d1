import { MAX_RUNE } from "./utf8";
import { SET_RANGES, Workspace } from "./workspace";

/**
 * The class being put together: the ranges of the workspace from `first` on, sorted, apart from each other.
 *
 *     range: [ first rune u32 | last rune u32 ]
 */
let first: usize = 0;
let count: u32 = 0;

export function beginClass(workspace: Workspace): void {
  first = workspace.ranges + ((<usize>workspace.rangeCount) << 3);
  count = 0;
}

/** Keeps the class and says how many ranges it has; they begin at `classRanges`. */
export function endClass(workspace: Workspace): u32 {
  workspace.rangeCount += count;
  return count;
}

export function classRanges(): usize {
  return first;
}

export function addRange(low: u32, high: u32): void {
  // Ranges before `index` end before the new one with a gap; those from `next` on begin after it with a gap.
  let index: u32 = 0;
  while (index < count && highOf(index) + 1 < low) index++;
  let next = index;
  while (next < count && lowOf(next) <= high + 1) {
    low = min(low, lowOf(next));
    high = max(high, highOf(next));
    next++;
  }
  const at = first + ((<usize>index) << 3);
  memory.copy(at + 8, first + ((<usize>next) << 3), (<usize>(count - next)) << 3);
  store<u32>(at, low);
  store<u32>(at, high, 4);
  count = count - (next - index) + 1;
}

/**
 * Adds a range and what Unicode's simple case folding makes of it. Only ASCII is folded (the parser refuses the rest), and
 * two letters of ASCII have a third form outside of it: k (U+212A, Kelvin) and s (U+017F, long s).
 */
export function addFolded(low: u32, high: u32): void {
  addRange(low, high);
  addShifted(low, high, 0x61, 0x7a, -0x20);
  addShifted(low, high, 0x41, 0x5a, 0x20);
  if (holdsRune(low, high, 0x6b) || holdsRune(low, high, 0x4b)) addRange(0x212a, 0x212a);
  if (holdsRune(low, high, 0x73) || holdsRune(low, high, 0x53)) addRange(0x017f, 0x017f);
}

/** Turns the class into all other runes. */
export function negateClass(): void {
  let low: u32 = 0;
  let kept: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const nextLow = highOf(i) + 1;
    const high = lowOf(i);
    // A gap overwrites the range that ends it, or one before it: those are read already.
    if (high > low) {
      setRange(kept, low, high - 1);
      kept++;
    }
    low = nextLow;
  }
  if (low <= MAX_RUNE) {
    setRange(kept, low, MAX_RUNE);
    kept++;
  }
  count = kept;
}

/**
 * Adds the runes that `pairs` lists as first and last rune of each range, or all others. `fold`: without regard to case,
 * which gives \w the two letters that fold into ASCII.
 */
export function addSet(pairs: string, negated: bool, fold: bool): void {
  if (!negated) {
    addPairs(pairs, fold);
    return;
  }
  // The complement is put together as a class of its own, so far behind that this one can take it up in place.
  const outerFirst = first;
  const outerCount = count;
  first += (<usize>(count + SET_RANGES)) << 3;
  count = 0;
  addPairs(pairs, fold);
  negateClass();
  const inner = first;
  const innerCount = count;
  first = outerFirst;
  count = outerCount;
  for (let i: u32 = 0; i < innerCount; i++) {
    const range = inner + ((<usize>i) << 3);
    addRange(load<u32>(range), load<u32>(range, 4));
  }
}

function addPairs(pairs: string, fold: bool): void {
  for (let i = 0; i < pairs.length; i += 2) {
    const low = pairs.charCodeAt(i);
    const high = pairs.charCodeAt(i + 1);
    if (fold) addFolded(low, high);
    else addRange(low, high);
  }
}

function addShifted(low: u32, high: u32, from: u32, to: u32, shift: i32): void {
  const start = max(low, from);
  const stop = min(high, to);
  if (start <= stop) addRange(start + shift, stop + shift);
}

function holdsRune(low: u32, high: u32, rune: u32): bool {
  return low <= rune && rune <= high;
}

function lowOf(index: u32): u32 {
  return load<u32>(first + ((<usize>index) << 3));
}

function highOf(index: u32): u32 {
  return load<u32>(first + ((<usize>index) << 3), 4);
}

function setRange(index: u32, low: u32, high: u32): void {
  store<u32>(first + ((<usize>index) << 3), low);
  store<u32>(first + ((<usize>index) << 3), high, 4);
}
