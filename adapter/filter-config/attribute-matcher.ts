import type { AttributeMatch } from "../model/model.js";

export interface FilterAttributeMatcher {
  readonly name: string;
  readonly exact_match?: string;
  readonly prefix_match?: string;
  readonly suffix_match?: string;
  readonly contains_match?: string;
  readonly regex_match?: string;
  readonly present_match?: boolean;
  readonly range_match?: { readonly start: string; readonly end: string };
  readonly invert_match?: boolean;
}

export function toAttributeMatcher(match: AttributeMatch): FilterAttributeMatcher {
  return { name: match.name, ...specifier(match), ...(match.invert && { invert_match: true }) };
}

function specifier(match: AttributeMatch): Omit<FilterAttributeMatcher, "name"> {
  switch (match.kind) {
    case "present":
      return { present_match: true };
    case "range":
      return { range_match: { start: String(match.start), end: String(match.end) } };
    default:
      return { [`${match.kind}_match`]: match.value };
  }
}
