import { slotAddress, slotLength } from "../codec/attributes";
import { Message } from "../codec/message";
import { hashBytes } from "../memory/bytes";
import { HASH_START, hashByte, hashEnd, hashForward, lookup } from "./byte-map";
import { beginRound, currentRound, holds, Literal } from "./condition";
import { MAX_KEY_BYTES, Node } from "./node";
import { conditionAt, Route, Table, VirtualHost, virtualHostOf } from "./table";

/** The best route so far. A static register: passing it through the recursion costs more than it says. */
let best: Route | null = null;
let bestOrder: u32 = u32.MAX_VALUE;

/** The route within a virtual host of a message whose attributes are in their slots, or null. */
export function find(host: VirtualHost): Route | null {
  beginRound();
  best = null;
  bestOrder = u32.MAX_VALUE;
  search(host.tree);
  return best;
}

/** The virtual host that has the message's service by its name, or null; noted for calls that the codec knows again. */
export function hostOf(table: Table, message: Message): VirtualHost | null {
  const notes = message.notes;
  if (!notes) return virtualHostOf(table, message.service, message.serviceBytes);
  if (notes.table != table.serial) {
    notes.virtualHost = changetype<usize>(virtualHostOf(table, message.service, message.serviceBytes));
    notes.table = table.serial;
  }
  return changetype<VirtualHost | null>(notes.virtualHost);
}

/** Whether all conditions of a route hold. */
export function routeHolds(route: Route): bool {
  for (let i: u32 = 0; i < route.conditionCount; i++) {
    if (!holds(conditionAt(route, i))) return false;
  }
  return true;
}

function search(node: Node | null): void {
  while (node) {
    if (node.lowestOrder >= bestOrder) return;
    if (node.routeCount) {
      searchLeaf(node);
      return;
    }
    searchChildren(node);
    node = node.rest;
  }
}

function searchLeaf(node: Node): void {
  const end = node.routes + ((<usize>node.routeCount) << 2);
  for (let at = node.routes; at < end; at += 4) {
    const route = changetype<Route>(<usize>load<u32>(at));
    if (route.order >= bestOrder) return;
    if (routeHolds(route)) {
      best = route;
      bestOrder = route.order;
      return;
    }
  }
}

function searchChildren(node: Node): void {
  const value = slotAddress(node.slot);
  if (!value) return;
  const length = slotLength(node.slot);
  switch (node.literal) {
    case Literal.EXACT:
      searchChild(node, hashBytes(value, length), value, length);
      break;
    case Literal.PREFIX:
      searchPrefixes(node, value, length);
      break;
    case Literal.SUFFIX:
      searchSuffixes(node, value, length);
      break;
    default:
      searchInner(node, value, length);
  }
}

function searchChild(node: Node, hash: u32, key: usize, length: u32): void {
  const child = lookup(node.children, hash, key, length);
  if (child) search(changetype<Node>(<usize>child));
}

function searchPrefixes(node: Node, value: usize, length: u32): void {
  const longest = min(length, MAX_KEY_BYTES);
  let hash = HASH_START;
  let lengths = node.lengths;
  for (let n: u32 = 1; n <= longest && lengths != 0; n++, lengths >>= 1) {
    hash = hashByte(hash, load<u8>(value + n - 1));
    if (lengths & 1) searchChild(node, hashEnd(hash), value, n);
  }
}

function searchSuffixes(node: Node, value: usize, length: u32): void {
  const longest = min(length, MAX_KEY_BYTES);
  const end = value + length;
  let hash = HASH_START;
  let lengths = node.lengths;
  for (let n: u32 = 1; n <= longest && lengths != 0; n++, lengths >>= 1) {
    hash = hashByte(hash, load<u8>(end - n));
    if (lengths & 1) searchChild(node, hashEnd(hash), end - n, n);
  }
}

function searchInner(node: Node, value: usize, length: u32): void {
  let lengths = node.lengths;
  while (lengths) {
    const bytes = <u32>ctz(lengths) + 1;
    lengths &= lengths - 1;
    if (bytes > length) return;
    const last = value + (length - bytes);
    for (let at = value; at <= last; at++) {
      const child = changetype<Node | null>(<usize>lookup(node.children, hashForward(at, bytes), at, bytes));
      if (!child || child.visitedIn == currentRound()) continue;
      child.visitedIn = currentRound();
      search(child);
    }
  }
}
