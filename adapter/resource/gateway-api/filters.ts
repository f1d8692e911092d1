import type { HeaderMutation, HeaderMutations, RedirectAction, Rewrite } from "../../model/http.js";
import type { FieldPath } from "../../status/field-path.js";
import type { Report } from "../report.js";
import { type ObjectRef, objectRef, type WrittenRef } from "./references.js";

/** What the filters of a rule, or of one of its backends, do. */
export interface FiltersSpec {
  readonly headers?: HeaderMutations;
  readonly redirect?: Omit<RedirectAction, "kind">;
  readonly rewrite?: Rewrite;
  readonly mirrors: readonly { readonly ref: ObjectRef; readonly percentage: number }[];
}

interface WrittenModifier {
  readonly set?: readonly WrittenHeader[];
  readonly add?: readonly WrittenHeader[];
  readonly remove?: readonly string[];
}

interface WrittenHeader {
  readonly name: string;
  readonly value: string;
}

interface WrittenPathModifier {
  readonly type: "ReplaceFullPath" | "ReplacePrefixMatch";
  readonly replaceFullPath?: string;
  readonly replacePrefixMatch?: string;
}

/** As its schema allows it. */
export interface WrittenFilter {
  readonly type:
    | "RequestHeaderModifier"
    | "ResponseHeaderModifier"
    | "RequestRedirect"
    | "URLRewrite"
    | "RequestMirror";
  readonly requestHeaderModifier?: WrittenModifier;
  readonly responseHeaderModifier?: WrittenModifier;
  readonly requestRedirect?: {
    readonly scheme?: string;
    readonly hostname?: string;
    readonly path?: WrittenPathModifier;
    readonly port?: number;
    readonly statusCode?: number;
  };
  readonly urlRewrite?: { readonly hostname?: string; readonly path?: WrittenPathModifier };
  readonly requestMirror?: {
    readonly backendRef: WrittenRef;
    readonly percent?: number;
    readonly fraction?: { readonly numerator: number; readonly denominator?: number };
  };
}

const FIELDS = {
  RequestHeaderModifier: "requestHeaderModifier",
  ResponseHeaderModifier: "responseHeaderModifier",
  RequestRedirect: "requestRedirect",
  URLRewrite: "urlRewrite",
  RequestMirror: "requestMirror",
} as const;

const REDIRECTS = [301, 302, 303, 307, 308];

/** `isPrefix`: every match of the rule is of a path's prefix. */
export function parseFilters(
  filters: readonly WrittenFilter[],
  isPrefix: boolean,
  path: FieldPath,
  report: Report,
): FiltersSpec {
  let headers: HeaderMutations | undefined;
  let redirect: FiltersSpec["redirect"];
  let rewrite: Rewrite | undefined;
  const mirrors: FiltersSpec["mirrors"][number][] = [];
  const types = filters.map(({ type }) => type);
  for (const [index, filter] of filters.entries()) {
    const { type } = filter;
    const at = [...path, index];
    if (type !== "RequestMirror" && types.indexOf(type) !== index) report([...at, "type"], `${type} stands here twice`);
    const said = Object.values(FIELDS).filter((field) => filter[field] !== undefined);
    if (said.length !== 1 || said[0] !== FIELDS[type]) {
      report(at, `${type} has ${FIELDS[type]} and nothing besides`);
      continue;
    }
    const { requestHeaderModifier: request, responseHeaderModifier: response } = filter;
    if (request) headers = { ...headers, request: modification(request, [...at, FIELDS[type]], report) };
    if (response) headers = { ...headers, response: modification(response, [...at, FIELDS[type]], report) };
    const { requestRedirect, urlRewrite, requestMirror } = filter;
    if (requestRedirect) redirect = parseRedirect(requestRedirect, isPrefix, [...at, FIELDS[type]], report);
    if (urlRewrite) {
      const { hostname, path: modifier } = urlRewrite;
      rewrite = {
        ...(hostname && { authority: hostname }),
        ...(modifier && { path: parsePath(modifier, isPrefix, [...at, FIELDS[type], "path"], report) }),
      };
    }
    if (requestMirror) mirrors.push(parseMirror(requestMirror, [...at, FIELDS[type]], report));
  }
  if (redirect !== undefined && rewrite !== undefined)
    report(path, "RequestRedirect and URLRewrite exclude each other");
  return { ...(headers && { headers }), ...(redirect && { redirect }), ...(rewrite && { rewrite }), mirrors };
}

function modification(
  { set = [], add = [], remove = [] }: WrittenModifier,
  path: FieldPath,
  report: Report,
): HeaderMutation {
  const names = [...set, ...add].map(({ name }) => name).concat(remove);
  for (const [index, name] of names.entries()) {
    // What Envoy refuses to change, and all that comes along with it.
    if (/^(host|:.*)$/i.test(name))
      report(path, `${name} cannot be changed by a header modifier: URLRewrite has hostname`);
    if (names.findIndex((one) => one.toLowerCase() === name.toLowerCase()) !== index) {
      report(path, `${name} stands here twice`);
    }
  }
  // What Envoy would put something in place of is meant as it stands.
  const map = (headers: readonly WrittenHeader[]) =>
    Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value.replaceAll("%", "%%")]));
  return { set: map(set), add: map(add), remove: remove.map((name) => name.toLowerCase()) };
}

function parseRedirect(
  { scheme, hostname, path: modifier, port, statusCode = 302 }: NonNullable<WrittenFilter["requestRedirect"]>,
  isPrefix: boolean,
  path: FieldPath,
  report: Report,
): FiltersSpec["redirect"] {
  if (!REDIRECTS.includes(statusCode)) {
    report([...path, "statusCode"], `${statusCode}: must be one of ${REDIRECTS.join(", ")}`);
  }
  const changed = modifier && parsePath(modifier, isPrefix, [...path, "path"], report);
  return {
    ...(scheme && { scheme }),
    ...(hostname && { host: hostname }),
    ...(port && { port }),
    ...(changed && { path: changed }),
    status: statusCode as RedirectAction["status"],
  };
}

function parsePath(
  { type, replaceFullPath, replacePrefixMatch }: WrittenPathModifier,
  isPrefix: boolean,
  path: FieldPath,
  report: Report,
): { readonly kind: "full" | "prefix"; readonly value: string } {
  const [field, value, other] =
    type === "ReplaceFullPath"
      ? (["replaceFullPath", replaceFullPath, replacePrefixMatch] as const)
      : (["replacePrefixMatch", replacePrefixMatch, replaceFullPath] as const);
  if (value === undefined || other !== undefined) report(path, `${type} has ${field} and nothing besides`);
  if (type === "ReplacePrefixMatch" && !isPrefix) {
    report([...path, "type"], "ReplacePrefixMatch needs matches of type PathPrefix alone");
  }
  return { kind: type === "ReplaceFullPath" ? "full" : "prefix", value: value ?? "" };
}

function parseMirror(
  { backendRef, percent, fraction }: NonNullable<WrittenFilter["requestMirror"]>,
  path: FieldPath,
  report: Report,
): FiltersSpec["mirrors"][number] {
  if (percent !== undefined && fraction !== undefined) report(path, "percent and fraction exclude each other");
  const { numerator, denominator = 100 } = fraction ?? { numerator: percent ?? 100 };
  if (numerator > denominator) report([...path, "fraction"], `${numerator} of ${denominator} is more than all`);
  // To four decimals, as Envoy has it.
  const percentage = Math.round((numerator / denominator) * 1_000_000) / 10_000;
  return { ref: objectRef(backendRef, "Service", [...path, "backendRef"]), percentage };
}
