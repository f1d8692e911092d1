import type { RawResource } from "../source/source.js";
import { type Audience, exportedOf, isFor } from "./exported.js";

/** What a namespace has, as it was when its turn came. */
export class Accepted {
  readonly exported: ReadonlyMap<RawResource, Audience>;

  constructor(
    readonly raws: readonly RawResource[],
    isRoot: boolean,
  ) {
    this.exported = exportedOf(raws, isRoot);
  }

  seenBy(namespace: string): readonly RawResource[] {
    return [...this.exported].filter(([, audience]) => isFor(audience, namespace)).map(([raw]) => raw);
  }

  /** Whether the namespace is named in an `exportTo`. */
  names(namespace: string): boolean {
    return [...this.exported.values()].some((audience) => audience !== "all" && audience.has(namespace));
  }

  /** Of these, those who see other things than they did. */
  affected(namespaces: Iterable<string>, before: Accepted | undefined): readonly string[] {
    const changed = [...changes(this.exported, before?.exported), ...changes(before?.exported, this.exported)];
    return changed.length === 0
      ? []
      : [...namespaces].filter((one) => changed.some((audience) => isFor(audience, one)));
  }
}

/** For whom that is which the other has not, or has for others. */
function changes(
  here: ReadonlyMap<RawResource, Audience> = new Map(),
  there: ReadonlyMap<RawResource, Audience> = new Map(),
): readonly Audience[] {
  return [...here].flatMap(([raw, audience]) => {
    const other = there.get(raw);
    return other !== undefined && isSame(other, audience) ? [] : [audience];
  });
}

/** The same resources in the same order. */
export function isSameList(a: readonly RawResource[], b: readonly RawResource[]): boolean {
  return a.length === b.length && a.every((raw, index) => raw === b[index]);
}

function isSame(a: Audience, b: Audience): boolean {
  if (a === "all" || b === "all") return a === b;
  return a.size === b.size && [...a].every((name) => b.has(name));
}
