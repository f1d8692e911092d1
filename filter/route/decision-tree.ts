import { hashBytes } from "../memory/bytes";
import { Arena, freeArena, newArena, reserve, take } from "./arena";
import { ByteMap, copyMap, hashBackward, hashForward, insert, lookup, newMap } from "./byte-map";
import { Condition, LITERALS, Literal, literalLength, literalOf } from "./condition";
import { MAX_INNER_KEY_BYTES, MAX_KEY_BYTES, Node } from "./node";
import { conditionAt, Route } from "./table";

/** So few routes are looked through one by one: that is as fast as a branch. */
const LEAF_ROUTES: u32 = 4;

/** The literal that a route needs at the place under consideration: set by `findKey`. */
let key: usize = 0;
let keyLength: u32 = 0;

/** The best place to branch at: set by `choosePlace`. */
let chosenSlot: i32 = 0;
let chosenLiteral: Literal = Literal.EXACT;

/**
 * Which (slot, literal) places a branch above has used: bit `slot` of the word of each literal. Four words on the stack of
 * the recursion.
 */
@unmanaged
class Places {
  exact: u64;
  prefix: u64;
  suffix: u64;
  contains: u64;
}

/** The tree of `count` routes whose addresses, in order, are at `routes`. It lives in `arena`; `routes` must too. */
export function buildTree(arena: Arena, routes: usize, count: u32): Node | null {
  if (count == 0) return null;
  if (count <= LEAF_ROUTES) return leaf(arena, routes, count);
  const scratch = newArena();
  const node = build(arena, scratch, routes, count, changetype<Places>(take(scratch, offsetof<Places>())));
  freeArena(scratch);
  return node;
}

function build(arena: Arena, scratch: Arena, routes: usize, count: u32, used: Places): Node {
  if (count <= LEAF_ROUTES || !choosePlace(routes, count, used)) return leaf(arena, routes, count);
  const slot = chosenSlot;
  const literal = chosenLiteral;
  const node = changetype<Node>(take(arena, offsetof<Node>()));
  node.lowestOrder = routeOf(routes, 0).order;
  node.slot = slot;
  node.literal = literal;

  // Count the routes of each literal, then lay them out group after group, each in order.
  const groups = newMap(scratch, 0);
  const groupOf = reserve(scratch, (<usize>count) << 2);
  const sizes = take(scratch, (<usize>(count + 1)) << 2);
  for (let i: u32 = 0; i < count; i++) {
    const group = groupOfRoute(groups, scratch, node, routeOf(routes, i));
    store<u32>(groupOf + ((<usize>i) << 2), group);
    const size = sizes + ((<usize>group) << 2);
    store<u32>(size, load<u32>(size) + 1);
  }
  const sorted = reserve(arena, (<usize>count) << 2);
  const groupCount = groups.count + 1;
  const starts = reserve(scratch, (<usize>groupCount) << 2);
  let start: u32 = 0;
  for (let group: u32 = 0; group < groupCount; group++) {
    store<u32>(starts + ((<usize>group) << 2), start);
    start += load<u32>(sizes + ((<usize>group) << 2));
  }
  for (let i: u32 = 0; i < count; i++) {
    const next = starts + ((<usize>load<u32>(groupOf + ((<usize>i) << 2))) << 2);
    store<u32>(sorted + ((<usize>load<u32>(next)) << 2), <u32>changetype<usize>(routeOf(routes, i)));
    store<u32>(next, load<u32>(next) + 1);
  }

  const restCount = load<u32>(sizes);
  if (restCount) node.rest = build(arena, scratch, sorted, restCount, used);
  const below = withPlace(scratch, used, slot, literal);
  node.children = copyMap(groups, arena);
  for (let i: u32 = 0; i <= node.children.mask; i++) {
    const entry = node.children.entries + ((<usize>i) << 4);
    const group = load<u32>(entry, 12);
    if (group == 0) continue;
    const size = load<u32>(sizes + ((<usize>group) << 2));
    const first = load<u32>(starts + ((<usize>group) << 2)) - size;
    const child = build(arena, scratch, sorted + ((<usize>first) << 2), size, below);
    store<u32>(entry, <u32>changetype<usize>(child), 12);
  }
  return node;
}

function leaf(arena: Arena, routes: usize, count: u32): Node {
  const node = changetype<Node>(reserve(arena, offsetof<Node>("slot")));
  node.lowestOrder = routeOf(routes, 0).order;
  node.routeCount = count;
  node.routes = routes;
  node.visitedIn = 0;
  return node;
}

/** Number of the route's group: 0 for the rest, else that of its literal. */
function groupOfRoute(groups: ByteMap, scratch: Arena, node: Node, route: Route): u32 {
  const literal = <Literal>node.literal;
  if (!findKey(route, node.slot, literal)) return 0;
  const hash = hashKey(literal);
  const known = lookup(groups, hash, key, keyLength);
  if (known) return known;
  const group = groups.count + 1;
  insert(groups, scratch, hash, key, keyLength, group);
  if (literal != Literal.EXACT) node.lengths |= (<u64>1) << (keyLength - 1);
  return group;
}

/** Takes the place with the most distinct literals: it tells the routes apart best. False where no place is left. */
function choosePlace(routes: usize, count: u32, used: Places): bool {
  let most: u32 = 0;
  for (let literal = 0; literal < LITERALS; literal++) {
    let slots = slotsWith(routes, count, <Literal>literal) & ~placesOf(used, <Literal>literal);
    for (; slots; slots &= slots - 1) {
      const slot = <i32>ctz(slots);
      const distinct = distinctKeys(routes, count, slot, <Literal>literal);
      if (distinct <= most) continue;
      most = distinct;
      chosenSlot = slot;
      chosenLiteral = <Literal>literal;
    }
  }
  return most > 0;
}

function slotsWith(routes: usize, count: u32, literal: Literal): u64 {
  let slots: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const route = routeOf(routes, i);
    for (let j: u32 = 0; j < route.conditionCount; j++) {
      const condition = conditionAt(route, j);
      if (literalOf(condition, literal)) slots |= (<u64>1) << condition.slot;
    }
  }
  return slots;
}

function distinctKeys(routes: usize, count: u32, slot: i32, literal: Literal): u32 {
  const scratch = newArena();
  const keys = newMap(scratch, 0);
  for (let i: u32 = 0; i < count; i++) {
    if (!findKey(routeOf(routes, i), slot, literal)) continue;
    const hash = hashKey(literal);
    if (!lookup(keys, hash, key, keyLength)) insert(keys, scratch, hash, key, keyLength, 1);
  }
  const distinct = keys.count;
  freeArena(scratch);
  return distinct;
}

/** The part of the route's literal that a branch uses: all that matches the route has it. */
function findKey(route: Route, slot: i32, literal: Literal): bool {
  for (let i: u32 = 0; i < route.conditionCount; i++) {
    const condition = conditionAt(route, i);
    if (condition.slot != slot || !literalOf(condition, literal)) continue;
    cutKey(condition, literal);
    return true;
  }
  return false;
}

function cutKey(condition: Condition, literal: Literal): void {
  const length = literalLength(condition, literal);
  key = literalOf(condition, literal);
  keyLength = length;
  if (literal == Literal.PREFIX) {
    keyLength = min(length, MAX_KEY_BYTES);
  } else if (literal == Literal.SUFFIX) {
    keyLength = min(length, MAX_KEY_BYTES);
    key += length - keyLength;
  } else if (literal == Literal.CONTAINS) {
    // The largest power of two that fits. The end, because names that belong together begin alike.
    keyLength = min((<u32>1) << (31 - clz(length)), MAX_INNER_KEY_BYTES);
    key += length - keyLength;
  }
}

/** As `find` hashes what it looks up: whole values at once, parts of values byte by byte. */
function hashKey(literal: Literal): u32 {
  if (literal == Literal.EXACT) return hashBytes(key, keyLength);
  return literal == Literal.SUFFIX ? hashBackward(key, keyLength) : hashForward(key, keyLength);
}

function placesOf(places: Places, literal: Literal): u64 {
  return load<u64>(changetype<usize>(places) + ((<usize>literal) << 3));
}

function withPlace(scratch: Arena, used: Places, slot: i32, literal: Literal): Places {
  const places = changetype<Places>(reserve(scratch, offsetof<Places>()));
  memory.copy(changetype<usize>(places), changetype<usize>(used), offsetof<Places>());
  const at = changetype<usize>(places) + ((<usize>literal) << 3);
  store<u64>(at, load<u64>(at) | ((<u64>1) << slot));
  return places;
}

function routeOf(routes: usize, index: u32): Route {
  return changetype<Route>(<usize>load<u32>(routes + ((<usize>index) << 2)));
}
