import type { HeaderMatch, HttpMatch, PathMatch, QueryMatch, StringMatch } from "../../model/http.js";
import type { JsonObject } from "../json.js";

/** Envoy's RouteMatch. */
export function routeMatch({ path, headers = [], query = [] }: HttpMatch): JsonObject {
  return {
    ...pathMatch(path),
    headers: headers.length > 0 ? headers.map(headerMatch) : undefined,
    query_parameters: query.length > 0 ? query.map(queryMatch) : undefined,
  };
}

function pathMatch(path: PathMatch | undefined): JsonObject {
  if (path === undefined) return { prefix: "/" };
  const { kind, value, ignoreCase } = path;
  const caseSensitive = ignoreCase ? { case_sensitive: false } : {};
  switch (kind) {
    case "exact":
      return { path: value, ...caseSensitive };
    case "prefix":
      return { prefix: value, ...caseSensitive };
    case "segments":
      // Envoy takes none with a / at its end.
      return value === "/" ? { prefix: "/" } : { path_separated_prefix: value.replace(/\/+$/, ""), ...caseSensitive };
    case "regex":
      return { safe_regex: { regex: value } };
  }
}

export function headerMatch({ name, value, invert }: HeaderMatch): JsonObject {
  const inverted = invert ? { invert_match: true } : {};
  if (value.kind === "present") return { name, present_match: true, ...inverted };
  const { kind } = value;
  const match =
    kind === "range" ? { range_match: { start: value.start, end: value.end } } : { string_match: stringMatch(value) };
  // Without this an absent header would not match an inverted condition.
  return { name, ...match, ...inverted, ...(invert && { treat_missing_header_as_empty: true }) };
}

function queryMatch({ name, value }: QueryMatch): JsonObject {
  return value.kind === "present" ? { name, present_match: true } : { name, string_match: stringMatch(value) };
}

export function stringMatch({ kind, value, ignoreCase }: StringMatch): JsonObject {
  if (kind === "regex") return { safe_regex: { regex: value } };
  return { [kind]: value, ...(ignoreCase && { ignore_case: true }) };
}
