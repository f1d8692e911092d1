import type { Exports } from "../model/exports.js";
import { covers, meet } from "./exports.js";

/** What is asked of a route to put several VirtualServices for one service together. */
export interface Mergeable {
  readonly exports: Exports;
  readonly takesAll: boolean;
  /** Whether it makes no difference which of the two is taken. */
  sameAs(other: this): boolean;
}

/**
 * One after the other in the order of the resources; the route for every call comes last. There can be one for each namespace that sees it.
 * `onConflict` is told of one that is left out for one before it.
 */
export function mergeRoutes<T extends Mergeable>(
  routes: readonly T[],
  onConflict: (left: T, before: T) => void,
): readonly T[] {
  const merged: T[] = [];
  const last: T[] = [];
  for (const route of routes) {
    if (!route.takesAll) {
      merged.push(route);
      continue;
    }
    // Whoever sees one of those before it gets that one.
    const before = last.find((one) => meet(one.exports, route.exports));
    if (!last.some((one) => covers(one.exports, route.exports))) last.push(route);
    if (before !== undefined && !before.sameAs(route)) onConflict(route, before);
  }
  return [...merged, ...last];
}
