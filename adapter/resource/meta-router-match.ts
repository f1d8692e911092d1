import type { AttributeMatch } from "../model/model.js";
import type { FieldPath } from "../status/field-path.js";
import type { Condition } from "./match.js";
import type { Report } from "./report.js";

export interface WrittenMatcher {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
}

/** How Aeraki writes "any value". */
const ANY = "*";

export function parseConditions(
  attributes: Readonly<Record<string, WrittenMatcher>>,
  at: FieldPath,
  report: Report,
): readonly Condition[] {
  return Object.entries(attributes).flatMap(([name, matcher]) => {
    const path = [...at, name];
    const said = Object.keys(matcher);
    if (name === "") report(path, "an attribute needs a name");
    if (said.length > 1) report(path, `says ${said.join(" and ")}, and may say one only`);
    return { path, match: parseMatcher(name, matcher) };
  });
}

/** A name without anything asks whether the attribute is there. */
function parseMatcher(name: string, { exact, prefix, regex }: WrittenMatcher): AttributeMatch {
  const common = { name, invert: false };
  if (exact !== undefined) return { ...common, kind: "exact", value: exact };
  if (prefix !== undefined) return { ...common, kind: "prefix", value: prefix };
  if (regex !== undefined && regex !== ANY) return { ...common, kind: "regex", value: regex };
  return { ...common, kind: "present" };
}
