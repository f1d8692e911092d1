import { MAX_REGEX_DEPTH, MAX_REGEX_REPEAT } from "../../memory/limits";
import { addPerlClass, classSyntax, readBracket } from "./bracket";
import { addFolded, addRange, beginClass } from "./char-class";
import { checkFold, readEscapedRune } from "./escape";
import { readGroupHead } from "./group";
import {
  at,
  atEnd,
  beginPattern,
  Flag,
  flags,
  moveTo,
  nextRune,
  peek,
  problem,
  refuse,
  setFlags,
  skip,
} from "./pattern";
import { Assertion, addChild, addPart, newSyntax, Op, Syntax, UNBOUNDED } from "./syntax";
import { MAX_RUNE, NO_RUNE } from "./utf8";
import { Workspace } from "./workspace";

/** Within \Q…\E, where only \E means something. */
let quoted = false;

/** {n,m} as `readCounts` read it. */
let fewest: u32 = 0;
let most: u32 = 0;

/** Parses RE2's syntax. Null: `pattern.problem` says why not. */
export function parse(workspace: Workspace, address: usize, length: u32): Syntax | null {
  beginPattern(address, length);
  workspace.syntaxCount = 0;
  workspace.rangeCount = 0;
  quoted = false;
  const syntax = parseAlternation(workspace, 0);
  if (syntax && !atEnd()) {
    const from = at;
    skip(1);
    refuse("unexpected )", from);
  }
  return problem ? null : syntax;
}

function parseAlternation(workspace: Workspace, depth: u32): Syntax | null {
  let alternation: Syntax | null = null;
  let branch = parseConcatenation(workspace, depth);
  while (branch && peek() == 0x7c) {
    if (!alternation) {
      alternation = newSyntax(workspace, Op.ALTERNATE);
      addChild(alternation, branch);
    }
    skip(1);
    branch = parseConcatenation(workspace, depth);
    if (branch) addChild(alternation, branch);
  }
  return branch && alternation ? alternation : branch;
}

function parseConcatenation(workspace: Workspace, depth: u32): Syntax | null {
  let only: Syntax | null = null;
  let concatenation: Syntax | null = null;
  while (!atEnd()) {
    if (isQuoteMark()) continue;
    if (!quoted && (peek() == 0x7c || peek() == 0x29)) break;
    let item = parseAtom(workspace, depth);
    if (problem) return null;
    if (!item) continue;
    endQuote();
    if (!quoted) item = parseRepetitions(workspace, item);
    if (!item) return null;
    if (!only) {
      only = item;
      continue;
    }
    if (!concatenation) {
      concatenation = newSyntax(workspace, Op.CONCAT);
      addPart(concatenation, only);
    }
    addPart(concatenation, item);
  }
  if (concatenation) return concatenation;
  return only ? only : newSyntax(workspace, Op.EMPTY);
}

/** Steps over \Q and \E. */
function isQuoteMark(): bool {
  if (peek() != 0x5c || peek(1) != (quoted ? 0x45 : 0x51)) return false;
  quoted = !quoted;
  skip(2);
  return true;
}

/** A repetition behind \E is one of the last rune within. */
function endQuote(): void {
  if (quoted) isQuoteMark();
}

/** Null without a problem: flags were set, and there is nothing to repeat. */
function parseAtom(workspace: Workspace, depth: u32): Syntax | null {
  if (quoted) return parseRune(workspace);
  const from = at;
  switch (peek()) {
    case 0x28: // (
      return parseGroup(workspace, depth);
    case 0x5b: // [
      return readBracket(workspace);
    case 0x2e: // .
      skip(1);
      return anyRune(workspace);
    case 0x5e: // ^
      skip(1);
      return newSyntax(workspace, Op.ASSERT, flags & Flag.MULTI_LINE ? Assertion.BEGIN_LINE : Assertion.BEGIN_TEXT);
    case 0x24: // $
      skip(1);
      return newSyntax(workspace, Op.ASSERT, flags & Flag.MULTI_LINE ? Assertion.END_LINE : Assertion.END_TEXT);
    case 0x2a: // *
    case 0x2b: // +
    case 0x3f: // ?
      skip(1);
      refuse("nothing to repeat", from);
      return null;
    case 0x7b: // {
      if (!readCounts()) return parseRune(workspace);
      refuse("nothing to repeat", from);
      return null;
    case 0x5c: // \
      return parseEscape(workspace);
    default:
      return parseRune(workspace);
  }
}

function parseGroup(workspace: Workspace, depth: u32): Syntax | null {
  const from = at;
  const outerFlags = flags;
  if (!readGroupHead()) return null;
  // (?i) ends here: it holds to the end of the group that it stands in.
  if (load<u8>(at - 1) == 0x29) return null;
  if (depth == MAX_REGEX_DEPTH) {
    refuse("groups nested too deep", at);
    return null;
  }
  const inner = parseAlternation(workspace, depth + 1);
  if (!inner) return null;
  if (peek() != 0x29 || atEnd()) {
    refuse("missing closing )", from);
    return null;
  }
  skip(1);
  setFlags(outerFlags);
  return inner;
}

function parseEscape(workspace: Workspace): Syntax | null {
  const from = at;
  const letter = peek(1);
  skip(1);
  switch (letter) {
    case 0x41: // A
      skip(1);
      return newSyntax(workspace, Op.ASSERT, Assertion.BEGIN_TEXT);
    case 0x7a: // z
      skip(1);
      return newSyntax(workspace, Op.ASSERT, Assertion.END_TEXT);
    case 0x62: // b
      skip(1);
      return newSyntax(workspace, Op.ASSERT, Assertion.WORD_BOUNDARY);
    case 0x42: // B
      skip(1);
      return newSyntax(workspace, Op.ASSERT, Assertion.NO_WORD_BOUNDARY);
    case 0x43: // C
      skip(1);
      return newSyntax(workspace, Op.ANY_BYTE);
  }
  beginClass(workspace);
  if (addPerlClass(letter)) {
    skip(1);
    return classSyntax(workspace);
  }
  const rune = readEscapedRune(from);
  return rune == NO_RUNE ? null : runeSyntax(workspace, rune, from);
}

function parseRune(workspace: Workspace): Syntax | null {
  const from = at;
  const rune = nextRune();
  return rune == NO_RUNE ? null : runeSyntax(workspace, rune, from);
}

function runeSyntax(workspace: Workspace, rune: u32, from: usize): Syntax | null {
  const lower = rune | 0x20;
  if (!(flags & Flag.FOLD_CASE)) return newSyntax(workspace, Op.LITERAL, rune);
  if (!checkFold(rune, from)) return null;
  if (lower < 0x61 || lower > 0x7a) return newSyntax(workspace, Op.LITERAL, rune);
  beginClass(workspace);
  addFolded(rune, rune);
  return classSyntax(workspace);
}

function anyRune(workspace: Workspace): Syntax {
  beginClass(workspace);
  if (flags & Flag.DOT_MATCHES_NEWLINE) {
    addRange(0, MAX_RUNE);
  } else {
    addRange(0, 0x09);
    addRange(0x0b, MAX_RUNE);
  }
  return classSyntax(workspace);
}

function parseRepetitions(workspace: Workspace, item: Syntax): Syntax | null {
  const from = at;
  if (!readRepetition()) return problem ? null : item;
  const repeat = newSyntax(workspace, Op.REPEAT, fewest, most);
  addChild(repeat, item);
  if (peek() == 0x3f) skip(1);
  if (readRepetition()) refuse("a repetition of a repetition needs a group", from);
  return problem ? null : repeat;
}

/** Reads *, +, ? or {n,m} into `fewest` and `most`. */
function readRepetition(): bool {
  switch (peek()) {
    case 0x2a: // *
      fewest = 0;
      most = UNBOUNDED;
      break;
    case 0x2b: // +
      fewest = 1;
      most = UNBOUNDED;
      break;
    case 0x3f: // ?
      fewest = 0;
      most = 1;
      break;
    case 0x7b: // {
      return readCounts();
    default:
      return false;
  }
  skip(1);
  return true;
}

/** Reads {n}, {n,} or {n,m}. What has another form is no repetition but runes, and the cursor stays. */
function readCounts(): bool {
  const from = at;
  skip(1);
  fewest = readNumber();
  most = fewest;
  if (fewest != UNBOUNDED && peek() == 0x2c) {
    skip(1);
    most = peek() == 0x7d ? UNBOUNDED : readNumber();
    if (most == UNBOUNDED && peek() != 0x7d) fewest = UNBOUNDED;
  }
  if (fewest == UNBOUNDED || peek() != 0x7d) {
    moveTo(from);
    return false;
  }
  skip(1);
  if (fewest > MAX_REGEX_REPEAT || (most != UNBOUNDED && most > MAX_REGEX_REPEAT)) {
    refuse("more than 1000 repetitions", from);
    return false;
  }
  if (most < fewest) {
    refuse("a repetition ends before it begins", from);
    return false;
  }
  return true;
}

/** UNBOUNDED where there is no digit. Larger numbers than are allowed all read as one more than that. */
function readNumber(): u32 {
  if (peek() < 0x30 || peek() > 0x39) return UNBOUNDED;
  let number: u32 = 0;
  while (peek() >= 0x30 && peek() <= 0x39) {
    number = min(number * 10 + (<u32>peek() - 0x30), MAX_REGEX_REPEAT + 1);
    skip(1);
  }
  return number;
}
