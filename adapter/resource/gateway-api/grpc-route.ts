import type { PathMatch } from "../../model/http.js";
import type { FieldPath } from "../../status/field-path.js";
import type { Report } from "../report.js";
import { grpcRouteSpecSchema } from "../schema/gateway-api/routes.js";
import { checking } from "./checked.js";
import { parseFilters, type WrittenFilter } from "./filters.js";
import {
  type HttpRouteSpec,
  type HttpRuleSpec,
  type MatchSpec,
  parseBackends,
  parseHeaders,
  requireRegex,
  type WrittenBackend,
  type WrittenValueMatch,
} from "./http-route.js";
import { routeParser } from "./routes.js";

interface WrittenMethod {
  readonly type?: "Exact" | "RegularExpression";
  readonly service?: string;
  readonly method?: string;
}

interface WrittenMatch {
  readonly method?: WrittenMethod;
  readonly headers?: readonly WrittenValueMatch[];
}

interface WrittenRule {
  readonly name?: string;
  readonly matches?: readonly WrittenMatch[];
  readonly filters?: readonly WrittenFilter[];
  readonly backendRefs?: readonly WrittenBackend[];
}

interface WrittenGrpcRoute {
  readonly hostnames?: readonly string[];
  readonly rules?: readonly WrittenRule[];
}

/** A method of gRPC is a path of HTTP/2: `/package.Service/Method`. */
export const parseGrpcRoute = routeParser(
  checking<WrittenGrpcRoute, HttpRouteSpec>(grpcRouteSpecSchema, ({ hostnames = [], rules = [{}] }, report) => ({
    hostnames,
    rules: rules.map((rule, index) => parseRule(rule, ["spec", "rules", index], report)),
  })),
);

function parseRule(
  { name, matches = [{}], filters = [], backendRefs = [] }: WrittenRule,
  path: FieldPath,
  report: Report,
): HttpRuleSpec {
  return {
    name,
    path,
    matches: (matches.length > 0 ? matches : [{}]).map((match, item) =>
      parseMatch(match, [...path, "matches", item], report),
    ),
    filters: parseFilters(filters, false, [...path, "filters"], report),
    backends: parseBackends(backendRefs, [...path, "backendRefs"], report),
  };
}

function parseMatch({ method, headers = [] }: WrittenMatch, path: FieldPath, report: Report): MatchSpec {
  const conditions = parseHeaders(headers, [...path, "headers"], report);
  const called = method && pathOf(method, [...path, "method"], report);
  const match = { ...(called && { path: called }), ...(conditions.length > 0 && { headers: conditions }) };
  const { service = "", method: name = "", type = "Exact" } = method ?? {};
  const isExact = method !== undefined && type === "Exact";
  return { match, rank: [Number(isExact), service.length, name.length, conditions.length] };
}

/** What `*` would be: any service, or any method. */
const ANY = "[^/]+";

function pathOf(
  { type = "Exact", service, method }: WrittenMethod,
  path: FieldPath,
  report: Report,
): PathMatch | undefined {
  if (!service && !method) {
    report(path, "service or method is needed here");
    return undefined;
  }
  if (type === "RegularExpression") {
    for (const [field, value] of Object.entries({ service, method }))
      requireRegex(value ?? "", [...path, field], report);
    return { kind: "regex", value: `/(?:${service || ANY})/(?:${method || ANY})` };
  }
  for (const [field, value = ""] of Object.entries({ service, method })) {
    if (!/^[\w.]*$/.test(value))
      report([...path, field], `${value}: must be a name of gRPC: letters, digits, \`_\` and \`.\``);
  }
  if (service && method) return { kind: "exact", value: `/${service}/${method}` };
  if (service) return { kind: "prefix", value: `/${service}/` };
  return { kind: "regex", value: `/${ANY}/${method}` };
}
