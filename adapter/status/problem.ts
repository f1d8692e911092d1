/** What names a resource to its author. */
export interface ResourceName {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * Something wrong with what the user wrote. An error means that the resource, or the part that is named, is not in force in the
 * version that was read; a warning, that it is in force and probably not what was meant.
 */
export interface Problem {
  readonly severity: "error" | "warning";
  /** Undefined where a file could not be read as resources. */
  readonly resource: ResourceName | undefined;
  /** Empty where it is of no file in particular. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Path of the field, `spec.routes[0].name`; empty where it is the whole resource or file. */
  readonly field: string;
  readonly reason: string;
  /** What it is about, where that is not the resource alone: something that it names does not exist, or another one came first. */
  readonly cause?: "reference" | "conflict";
}

/** `VirtualService prod/reviews-route` */
export function formatResourceName(resource: ResourceName): string {
  return `${resource.kind} ${resource.namespace}/${resource.name}`;
}

/** By file and line, or by resource where there are no files, so that equal sets of problems are equal text. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort(
    (a, b) =>
      compareText(a.file, b.file) ||
      a.line - b.line ||
      compareText(nameOf(a), nameOf(b)) ||
      compareText(a.field, b.field) ||
      compareText(a.reason, b.reason) ||
      compareText(a.severity, b.severity),
  );
}

function nameOf({ resource }: Problem): string {
  return resource === undefined ? "" : formatResourceName(resource);
}

/** Order of code units: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
