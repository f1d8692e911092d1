import { ByteMap } from "./byte-map";

/**
 * A node of the tree that says which routes of a virtual host are worth evaluating. Every route is in one leaf. A branch
 * looks at one slot: the routes that need a certain literal there hang under that literal, all others under `rest`.
 *
 *     branch (slot user, EXACT) ── "jason" ─► leaf: routes 0, 7
 *              │                └─ "mary"  ─► branch (slot path, PREFIX) ── …
 *              └─ rest ─► leaf: routes 3, 9999
 */
@unmanaged
export class Node {
  /** Order of the first route below: nothing here can win against a lower one. */
  lowestOrder: u32;
  /** Of a leaf: number of routes. 0: this is a branch. */
  routeCount: u32;
  /** Of a leaf: addresses of the routes, in order. */
  routes: usize;
  /** The round in which a CONTAINS branch led here: a literal that stands in a value twice leads here once. */
  visitedIn: u64;

  // What follows is a branch's alone; a leaf does not have the memory.

  slot: i32;
  /** A value of Literal. */
  literal: i32;
  /** Bit n - 1: there are literals of n bytes. Not used by EXACT. */
  lengths: u64;
  /** Literal to Node. */
  children: ByteMap;
  rest: Node | null;
}

/** Bytes of a literal that a branch looks at; bounded by the bits of `lengths`. */
export const MAX_KEY_BYTES: u32 = 64;

/** A CONTAINS branch tries each position of the value with each length, so it keeps to these: 2, 4, 8 and 16. */
export const MAX_INNER_KEY_BYTES: u32 = 16;
