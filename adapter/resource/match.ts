import type { AttributeMatch } from "../model/model.js";
import type { FieldPath } from "../status/field-path.js";
import { SPECIFIERS } from "./matcher.js";
import type { Report } from "./report.js";

export interface MatchSpec {
  /** Relative to the resource. */
  readonly path: FieldPath;
  /** All must hold; empty where the route takes every call. */
  readonly conditions: readonly Condition[];
}

export interface Condition {
  readonly path: FieldPath;
  readonly match: AttributeMatch;
}

type WrittenMatcher = Partial<Record<"exact" | "prefix" | "suffix" | "contains" | "regex", string>> & {
  readonly present?: boolean;
  readonly range?: { readonly start: number; readonly end: number };
  readonly invert?: boolean;
};

type WrittenAttributes = Readonly<Record<string, WrittenMatcher>>;

/** The entries of a `match`, of which one must hold. */
export type WrittenMatch = readonly { readonly attributes: WrittenAttributes | readonly WrittenAttributes[] }[];

export function parseMatch(entries: WrittenMatch | undefined, path: FieldPath, report: Report): readonly MatchSpec[] {
  if (entries === undefined) return [{ path: path.slice(0, -1), conditions: [] }];
  return entries.map(({ attributes }, index) => {
    const at = [...path, index, "attributes"];
    const maps = Array.isArray(attributes)
      ? attributes.map((map: WrittenAttributes, item) => ({ map, at: [...at, item] }))
      : [{ map: attributes as WrittenAttributes, at }];
    const conditions = maps.flatMap(({ map, at }) =>
      Object.entries(map).flatMap(([name, matcher]) => {
        const path = [...at, name];
        const match = parseMatcher(name, matcher, path, report);
        return match === undefined ? [] : [{ path, match }];
      }),
    );
    return { path: [...path, index], conditions };
  });
}

function parseMatcher(
  name: string,
  matcher: WrittenMatcher,
  path: FieldPath,
  report: Report,
): AttributeMatch | undefined {
  if (name === "") {
    report(path, "an attribute needs a name");
    return undefined;
  }
  const said = SPECIFIERS.filter((specifier) => matcher[specifier] !== undefined);
  const [kind] = said;
  if (kind === undefined || said.length > 1) {
    const which = kind === undefined ? "says nothing" : `says ${said.join(" and ")}, and may say one only`;
    report(path, `${which}: write one of ${SPECIFIERS.join(", ")}`);
    return undefined;
  }
  const invert = matcher.invert ?? false;
  if (kind === "present") return { name, kind, invert: invert === matcher.present };
  if (kind === "range") {
    const { start, end } = matcher.range ?? { start: 0, end: 0 };
    if (start >= end) report([...path, "range"], `no number is at least ${start} and less than ${end}`);
    return { name, kind, start, end, invert };
  }
  return { name, kind, value: matcher[kind] ?? "", invert };
}
