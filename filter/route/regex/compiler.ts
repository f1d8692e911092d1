import { MAX_REGEX_EDGES, MAX_REGEX_INSTRUCTIONS } from "../../memory/limits";
import { Code, EDGE_BYTES, INSTRUCTION_BYTES, Program } from "./program";
import { Op, Syntax, UNBOUNDED } from "./syntax";
import { encodeRune, largestRune, runeBytes } from "./utf8";
import { Workspace } from "./workspace";

/** One regex is compiled at a time: the workspace in use, and whether it has turned out too small. */
let space: Workspace = changetype<Workspace>(0);
let tooLarge = false;
let assertions: u32 = 0;

/** Parts compiled, counting what a repetition repeats: a repetition of nothing takes no instructions, but time. */
let parts: u32 = 0;
const MAX_PARTS: u32 = MAX_REGEX_INSTRUCTIONS * 4;

/** Edges that `compileClass` has gathered at `space.classEdges`. */
let classEdgeCount: u32 = 0;
/** First instruction of the class under compilation: later ones are looked through for equal tails. */
let classStart: u32 = 0;

const lowBytes: usize = memory.data(4);
const highBytes: usize = memory.data(4);

/** Compiles into the workspace. False: the regex is too large. */
export function compile(workspace: Workspace, syntax: Syntax, program: Program): bool {
  space = workspace;
  tooLarge = false;
  assertions = 0;
  parts = 0;
  workspace.instructionCount = 0;
  workspace.edgeCount = 0;
  const match = emit(Code.MATCH, 0, 0);
  program.start = compilePart(syntax, match);
  program.instructions = workspace.instructions;
  program.instructionCount = workspace.instructionCount;
  program.edges = workspace.edges;
  program.edgeCount = workspace.edgeCount;
  program.assertions = assertions;
  return !tooLarge;
}

/** Instructions that match `syntax` and go on at `next`; their first. From back to front, so that each next one is known. */
function compilePart(syntax: Syntax, next: u32): u32 {
  if (++parts > MAX_PARTS) tooLarge = true;
  if (tooLarge) return next;
  switch (syntax.op) {
    case Op.LITERAL:
      return compileRune(syntax.a, next);
    case Op.CLASS:
      return compileClass(syntax.a, syntax.b, next);
    case Op.ANY_BYTE:
      return emitByte(0, 0xff, next);
    case Op.ASSERT:
      assertions |= syntax.a;
      return emit(Code.ASSERT, syntax.a, next);
    case Op.CONCAT:
      return compileConcatenation(syntax, next);
    case Op.ALTERNATE:
      return compileAlternation(syntax, next);
    case Op.REPEAT:
      return compileRepetition(syntax, next);
    default:
      return next;
  }
}

function compileConcatenation(syntax: Syntax, next: u32): u32 {
  let first = next;
  let child = syntax.last;
  while (child) {
    first = compilePart(child, first);
    child = child.previous;
  }
  return first;
}

function compileAlternation(syntax: Syntax, next: u32): u32 {
  let child = syntax.last!;
  let first = compilePart(child, next);
  while (child.previous) {
    child = child.previous!;
    first = emit(Code.SPLIT, compilePart(child, next), first);
  }
  return first;
}

function compileRepetition(syntax: Syntax, next: u32): u32 {
  const body = syntax.last!;
  const fewest = syntax.a;
  let required = fewest;
  let first = next;
  if (syntax.b == UNBOUNDED) {
    const loop = emit(Code.SPLIT, 0, next);
    const again = compilePart(body, loop);
    if (!tooLarge) store<u32>(space.instructions + <usize>loop * INSTRUCTION_BYTES, again, 4);
    // x+ enters at the body, x* at the choice before it.
    first = fewest ? again : loop;
    if (fewest) required--;
  } else {
    for (let i = fewest; i < syntax.b && !tooLarge; i++) first = emit(Code.SPLIT, compilePart(body, first), next);
  }
  for (; required > 0 && !tooLarge; required--) first = compilePart(body, first);
  return first;
}

function compileRune(rune: u32, next: u32): u32 {
  let first = next;
  for (let i = encodeRune(rune, lowBytes); i > 0; i--) {
    const byte = load<u8>(lowBytes + i - 1);
    first = emitByte(byte, byte, first);
  }
  return first;
}

function compileClass(ranges: usize, count: u32, next: u32): u32 {
  classEdgeCount = 0;
  classStart = space.instructionCount;
  for (let i: u32 = 0; i < count && !tooLarge; i++) {
    const range = ranges + ((<usize>i) << 3);
    compileRange(load<u32>(range), load<u32>(range, 4), next);
  }
  if (tooLarge || space.edgeCount + classEdgeCount > MAX_REGEX_EDGES) {
    tooLarge = true;
    return next;
  }
  const firstEdge = space.edgeCount;
  memory.copy(space.edges + <usize>firstEdge * EDGE_BYTES, space.classEdges, <usize>classEdgeCount * EDGE_BYTES);
  space.edgeCount += classEdgeCount;
  return emit(Code.BYTE, firstEdge, classEdgeCount);
}

/**
 * Splits a range of runes until each piece is a sequence of byte ranges in UTF-8: both ends have as many bytes, and where they
 * differ all that follows is free.
 */
function compileRange(low: u32, high: u32, next: u32): void {
  if (tooLarge) return;
  const bytes = runeBytes(low);
  const largest = largestRune(bytes);
  if (high > largest) {
    compileRange(low, largest, next);
    compileRange(largest + 1, high, next);
    return;
  }
  for (let free: u32 = 1; free < bytes; free++) {
    const mask = ((<u32>1) << (6 * free)) - 1;
    if ((low & ~mask) == (high & ~mask)) break;
    if (low & mask) {
      compileRange(low, low | mask, next);
      compileRange((low | mask) + 1, high, next);
      return;
    }
    if ((high & mask) != mask) {
      compileRange(low, (high & ~mask) - 1, next);
      compileRange(high & ~mask, high, next);
      return;
    }
  }
  compileSequence(low, high, next);
}

function compileSequence(low: u32, high: u32, next: u32): void {
  const bytes = encodeRune(low, lowBytes);
  encodeRune(high, highBytes);
  let target = next;
  for (let i = bytes - 1; i > 0; i--) target = sharedByte(load<u8>(lowBytes + i), load<u8>(highBytes + i), target);
  if (classEdgeCount == MAX_REGEX_EDGES) {
    tooLarge = true;
    return;
  }
  storeEdge(space.classEdges, classEdgeCount, load<u8>(lowBytes), load<u8>(highBytes), target);
  classEdgeCount++;
}

/** A byte instruction of this class that reads the same and goes on at the same place, else a new one. */
function sharedByte(low: u8, high: u8, target: u32): u32 {
  for (let index = classStart; index < space.instructionCount; index++) {
    const edge = <usize>load<u32>(space.instructions + <usize>index * INSTRUCTION_BYTES, 4) * EDGE_BYTES + space.edges;
    if (load<u8>(edge) == low && load<u8>(edge, 1) == high && <u32>load<u16>(edge, 2) == target) return index;
  }
  return emitByte(low, high, target);
}

function emitByte(low: u8, high: u8, target: u32): u32 {
  if (space.edgeCount == MAX_REGEX_EDGES) tooLarge = true;
  if (tooLarge) return target;
  storeEdge(space.edges, space.edgeCount, low, high, target);
  return emit(Code.BYTE, space.edgeCount++, 1);
}

function emit(code: Code, a: u32, b: u32): u32 {
  if (space.instructionCount == MAX_REGEX_INSTRUCTIONS) tooLarge = true;
  if (tooLarge) return 0;
  const at = space.instructions + <usize>space.instructionCount * INSTRUCTION_BYTES;
  store<u32>(at, code);
  store<u32>(at, a, 4);
  store<u32>(at, b, 8);
  return space.instructionCount++;
}

function storeEdge(edges: usize, index: u32, low: u8, high: u8, target: u32): void {
  const edge = edges + <usize>index * EDGE_BYTES;
  store<u8>(edge, low);
  store<u8>(edge, high, 1);
  store<u16>(edge, target, 2);
}
