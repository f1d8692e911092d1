import { Workspace } from "./workspace";

/** What a parsed expression is made of. Groups leave no trace: a full match asks for no captures. */
export enum Op {
  /** Matches the empty string. */
  EMPTY,
  /** The rune `a`. */
  LITERAL,
  /** One rune of the `b` ranges at `a`; there may be none. */
  CLASS,
  /** One byte, whatever it is: \C. */
  ANY_BYTE,
  /** The empty string where assertion `a` holds. */
  ASSERT,
  /** All children one after the other. */
  CONCAT,
  /** One of the children. */
  ALTERNATE,
  /** The child, `a` to `b` times. Lazy or greedy: a full match sees no difference. */
  REPEAT,
}

/** Conditions on a place between two bytes; bits of a set. */
export enum Assertion {
  BEGIN_TEXT = 1,
  END_TEXT = 2,
  BEGIN_LINE = 4,
  END_LINE = 8,
  WORD_BOUNDARY = 16,
  NO_WORD_BOUNDARY = 32,
}

export const UNBOUNDED: u32 = u32.MAX_VALUE;

@unmanaged
export class Syntax {
  op: Op;
  a: u32;
  b: u32;
  /** The last child: children are linked backwards, as they are compiled. */
  last: Syntax | null;
  /** The sibling before this one. */
  previous: Syntax | null;
}

export function newSyntax(workspace: Workspace, op: Op, a: u32 = 0, b: u32 = 0): Syntax {
  const syntax = changetype<Syntax>(workspace.syntax + <usize>workspace.syntaxCount * offsetof<Syntax>());
  workspace.syntaxCount++;
  syntax.op = op;
  syntax.a = a;
  syntax.b = b;
  syntax.last = null;
  syntax.previous = null;
  return syntax;
}

export function addChild(parent: Syntax, child: Syntax): void {
  child.previous = parent.last;
  parent.last = child;
}

/** Adds a part to a concatenation; one that is a concatenation itself, from a group, hands its parts over. */
export function addPart(concatenation: Syntax, part: Syntax): void {
  if (part.op != Op.CONCAT) {
    addChild(concatenation, part);
    return;
  }
  let first = part.last!;
  while (first.previous) first = first.previous!;
  first.previous = concatenation.last;
  concatenation.last = part.last;
}

/** Takes away the anchors at both ends: a full match is anchored, and without assertions a regex is cheaper to compile. */
export function dropOuterAnchors(syntax: Syntax): void {
  let part: Syntax | null = syntax.op == Op.CONCAT ? syntax.last : syntax;
  while (part && dropAnchor(part, Assertion.END_TEXT)) part = part.previous;
  // Backwards through the rest, to the anchors that only anchors precede.
  let leading: Syntax | null = null;
  while (part) {
    if (!isAnchor(part, Assertion.BEGIN_TEXT)) leading = null;
    else if (!leading) leading = part;
    part = part.previous;
  }
  while (leading) {
    leading.op = Op.EMPTY;
    leading = leading.previous;
  }
}

function dropAnchor(part: Syntax, assertion: Assertion): bool {
  if (!isAnchor(part, assertion)) return false;
  part.op = Op.EMPTY;
  return true;
}

function isAnchor(part: Syntax, assertion: Assertion): bool {
  return part.op == Op.ASSERT && part.a == assertion;
}
