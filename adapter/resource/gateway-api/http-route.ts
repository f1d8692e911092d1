import type { HeaderMatch, HttpMatch, HttpRetry, QueryMatch } from "../../model/http.js";
import type { FieldPath } from "../../status/field-path.js";
import { optionalDuration_ms, parseDuration_ms } from "../duration.js";
import { badRegex } from "../re2.js";
import type { Report } from "../report.js";
import { httpRouteSpecSchema } from "../schema/gateway-api/routes.js";
import { checking } from "./checked.js";
import { type FiltersSpec, parseFilters, type WrittenFilter } from "./filters.js";
import { type BackendSpec, backend, type WrittenRef } from "./references.js";
import { routeParser } from "./routes.js";

/** An HTTPRoute, or a GRPCRoute as one. */
export interface HttpRouteSpec {
  /** None: all of the listener's. */
  readonly hostnames: readonly string[];
  readonly rules: readonly HttpRuleSpec[];
}

export interface HttpRuleSpec {
  readonly name: string | undefined;
  readonly path: FieldPath;
  /** One must hold. Never empty. */
  readonly matches: readonly MatchSpec[];
  readonly filters: FiltersSpec;
  readonly backends: readonly HttpBackendSpec[];
  readonly timeout_ms?: number | undefined;
  readonly retry?: HttpRetry | undefined;
}

export interface MatchSpec {
  readonly match: HttpMatch;
  /** By what is greater first the match is looked at before others. */
  readonly rank: readonly number[];
}

export interface HttpBackendSpec extends BackendSpec {
  readonly filters: FiltersSpec;
}

export interface WrittenValueMatch {
  readonly type?: "Exact" | "RegularExpression";
  readonly name: string;
  readonly value: string;
}

interface WrittenMatch {
  readonly path?: { readonly type?: "Exact" | "PathPrefix" | "RegularExpression"; readonly value?: string };
  readonly headers?: readonly WrittenValueMatch[];
  readonly queryParams?: readonly WrittenValueMatch[];
  readonly method?: string;
}

interface WrittenRule {
  readonly name?: string;
  readonly matches?: readonly WrittenMatch[];
  readonly filters?: readonly WrittenFilter[];
  readonly backendRefs?: readonly WrittenBackend[];
  readonly timeouts?: { readonly request?: string; readonly backendRequest?: string };
  readonly retry?: { readonly codes?: readonly number[]; readonly attempts?: number };
}

export type WrittenBackend = WrittenRef & { readonly weight?: number; readonly filters?: readonly WrittenFilter[] };

interface WrittenHttpRoute {
  readonly hostnames?: readonly string[];
  readonly rules?: readonly WrittenRule[];
}

/** How often a request is tried again where that is not said. */
const DEFAULT_ATTEMPTS = 2;

/** On connections that fail or end, or are silent for too long, the API asks for another try; on answers by their statuses. */
const RETRIED = ["connect-failure", "refused-stream", "reset"];

export const parseHttpRoute = routeParser(
  checking<WrittenHttpRoute, HttpRouteSpec>(httpRouteSpecSchema, ({ hostnames = [], rules = [{}] }, report) => ({
    hostnames,
    rules: rules.map((rule, index) => parseRule(rule, ["spec", "rules", index], report)),
  })),
);

function parseRule(
  { name, matches = [{}], filters = [], backendRefs = [], timeouts, retry }: WrittenRule,
  path: FieldPath,
  report: Report,
): HttpRuleSpec {
  const isPrefix = matches.every((match) => (match.path?.type ?? "PathPrefix") === "PathPrefix");
  const read = parseFilters(filters, isPrefix, [...path, "filters"], report);
  if (read.redirect !== undefined && backendRefs.length > 0) {
    report([...path, "backendRefs"], "requests that RequestRedirect sends elsewhere go to no backend");
  }
  return {
    name,
    path,
    matches: (matches.length > 0 ? matches : [{}]).map((match, item) =>
      parseMatch(match, [...path, "matches", item], report),
    ),
    filters: read,
    backends: parseBackends(backendRefs, [...path, "backendRefs"], report),
    ...parseTimes(timeouts, retry, path, report),
  };
}

export function parseBackends(
  written: readonly WrittenBackend[],
  path: FieldPath,
  report: Report,
): readonly HttpBackendSpec[] {
  return written.map((one, item) => {
    const { filters = [] } = one;
    const at = [...path, item, "filters"];
    for (const [index, { type }] of filters.entries()) {
      if (type === "RequestHeaderModifier" || type === "ResponseHeaderModifier") continue;
      report([...at, index, "type"], `${type} is not for one backend of several: write it for the rule`);
    }
    return { ...backend(one, [...path, item]), filters: parseFilters(filters, false, at, report) };
  });
}

function parseTimes(
  { request, backendRequest }: NonNullable<WrittenRule["timeouts"]> = {},
  retry: WrittenRule["retry"],
  path: FieldPath,
  report: Report,
): Pick<HttpRuleSpec, "timeout_ms" | "retry"> {
  const at = [...path, "timeouts"];
  const whole_ms = timeout_ms(request, [...at, "request"], report);
  const each_ms = timeout_ms(backendRequest, [...at, "backendRequest"], report);
  if (whole_ms !== undefined && each_ms !== undefined && each_ms > whole_ms) {
    report([...at, "backendRequest"], `${backendRequest}: must not be longer than request, ${request}`);
  }
  // The one try is the request.
  if (retry === undefined) return { timeout_ms: each_ms ?? whole_ms };
  const { codes = [], attempts = DEFAULT_ATTEMPTS } = retry;
  return {
    timeout_ms: whole_ms,
    retry: { attempts, on: RETRIED, statuses: codes, ...(each_ms !== undefined && { perTryTimeout_ms: each_ms }) },
  };
}

/** Nothing, as text, says that there is none. */
function timeout_ms(text: string | undefined, path: FieldPath, report: Report): number | undefined {
  if (text === undefined || parseDuration_ms(text) === 0) return undefined;
  return optionalDuration_ms(text, 1, path, report);
}

function parseMatch(
  { path, headers = [], queryParams = [], method }: WrittenMatch,
  at: FieldPath,
  report: Report,
): MatchSpec {
  const { type = "PathPrefix", value = "/" } = path ?? {};
  if (!value.startsWith("/")) report([...at, "path", "value"], `${value}: must begin with /`);
  if (type === "RegularExpression") requireRegex(value, [...at, "path", "value"], report);
  const conditions = [
    ...(method === undefined ? [] : [methodIs(method)]),
    ...parseHeaders(headers, [...at, "headers"], report),
  ];
  const query = firstOfEach(queryParams, (name) => name).map(({ one, index }): QueryMatch => {
    return { name: one.name, value: matcherOf(one, [...at, "queryParams", index, "value"], report) };
  });
  const prefix = value.replace(/\/+$/, "");
  const match: HttpMatch = {
    ...(type === "Exact" && { path: { kind: "exact", value } }),
    ...(type === "RegularExpression" && { path: { kind: "regex", value } }),
    ...(type === "PathPrefix" && prefix !== "" && { path: { kind: "segments", value: prefix } }),
    ...(conditions.length > 0 && { headers: conditions }),
    ...(query.length > 0 && { query }),
  };
  const kind = { Exact: 2, RegularExpression: 1, PathPrefix: 0 }[type];
  const length = type === "PathPrefix" ? prefix.length : value.length;
  const named = headers.length > 0 ? conditions.length - Number(method !== undefined) : 0;
  return { match, rank: [kind, length, Number(method !== undefined), named, query.length] };
}

function methodIs(method: string): HeaderMatch {
  return { name: ":method", value: { kind: "exact", value: method }, invert: false };
}

/** Of several for one header the first counts. */
export function parseHeaders(
  written: readonly WrittenValueMatch[],
  path: FieldPath,
  report: Report,
): readonly HeaderMatch[] {
  return firstOfEach(written, (name) => name.toLowerCase()).map(({ one, index }) => ({
    name: one.name.toLowerCase(),
    value: matcherOf(one, [...path, index, "value"], report),
    invert: false,
  }));
}

function firstOfEach(
  written: readonly WrittenValueMatch[],
  key: (name: string) => string,
): readonly { readonly one: WrittenValueMatch; readonly index: number }[] {
  const keys = written.map(({ name }) => key(name));
  return written.map((one, index) => ({ one, index })).filter(({ index }) => keys.indexOf(keys[index] ?? "") === index);
}

function matcherOf({ type = "Exact", value }: WrittenValueMatch, path: FieldPath, report: Report) {
  if (type === "RegularExpression") requireRegex(value, path, report);
  return { kind: type === "Exact" ? ("exact" as const) : ("regex" as const), value };
}

/** One that Envoy does not take would hold back all routes. */
export function requireRegex(regex: string, path: FieldPath, report: Report): void {
  const reason = badRegex(regex);
  if (reason !== undefined) report(path, `${regex}: ${reason}`);
}
