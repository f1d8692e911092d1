import {
  type ForwardAction,
  type HttpAction,
  type HttpDestination,
  type HttpMatch,
  type HttpMirror,
  type HttpPolicy,
  type HttpRoute,
  type HttpVirtualHost,
  isHttp2,
  type PathRewrite,
} from "../../model/http.js";
import type { FiltersSpec } from "../../resource/gateway-api/filters.js";
import type { HttpRouteSpec, HttpRuleSpec } from "../../resource/gateway-api/http-route.js";
import { GATEWAY_API_GROUP } from "../../resource/gateway-api/references.js";
import type { RequestRoute } from "../../resource/gateway-api/resources.js";
import type { FieldPath } from "../../status/field-path.js";
import { compareText, formatResourceName } from "../../status/problem.js";
import { type Backend, type BackendFinder, type BadBackend, findBackend, isBad } from "./backends.js";
import type { ListenerDraft } from "./listeners.js";

/** A route of requests in the version that is in force, with all that it refers to looked for. */
export interface ResolvedRequests {
  readonly resource: RequestRoute;
  readonly hostnames: readonly string[];
  readonly rules: readonly ResolvedRule[];
  /** What it refers to in vain. */
  readonly bad: readonly BadBackend[];
}

interface ResolvedRule {
  readonly rule: HttpRuleSpec;
  readonly destinations: readonly HttpDestination[];
  /** Share of the requests, in percent, that are for backends which are not there. */
  readonly lost: number;
  readonly mirrors: readonly HttpMirror[];
}

export function resolveRequests(resource: RequestRoute, spec: HttpRouteSpec, finder: BackendFinder): ResolvedRequests {
  const bad: BadBackend[] = [];
  const from = { group: GATEWAY_API_GROUP, kind: resource.kind, namespace: resource.namespace };
  const find = (ref: Parameters<typeof findBackend>[0]): Backend | undefined => {
    const found = findBackend(ref, from, true, finder);
    const refusal = isBad(found) ? found : badForGrpc(found, ref.path);
    if (refusal === undefined) return found as Backend;
    bad.push(refusal);
    return undefined;
  };
  const rules = spec.rules.map((rule): ResolvedRule => {
    const targets = rule.backends.map(({ ref, weight, filters }) => ({ backend: find(ref), weight, filters }));
    const total = targets.reduce((sum, { weight }) => sum + weight, 0);
    const missing = targets.reduce((sum, { backend, weight }) => sum + (backend === undefined ? weight : 0), 0);
    const destinations = targets.flatMap(({ backend, weight, filters }): readonly HttpDestination[] => {
      if (backend === undefined || weight === 0) return [];
      return [{ ...backend, subset: undefined, weight, ...(filters.headers && { headers: filters.headers }) }];
    });
    const mirrors = rule.filters.mirrors.flatMap(({ ref, percentage }): readonly HttpMirror[] => {
      const backend = find(ref);
      return backend === undefined ? [] : [{ ...backend, subset: undefined, percentage }];
    });
    // To four decimals, as Envoy has it.
    return { rule, destinations, lost: total === 0 ? 0 : Math.round((missing / total) * 1e6) / 1e4, mirrors };
  });
  return { resource, hostnames: spec.hostnames, rules, bad };

  function badForGrpc({ host, port }: Backend, path: FieldPath): BadBackend | undefined {
    const spoken = finder.spoken(host, port);
    if (resource.kind !== "GRPCRoute" || spoken === undefined || isHttp2(spoken)) return undefined;
    const message = `port ${port} of ${host} speaks ${spoken}: gRPC needs HTTP/2. Name the port grpc, or give it the appProtocol kubernetes.io/h2c`;
    return { reason: "UnsupportedProtocol", path: [...path, "port"], message };
  }
}

/** A route at a listener, for these hosts of it. */
export interface AttachedRequests {
  readonly route: ResolvedRequests;
  readonly hosts: readonly string[];
}

interface Ranked {
  readonly rank: readonly number[];
  readonly route: HttpRoute;
}

/**
 * What a listener answers: of each host the matches of all routes in the API's order, the more particular one first; among equals that of the older
 * route. A host of the listener that no route is for is answered with 404, also where a listener for more hosts has routes.
 */
export function virtualHostsOf(
  { listener }: ListenerDraft,
  attached: readonly AttachedRequests[],
): readonly HttpVirtualHost[] {
  const { hostname = "*", port } = listener;
  const byHost = new Map<string, Ranked[]>([[hostname, []]]);
  for (const { route, hosts } of attached) {
    const routes = route.rules.flatMap((rule, index) => routesOf(route, rule, index, listener));
    for (const host of hosts) byHost.set(host, [...(byHost.get(host) ?? []), ...routes]);
  }
  return [...byHost]
    .sort(([a], [b]) => compareText(a, b))
    .map(([host, routes]) => ({
      name: `${host}:${port}`,
      hosts: [host],
      addresses: [],
      // It is stable.
      routes: routes.toSorted((a, b) => compareRanks(b.rank, a.rank)).map(({ route }) => route),
    }));
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [index, one] of a.entries()) {
    const difference = one - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function routesOf(
  { resource }: ResolvedRequests,
  resolved: ResolvedRule,
  index: number,
  listener: ListenerDraft["listener"],
): readonly Ranked[] {
  const { rule } = resolved;
  const policy = policyOf(resolved, resource.kind);
  const action = actionOf(resolved, resource.kind, listener);
  const { namespace, name } = resource;
  return rule.matches.map(({ match, rank }, item) => ({
    rank,
    route: {
      name: `${namespace}/${name}/${rule.name ?? index}/${item}`,
      match,
      action: withWholePrefix(action, match),
      ...(Object.keys(policy).length > 0 && { policy }),
      origin: formatResourceName(resource),
    },
  }));
}

/**
 * What takes the place of a prefix is itself one of whole segments: of `/`, which every path begins with, `/a` makes `/a/b` of `/b`, and nothing in the place of
 * `/a` makes `/b` of `/a/b`.
 */
function withWholePrefix(action: HttpAction, { path: condition }: HttpMatch): HttpAction {
  const whole = <Path extends PathRewrite | undefined>(path: Path): Path => {
    if (path?.kind !== "prefix") return path;
    const isBare = path.value === "" || (condition === undefined && !path.value.endsWith("/"));
    return isBare ? { ...path, value: `${path.value}/` } : path;
  };
  if (action.kind === "redirect") return action.path ? { ...action, path: whole(action.path) } : action;
  if (action.kind !== "forward" || action.rewrite?.path === undefined) return action;
  return { ...action, rewrite: { ...action.rewrite, path: whole(action.rewrite.path) } };
}

/** What a client of gRPC takes for UNAVAILABLE, and what one of HTTP is to get where no backend is there. */
const NOT_THERE = { GRPCRoute: 503, HTTPRoute: 500 } as const;

/** gRPC's own number of UNAVAILABLE. */
const UNAVAILABLE = 14;

function actionOf(
  { rule, destinations }: ResolvedRule,
  kind: RequestRoute["kind"],
  listener: ListenerDraft["listener"],
): HttpAction {
  const { redirect, rewrite } = rule.filters;
  if (redirect !== undefined) return redirectTo(redirect, listener);
  if (destinations.length === 0) return { kind: "respond", status: NOT_THERE[kind] };
  const forward: ForwardAction = { kind: "forward", destinations };
  return rewrite === undefined ? forward : { ...forward, rewrite };
}

/** To the port that is written; else to the scheme's own, else to the listener's. */
function redirectTo(
  redirect: NonNullable<FiltersSpec["redirect"]>,
  { port, protocol }: ListenerDraft["listener"],
): HttpAction {
  const isUsual = port === (protocol === "HTTPS" ? 443 : 80);
  // A request says the listener's port where that is another one than usual; a host in its place says none.
  const stays = redirect.host === undefined || redirect.scheme !== undefined || isUsual;
  return { kind: "redirect", ...(!stays && { port }), ...redirect };
}

function policyOf({ rule, lost, destinations, mirrors }: ResolvedRule, kind: RequestRoute["kind"]): HttpPolicy {
  const { filters, timeout_ms, retry } = rule;
  const isForwarded = filters.redirect === undefined && destinations.length > 0;
  return {
    ...(filters.headers && { headers: filters.headers }),
    ...(isForwarded && {
      ...(timeout_ms !== undefined && { timeout_ms }),
      ...(retry && { retry }),
      ...(mirrors.length > 0 && { mirrors }),
      ...(lost > 0 && {
        abort: { percentage: lost, status: kind === "GRPCRoute" ? { grpc: UNAVAILABLE } : { http: NOT_THERE[kind] } },
      }),
    }),
  };
}
