import { isIP } from "node:net";
import { clusterName } from "../../model/cluster-name.js";
import type {
  ForwardAction,
  HttpDestination,
  HttpMatch,
  HttpPolicy,
  HttpRoute,
  HttpVirtualHost,
  PathRewrite,
  RedirectAction,
} from "../../model/http.js";
import type { Destination, LoadBalancer } from "../../model/model.js";
import { duration, type JsonObject } from "../json.js";
import { makeResource, type Resource } from "../resource.js";
import { routeMatch } from "./match.js";
import { faultsAndCors, headerChanges, mirrorPolicies, retryPolicy } from "./policy.js";
import { rateLimits, sharedRateLimits } from "./rate-limits.js";

/** How the hosts of a destination are picked, where something is said of it. */
export type BalancerOf = (destination: Destination) => LoadBalancer | undefined;

export interface HttpRoutesOptions {
  readonly balancerOf: BalancerOf;
  /** Whether hosts may be on several planes: what was tried in vain on one is tried on another. Default: false. */
  readonly hasPlanes?: boolean;
  /** For requests that no virtual host is for; absent: they are answered with 404. */
  readonly unmatched?: JsonObject;
  /** Domains of the virtual host. Default: all that it is called, with whatever port behind it. */
  readonly domainsOf?: (host: HttpVirtualHost) => readonly string[];
}

type Upstream = Required<Pick<HttpRoutesOptions, "balancerOf" | "hasPlanes">>;

/** RDS: the routes of one listener, of a sidecar or a gateway. */
export function buildHttpRoutes(
  name: string,
  virtualHosts: readonly HttpVirtualHost[],
  { balancerOf, hasPlanes = false, unmatched, domainsOf = plainDomains }: HttpRoutesOptions,
): Resource {
  const taken = new Set<string>();
  const upstream = { balancerOf, hasPlanes };
  const hosts = virtualHosts.flatMap((host): readonly JsonObject[] => {
    // Envoy takes no domain twice.
    const domains = domainsOf(host).filter((domain) => !taken.has(domain));
    for (const domain of domains) taken.add(domain);
    return domains.length > 0 ? [virtualHost(host, domains, upstream)] : [];
  });
  return makeResource("RDS", name, {
    name,
    virtual_hosts: unmatched === undefined || taken.has("*") ? hosts : [...hosts, unmatched],
    ignore_port_in_host_matching: domainsOf === plainDomains,
    // What leads to a cluster that is not there is answered with 503, and holds back nothing.
    validate_clusters: false,
  });
}

/** Hosts as they are, addresses of IPv6 in brackets; Envoy takes ports off before it compares. */
export function plainDomains({ hosts, addresses }: HttpVirtualHost): readonly string[] {
  return [...hosts, ...addresses.map((ip) => (isIP(ip) === 6 ? `[${ip}]` : ip))];
}

function virtualHost(host: HttpVirtualHost, domains: readonly string[], upstream: Upstream): JsonObject {
  const shared = sharedRateLimits(host);
  return {
    name: host.name,
    domains,
    routes: host.routes.map((route) => buildRoute(route, upstream)),
    include_request_attempt_count: true,
    ...(Object.keys(shared).length > 0 && { typed_per_filter_config: shared }),
  };
}

function buildRoute({ name, match, action, policy = {} }: HttpRoute, upstream: Upstream): JsonObject {
  const limits = rateLimits(policy.localRateLimits ?? [], policy.globalRateLimit);
  const perFilter = { ...faultsAndCors(policy), ...limits.perFilter };
  const common = {
    name,
    match: routeMatch(match),
    ...headerChanges(policy.headers),
    ...(Object.keys(perFilter).length > 0 && { typed_per_filter_config: perFilter }),
  };
  switch (action.kind) {
    case "forward":
      return { ...common, route: forward(action, match, policy, limits.actions, upstream) };
    case "redirect":
      return { ...common, redirect: redirect(action, match) };
    case "respond": {
      const { status, body } = action;
      return { ...common, direct_response: { status, body: body === undefined ? undefined : { inline_string: body } } };
    }
  }
}

function forward(
  { destinations, rewrite }: ForwardAction,
  match: HttpMatch,
  policy: HttpPolicy,
  actions: readonly JsonObject[],
  { balancerOf, hasPlanes }: Upstream,
): JsonObject {
  const used = destinations.length === 1 ? destinations : destinations.filter(({ weight }) => weight > 0);
  const hashes = used.flatMap((one) => hashPolicy(balancerOf(one)));
  const timeout = duration(policy.timeout_ms ?? 0);
  return {
    ...clusters(used),
    timeout,
    // The time that a call of gRPC gives itself holds, within that of the route. As Istio has it: what is to replace this field has Envoy
    // overlook `timeout` for all requests.
    max_grpc_timeout: timeout,
    ...(rewrite?.path && pathRewrite(rewrite.path, match)),
    host_rewrite_literal: rewrite?.authority,
    retry_policy: retryPolicy(policy.retry, { isHashed: hashes.length > 0, hasPlanes }),
    request_mirror_policies: mirrorPolicies(policy.mirrors),
    rate_limits: actions.length > 0 ? actions : undefined,
    hash_policy: hashes.length > 0 ? hashes : undefined,
  };
}

function clusters(destinations: readonly HttpDestination[]): JsonObject {
  const [first] = destinations;
  if (destinations.length === 1 && first !== undefined && first.headers === undefined) {
    return { cluster: clusterName(first) };
  }
  return {
    weighted_clusters: {
      clusters: destinations.map((destination) => ({
        name: clusterName(destination),
        // One alone has all.
        weight: destinations.length === 1 ? 1 : destination.weight,
        ...headerChanges(destination.headers),
      })),
    },
  };
}

function hashPolicy(balancer: LoadBalancer | undefined): readonly JsonObject[] {
  if (balancer?.kind !== "RING_HASH" && balancer?.kind !== "MAGLEV") return [];
  const { attribute } = balancer;
  return attribute === undefined
    ? [{ connection_properties: { source_ip: true } }]
    : [{ header: { header_name: attribute } }];
}

function pathRewrite(rewrite: PathRewrite, { path }: HttpMatch): JsonObject {
  switch (rewrite.kind) {
    case "full":
      // All of the path: Envoy has no word for it that leaves the query.
      return { regex_rewrite: { pattern: { regex: "^.*$" }, substitution: rewrite.value.replaceAll("\\", "\\\\") } };
    case "regex":
      return { regex_rewrite: { pattern: { regex: rewrite.pattern }, substitution: rewrite.substitution } };
    case "prefix": {
      if (path?.kind !== "segments" || !rewrite.value.endsWith("/")) return { prefix_rewrite: rewrite.value };
      // `/a` to `/` makes `/b` of `/a/b`, and not `//b`.
      const prefix = path.value.replace(/\/+$/, "").replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
      return {
        regex_rewrite: {
          pattern: { regex: `^${prefix}/?` },
          substitution: rewrite.value.replaceAll("\\", "\\\\"),
        },
      };
    }
  }
}

const REDIRECT_CODES = {
  301: "MOVED_PERMANENTLY",
  302: "FOUND",
  303: "SEE_OTHER",
  307: "TEMPORARY_REDIRECT",
  308: "PERMANENT_REDIRECT",
} as const;

function redirect({ scheme, host, port, path, status }: RedirectAction, match: HttpMatch): JsonObject {
  // Of what was not matched by a prefix, the whole path is replaced.
  const isWhole = path?.kind === "full" || match.path?.kind === "regex" || match.path?.kind === "exact";
  return {
    scheme_redirect: scheme,
    host_redirect: host,
    port_redirect: port,
    ...(path && (isWhole ? { path_redirect: path.value } : pathRewrite(path, match))),
    response_code: REDIRECT_CODES[status],
  };
}
