import { addFolded, addRange, addSet, beginClass, classRanges, endClass, negateClass } from "./char-class";
import { checkFold, readEscapedRune } from "./escape";
import { at, atEnd, end, Flag, flags, nextRune, peek, problem, refuse, skip } from "./pattern";
import { newSyntax, Op, Syntax } from "./syntax";
import { MAX_RUNE, NO_RUNE } from "./utf8";
import { Workspace } from "./workspace";

/** Reads `[…]`, the cursor at the bracket. */
export function readBracket(workspace: Workspace): Syntax | null {
  const from = at;
  skip(1);
  const negated = peek() == 0x5e;
  if (negated) skip(1);
  beginClass(workspace);
  let first = true;
  while (first || peek() != 0x5d) {
    if (atEnd()) {
      refuse("missing closing ]", from);
      return null;
    }
    first = false;
    readItem();
    if (problem) return null;
  }
  skip(1);
  if (negated) negateClass();
  return classSyntax(workspace);
}

/** The class that `char-class` has put together, as syntax. */
export function classSyntax(workspace: Workspace): Syntax {
  const ranges = classRanges();
  return newSyntax(workspace, Op.CLASS, <u32>ranges, endClass(workspace));
}

/** Adds \d, \s, \w or the complement of one. False where the letter names none. */
export function addPerlClass(letter: u8): bool {
  const fold = (flags & Flag.FOLD_CASE) != 0;
  const negated = (letter & 0x20) == 0;
  switch (letter | 0x20) {
    case 0x64:
      addSet("09", negated, fold);
      return true;
    case 0x73:
      // RE2 leaves the vertical tab out.
      addSet("\t\n\f\r  ", negated, fold);
      return true;
    case 0x77:
      addSet("09AZ__az", negated, fold);
      return true;
    default:
      return false;
  }
}

/** A named class, a Perl class, a rune or a range of runes. */
function readItem(): void {
  const from = at;
  if (peek() == 0x5b && peek(1) == 0x3a && readNamedClass(from)) return;
  if (peek() == 0x5c && addPerlClass(peek(1))) {
    skip(2);
    return;
  }
  const low = readRune();
  if (low == NO_RUNE) return;
  let high = low;
  if (peek() == 0x2d && at + 1 < end && peek(1) != 0x5d) {
    skip(1);
    high = readRune();
    if (high == NO_RUNE) return;
    if (high < low) {
      refuse("a range ends before it begins", from);
      return;
    }
  }
  if (!(flags & Flag.FOLD_CASE)) addRange(low, high);
  else if (high == MAX_RUNE || checkFold(high, from)) addFolded(low, high);
}

function readRune(): u32 {
  if (peek() != 0x5c) return nextRune();
  const from = at;
  skip(1);
  return readEscapedRune(from);
}

/** Reads `[:name:]` or `[:^name:]`, the cursor at its bracket. False where it is not closed: then the bracket is a rune. */
function readNamedClass(from: usize): bool {
  let stop = at + 2;
  while (stop + 1 < end && !(load<u8>(stop) == 0x3a && load<u8>(stop + 1) == 0x5d)) stop++;
  if (stop + 1 >= end) return false;
  const negated = peek(2) == 0x5e;
  const name = at + (negated ? 3 : 2);
  const pairs = namedClass(name, stop);
  skip(stop + 2 - at);
  if (pairs) addSet(pairs, negated, (flags & Flag.FOLD_CASE) != 0);
  else refuse("unknown class", from);
  return true;
}

function namedClass(name: usize, stop: usize): string | null {
  if (isName(name, stop, "alnum")) return "09AZaz";
  if (isName(name, stop, "alpha")) return "AZaz";
  if (isName(name, stop, "ascii")) return "\0\x7f";
  if (isName(name, stop, "blank")) return "\t\t  ";
  if (isName(name, stop, "cntrl")) return "\0\x1f\x7f\x7f";
  if (isName(name, stop, "digit")) return "09";
  if (isName(name, stop, "graph")) return "!~";
  if (isName(name, stop, "lower")) return "az";
  if (isName(name, stop, "print")) return " ~";
  if (isName(name, stop, "punct")) return "!/:@[`{~";
  if (isName(name, stop, "space")) return "\t\r  ";
  if (isName(name, stop, "upper")) return "AZ";
  if (isName(name, stop, "word")) return "09AZ__az";
  if (isName(name, stop, "xdigit")) return "09AFaf";
  return null;
}

function isName(name: usize, stop: usize, text: string): bool {
  if (stop - name != <usize>text.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (<i32>load<u8>(name + i) != text.charCodeAt(i)) return false;
  }
  return true;
}
