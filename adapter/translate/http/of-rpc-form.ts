import type {
  HeaderMatch,
  HeaderMutation,
  HeaderMutations,
  HttpLocalRateLimit,
  HttpMatch,
  HttpPolicy,
  HttpRateLimitEntry,
  HttpRetry,
  PathMatch,
  QueryMatch,
} from "../../model/http.js";
import type {
  AttributeMatch,
  LocalRateLimit,
  MessageMutations,
  Mutation,
  RateLimitEntry,
  RoutePolicy,
} from "../../model/model.js";
import { HEADER_NAME } from "../../resource/http/match.js";
import {
  type HttpDestinationSpec,
  type HttpGlobalRateLimitSpec,
  type HttpRouteSpec,
  type HttpVirtualServiceSpec,
  MESH_GATEWAY,
} from "../../resource/http/spec.js";
import type { Condition } from "../../resource/match.js";
import type { GlobalRateLimitSpec } from "../../resource/policies/global-rate-limit.js";
import { DEFAULT_BUDGET, type RetrySpec } from "../../resource/policies/retries.js";
import { badRegex } from "../../resource/re2.js";
import type { Report } from "../../resource/report.js";
import type { RouteSpec, VirtualServiceSpec } from "../../resource/virtual-service.js";
import type { FieldPath } from "../../status/field-path.js";

/** What of a request is no header, by the names that routes have for it; `query.NAME` is a parameter of the query. */
const PSEUDO_HEADERS: Readonly<Record<string, string>> = {
  method: ":method",
  authority: ":authority",
  scheme: ":scheme",
};
const QUERY = "query.";
const PATH = "path";
const ADDRESS = "source.ip";

const MIN_FILL_INTERVAL_MS = 50;

/** Meltemi's VirtualService of HTTP, in the form of Istio's. What Envoy cannot do for HTTP is reported. */
export function ofRpcForm(
  { hosts, exportTo, gateways, routes }: VirtualServiceSpec,
  report: Report,
): HttpVirtualServiceSpec {
  hosts.forEach((host, index) => {
    if (!/^(\*|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|[0-9a-f:.]*:[0-9a-f:.]*)$/.test(host)) {
      report(
        ["spec", "hosts", index],
        `${host}: requests of HTTP are for hosts, in lower case and without a port; of another protocol write protocol`,
      );
    }
  });
  return {
    hosts,
    gateways: gateways ?? [MESH_GATEWAY],
    http: routes.map((route, index) => toHttpRoute(route, ["spec", "routes", index], report)),
    tls: [],
    tcp: [],
    exportTo,
  };
}

function toHttpRoute(route: RouteSpec, path: FieldPath, report: Report): HttpRouteSpec {
  const { name, match, policy = {}, retry, mirrors = [], globalRateLimit } = route;
  const ofRoute = policy.mutations && toHeaders(policy.mutations, [...path, "headers"], report);
  // A destination that changes something says what its route changes, too.
  const own = route.destinations.some(({ mutations }) => mutations !== undefined);
  const destinations = route.destinations.map(
    ({ host, subset, port, weight, mutations }, index): HttpDestinationSpec => {
      const at = [...path, "route", index];
      const headers = mutations ? toHeaders(mutations, [...at, "headers"], report) : own ? ofRoute : undefined;
      return { host, subset, port, path: [...at, "destination"], weight, ...(headers && { headers }) };
    },
  );
  const limit = globalRateLimit && toGlobalRateLimit(globalRateLimit, report);
  return {
    name,
    path,
    match: match.map(({ path, conditions }) => ({
      name: "",
      path,
      match: toMatch(conditions, report),
      port: undefined,
      gateways: undefined,
    })),
    action: { kind: "forward", destinations },
    policy: {
      ...toPolicy(policy, path, report),
      ...(retry && { retry: toRetry(retry, report) }),
      ...(ofRoute && !own && { headers: ofRoute }),
    },
    mirrors: mirrors.map((mirror, index) => ({ ...mirror, path: [...path, "mirrors", index, "destination"] })),
    ...(limit && { globalRateLimit: limit }),
  };
}

function toMatch(conditions: readonly Condition[], report: Report): HttpMatch {
  let pathMatch: PathMatch | undefined;
  const headers: HeaderMatch[] = [];
  const query: QueryMatch[] = [];
  for (const { path, match } of conditions) {
    if (match.name.startsWith(QUERY)) query.push(...toQuery(match, path, report));
    else if (match.name !== PATH) headers.push(...toHeader(match, path, report));
    else {
      const plain = pathMatch === undefined && !match.invert ? toPath(match, path, report) : undefined;
      if (plain === undefined) headers.push(...pathHeader(match, path, report));
      else pathMatch = plain;
    }
  }
  return {
    ...(pathMatch && { path: pathMatch }),
    ...(headers.length > 0 && { headers }),
    ...(query.length > 0 && { query }),
  };
}

/** Undefined: it cannot be said of the path alone. */
function toPath(match: AttributeMatch, path: FieldPath, report: Report): PathMatch | undefined {
  switch (match.kind) {
    case "exact":
    case "prefix":
      return { kind: match.kind, value: match.value };
    case "regex":
      requireRegex(match.value, path, report);
      return { kind: "regex", value: match.value };
    case "suffix":
      return { kind: "regex", value: `.*${escapeRegex(match.value)}` };
    case "contains":
      return { kind: "regex", value: `.*${escapeRegex(match.value)}.*` };
    default:
      return undefined;
  }
}

/** The header that Envoy has the path in has the query in it, too. */
function pathHeader(match: AttributeMatch, path: FieldPath, report: Report): readonly HeaderMatch[] {
  const anything = "[^?]*";
  const expressions: Readonly<Record<string, (value: string) => string>> = {
    exact: (value) => value,
    prefix: (value) => `${value}${anything}`,
    suffix: (value) => `${anything}${value}`,
    contains: (value) => `${anything}${value}${anything}`,
  };
  const expression = expressions[match.kind];
  if (expression === undefined || !("value" in match)) {
    report(path, "of the path: exact, prefix, suffix and contains, and one regex that is not inverted");
    return [];
  }
  const value = `${expression(escapeRegex(match.value))}(\\?.*)?`;
  return [{ name: ":path", value: { kind: "regex", value }, invert: match.invert }];
}

function toQuery(match: AttributeMatch, path: FieldPath, report: Report): readonly QueryMatch[] {
  const name = match.name.slice(QUERY.length);
  if (match.invert) report(path, "Envoy cannot turn around what is said of the query: put another route in front");
  if (match.kind === "range") report([...path, "range"], "numbers in the query are not compared: write a regex");
  if (match.kind === "regex") requireRegex(match.value, path, report);
  if (match.kind === "range") return [];
  return [{ name, value: match.kind === "present" ? { kind: "present" } : { kind: match.kind, value: match.value } }];
}

function toHeader(match: AttributeMatch, path: FieldPath, report: Report): readonly HeaderMatch[] {
  const name = headerOf(match.name);
  if (name === undefined) {
    report(
      path,
      `requests of HTTP have headers, path, method, authority, scheme and query.NAME; ${match.name} is none`,
    );
    return [];
  }
  const { invert } = match;
  switch (match.kind) {
    case "present":
      return [{ name, value: { kind: "present" }, invert }];
    case "range":
      return [{ name, value: { kind: "range", start: match.start, end: match.end }, invert }];
    default:
      if (match.kind === "regex") requireRegex(match.value, path, report);
      return [{ name, value: { kind: match.kind, value: match.value }, invert }];
  }
}

/** Undefined: it is none. */
function headerOf(attribute: string): string | undefined {
  const lower = attribute.toLowerCase();
  return PSEUDO_HEADERS[lower] ?? (HEADER_NAME.test(lower) && lower !== ADDRESS ? lower : undefined);
}

function requireRegex(value: string, path: FieldPath, report: Report): void {
  const reason = badRegex(value);
  if (reason !== undefined) report([...path, "regex"], `${value}: ${reason}`);
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function toHeaders({ request, response }: MessageMutations, path: FieldPath, report: Report): HeaderMutations {
  return {
    ...(request && { request: toMutation(request, [...path, "request"], report) }),
    ...(response && { response: toMutation(response, [...path, "response"], report) }),
  };
}

function toMutation({ set, add, remove }: Mutation, path: FieldPath, report: Report): HeaderMutation {
  const named = (name: string, ...at: FieldPath): string => {
    const lower = name.toLowerCase();
    if (!HEADER_NAME.test(lower) || lower === "host") report([...path, ...at], "is no header that can be changed");
    return lower;
  };
  const values = (given: Readonly<Record<string, string>>, which: string) =>
    Object.fromEntries(
      Object.entries(given).map(([name, value]) => {
        if (/[\r\n\0]/.test(value)) report([...path, which, name], "a header's value is one line");
        return [named(name, which, name), value.replaceAll("%", "%%")];
      }),
    );
  return {
    set: values(set, "set"),
    add: values(add, "add"),
    remove: remove.map((name, index) => named(name, "remove", index)),
  };
}

function toPolicy(policy: RoutePolicy, path: FieldPath, report: Report): HttpPolicy {
  const { timeout_ms, delay, abort, localRateLimits = [] } = policy;
  if (policy.circuitBreaker !== undefined) {
    const at = policy.circuitBreaker.scope === "service" ? ["spec"] : path;
    const reason =
      "Envoy bounds requests of HTTP by their destination: write connectionPool.http in its DestinationRule";
    report([...at, "circuitBreaker"], reason);
  }
  if (policy.sticky !== undefined) {
    const reason =
      "not for HTTP: which of several destinations is taken is drawn. For one host write consistentHash in a DestinationRule";
    report([...path, "sticky"], reason);
  }
  if (policy.timeoutFrom !== undefined) {
    report([...path, "timeoutFrom"], "not for HTTP: write timeout. Of gRPC the call's own timeout counts besides");
  }
  if (abort?.message !== undefined)
    report([...path, "fault", "abort", "message"], "Envoy's answer has a text of its own");
  const status = abort?.status ?? 503;
  if (status < 200 || status > 599) {
    report([...path, "fault", "abort", "status"], `${status}: must be a status of HTTP, 200 to 599`);
  }
  const limits = localRateLimits.map((limit) => toLocalRateLimit(limit, path, report));
  return {
    ...(timeout_ms !== undefined && { timeout_ms }),
    ...(delay && { delay }),
    ...(abort && { abort: { percentage: abort.percentage, status: { http: status } } }),
    ...(limits.length > 0 && { localRateLimits: limits }),
  };
}

function toLocalRateLimit(limit: LocalRateLimit, route: FieldPath, report: Report): HttpLocalRateLimit {
  const { id, bucket, match, per, scope } = limit;
  const isCommon = id.startsWith("all ");
  const path = [...(isCommon ? ["spec"] : route), "localRateLimits"];
  if (per !== undefined) report(path, "per: not for HTTP: write a limit with a match for each value");
  if (scope === "WORKER") report(path, "scope WORKER: not for HTTP, whose limits hold for an Envoy as a whole");
  if (match.length > 1)
    report(path, "match: one entry for a limit of HTTP, since a request is counted for each that holds");
  if (bucket.fillInterval_ms < MIN_FILL_INTERVAL_MS) {
    report(path, `fillInterval: at least ${MIN_FILL_INTERVAL_MS}ms for HTTP, as Envoy has it`);
  }
  const conditions = match.map((alternative) =>
    alternative.flatMap((one): readonly HeaderMatch[] => {
      const at = [...path, "match", one.name];
      if (one.name.startsWith(QUERY)) report(at, "limits look at headers and the path: put a route in front for it");
      return one.name === PATH ? pathHeader(one, at, report) : toHeader(one, at, report);
    }),
  );
  return { scope: isCommon ? "service" : "route", id, bucket, match: conditions };
}

const RETRY_CONDITIONS: Readonly<Record<string, string>> = {
  "connect-failure": "connect-failure",
  reset: "reset",
  refused: "refused-stream",
  error: "5xx",
};

function toRetry(retry: RetrySpec, report: Report): HttpRetry {
  const { attempts, on, statuses, perTryTimeout_ms, backoff_ms, maxBackoff_ms, path } = retry;
  const field = (name: string): FieldPath => [...path.slice(0, -1), name];
  if (on.includes("timeout"))
    report(path, "timeout: Envoy's reset holds for tries whose time is over, too: write that");
  for (const word of statuses) {
    if (!/^[1-5][0-9][0-9]$/.test(word))
      report(path, `${word} is no status of HTTP, and none of connect-failure, reset, refused, error`);
  }
  if (retry.maxMessageBytes !== undefined) {
    report(field("maxMessageBytes"), "not for HTTP: Envoy keeps what fits into its buffer of 1 MiB");
  }
  const { percent, minRetryConcurrency } = retry.budget;
  if (percent !== DEFAULT_BUDGET.percent || minRetryConcurrency !== DEFAULT_BUDGET.minRetryConcurrency) {
    report(
      field("budget"),
      "Envoy bounds retries by their destination: write connectionPool.http.maxRetries in its DestinationRule",
    );
  }
  return {
    attempts,
    ...(perTryTimeout_ms !== undefined && { perTryTimeout_ms }),
    on: on.flatMap((word) => RETRY_CONDITIONS[word] ?? []),
    statuses: statuses.map(Number),
    backoff_ms,
    maxBackoff_ms,
  };
}

function toGlobalRateLimit(
  { service, path, domain, timeout_ms, failureModeDeny, descriptors }: GlobalRateLimitSpec,
  report: Report,
): HttpGlobalRateLimitSpec {
  const at = path.slice(0, -1);
  return {
    service,
    path,
    domain,
    ...(timeout_ms !== undefined && { timeout_ms }),
    failureModeDeny,
    descriptors: descriptors.map(({ entries, match }, index) => {
      const own = [...at, "descriptors", index];
      if (match.length > 0) report([...own, "match"], "not for HTTP: write the limit in a route with that match");
      return { entries: entries.flatMap((entry, item) => toEntry(entry, [...own, "entries", item], report)) };
    }),
  };
}

function toEntry(entry: RateLimitEntry, path: FieldPath, report: Report): readonly HttpRateLimitEntry[] {
  const { key } = entry;
  if ("value" in entry) return [{ kind: "value", key, value: entry.value }];
  const { attribute, skipIfAbsent } = entry;
  if (attribute === ADDRESS) {
    if (key !== "remote_address") report([...path, "key"], `of ${ADDRESS} the key is remote_address, as Envoy has it`);
    return [{ kind: "remote-address" }];
  }
  const header = attribute === PATH || attribute.startsWith(QUERY) ? undefined : headerOf(attribute);
  if (header !== undefined) return [{ kind: "header", key, header, skipIfAbsent }];
  report([...path, "attribute"], `write a header, method, authority, scheme or ${ADDRESS}`);
  return [];
}
