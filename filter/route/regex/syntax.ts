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
