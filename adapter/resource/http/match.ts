import type { HeaderMatch, HttpMatch, PathMatch, QueryMatch, StringMatch } from "../../model/http.js";
import type { FieldPath } from "../../status/field-path.js";
import { badRegex } from "../re2.js";
import type { Report } from "../report.js";
import type { ConnectionMatchSpec, HttpMatchSpec } from "./spec.js";

export type WrittenStringMatch = Partial<Record<"exact" | "prefix" | "regex", string>>;

type WrittenConditions = Readonly<Record<string, WrittenStringMatch>>;

export interface WrittenHttpMatch {
  readonly name?: string;
  readonly uri?: WrittenStringMatch;
  readonly ignoreUriCase?: boolean;
  readonly scheme?: WrittenStringMatch;
  readonly method?: WrittenStringMatch;
  readonly authority?: WrittenStringMatch;
  readonly headers?: WrittenConditions;
  readonly withoutHeaders?: WrittenConditions;
  readonly queryParams?: WrittenConditions;
  readonly port?: number;
  readonly gateways?: readonly string[];
}

export interface WrittenConnectionMatch {
  readonly sniHosts?: readonly string[];
  readonly port?: number;
  readonly gateways?: readonly string[];
}

/** A token of RFC 9110, in lower case. */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/** The entries of a route's `match`; without one: every request. */
export function parseHttpMatches(
  written: readonly WrittenHttpMatch[] | undefined,
  path: FieldPath,
  report: Report,
): readonly HttpMatchSpec[] {
  if (written === undefined || written.length === 0) {
    return [{ name: "", path: path.slice(0, -1), match: {}, port: undefined, gateways: undefined }];
  }
  return written.map((one, index) => {
    const at = [...path, index];
    return {
      name: one.name ?? "",
      path: at,
      match: parseMatch(one, at, report),
      port: one.port,
      gateways: one.gateways,
    };
  });
}

function parseMatch(written: WrittenHttpMatch, path: FieldPath, report: Report): HttpMatch {
  const uri = written.uri && parsePath(written.uri, written.ignoreUriCase ?? false, [...path, "uri"], report);
  const pseudo = (["method", "authority", "scheme"] as const).flatMap((name): readonly HeaderMatch[] => {
    const value = written[name] && parseStringMatch(written[name], [...path, name], report);
    return value ? [{ name: `:${name}`, value, invert: false }] : [];
  });
  const headers = [
    ...parseHeaders(written.headers, false, [...path, "headers"], report),
    ...parseHeaders(written.withoutHeaders, true, [...path, "withoutHeaders"], report),
    ...pseudo,
  ];
  const query = Object.entries(written.queryParams ?? {}).map(
    ([name, one]): QueryMatch => ({ name, value: valueMatch(one, [...path, "queryParams", name], report) }),
  );
  return {
    ...(uri && { path: uri }),
    ...(headers.length > 0 && { headers }),
    ...(query.length > 0 && { query }),
  };
}

/** Undefined: it is any path. */
function parsePath(
  written: WrittenStringMatch,
  ignoreCase: boolean,
  path: FieldPath,
  report: Report,
): PathMatch | undefined {
  const found = parseStringMatch(written, path, report);
  if (found === undefined) return undefined;
  const { kind, value } = found;
  if (kind === "prefix" && (value === "/" || value === "")) return undefined;
  if (kind === "exact" || kind === "prefix") return { kind, value, ...(ignoreCase && { ignoreCase }) };
  if (ignoreCase) report(path, "ignoreUriCase is not for regular expressions: begin it with (?i)");
  return { kind: "regex", value };
}

function parseHeaders(
  written: WrittenConditions = {},
  invert: boolean,
  path: FieldPath,
  report: Report,
): readonly HeaderMatch[] {
  return Object.entries(written).map(([name, one]): HeaderMatch => {
    const at = [...path, name];
    if (name.startsWith("@")) report(at, "claims of tokens are not supported: what the header says is compared");
    else if (name.startsWith(":")) report(at, "write it in uri, method, authority or scheme");
    else if (!HEADER_NAME.test(name)) report(at, "is no name of a header in lower case");
    return { name, value: valueMatch(one, at, report), invert };
  });
}

/** A condition without a value, and Istio's `regex: "*"`, ask that it is there. */
function valueMatch(
  written: WrittenStringMatch,
  path: FieldPath,
  report: Report,
): StringMatch | { readonly kind: "present" } {
  if (Object.keys(written).length === 0 || written.regex === "*") return { kind: "present" };
  return parseStringMatch(written, path, report) ?? { kind: "present" };
}

/** Undefined where something was reported. */
export function parseStringMatch(
  written: WrittenStringMatch,
  path: FieldPath,
  report: Report,
): StringMatch | undefined {
  const [entry, ...others] = Object.entries(written);
  if (entry === undefined || others.length > 0) {
    report(path, "write one of exact, prefix and regex");
    return undefined;
  }
  const [kind, value] = entry as ["exact" | "prefix" | "regex", string];
  const reason = kind === "regex" ? badRegex(value) : undefined;
  // Envoy takes an empty prefix of paths alone, and no empty expression.
  const isEmpty = value === "" && kind !== "exact" && !(kind === "prefix" && path.at(-1) === "uri");
  if (isEmpty) report([...path, kind], "must not be empty");
  else if (reason !== undefined) report([...path, kind], `${value}: ${reason}`);
  else return { kind, value };
  return undefined;
}

export function parseConnectionMatches(
  written: readonly WrittenConnectionMatch[] = [],
  path: FieldPath,
): readonly ConnectionMatchSpec[] {
  if (written.length === 0) return [{ path: path.slice(0, -1), sniHosts: [], port: undefined, gateways: undefined }];
  return written.map(({ sniHosts = [], port, gateways }, index) => ({
    path: [...path, index],
    sniHosts: sniHosts.map((name) => name.toLowerCase()),
    port,
    gateways,
  }));
}
