import { clusterName } from "../../model/cluster-name.js";
import type { HttpGlobalRateLimit, HttpLocalRateLimit, HttpRateLimitEntry, HttpVirtualHost } from "../../model/http.js";
import { any, duration, type JsonObject } from "../json.js";
import { headerMatch } from "./match.js";

const LOCAL = "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";
const GLOBAL = "envoy.extensions.filters.http.ratelimit.v3.RateLimit";
const GLOBAL_OF_ROUTE = "envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute";

/** Stages tell which of a route's actions are for which filter. */
const STAGES = { global: 0, service: 1, route: 2 } as const;
const SCOPES = ["service", "route"] as const;
type Scope = (typeof SCOPES)[number];

const DESCRIPTOR_KEY = "limit";
/** Of requests to which no limit applies; Envoy wants a bucket for them. */
const UNLIMITED: JsonObject = { max_tokens: 1_000_000_000, tokens_per_fill: 1_000_000_000, fill_interval: "0.05s" };
const ALWAYS: JsonObject = { default_value: { numerator: 100 } };

function localFilter(scope: Scope): string {
  return `meltemi.local_ratelimit.${scope}`;
}

/** The filters of limits, off where no route asks for them: what all routes of a virtual host share is apart from what one has for itself. */
export function localRateLimitFilters(): readonly JsonObject[] {
  return SCOPES.map((scope) => ({
    name: localFilter(scope),
    typed_config: any(LOCAL, { stat_prefix: localFilter(scope) }),
    disabled: true,
  }));
}

/** One for each service that is asked, and way to ask it: the listener has to know it. */
export function globalRateLimitFilters(virtualHosts: readonly HttpVirtualHost[]): readonly JsonObject[] {
  const limits = virtualHosts.flatMap(({ routes }) => routes.flatMap(({ policy }) => policy?.globalRateLimit ?? []));
  const byName = new Map(limits.map((limit) => [globalFilter(limit), limit]));
  return [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, limit]) => ({
      name,
      typed_config: any(GLOBAL, {
        domain: limit.domain,
        stage: STAGES.global,
        timeout: limit.timeout_ms === undefined ? undefined : duration(limit.timeout_ms),
        failure_mode_deny: limit.failureModeDeny,
        rate_limit_service: {
          grpc_service: {
            envoy_grpc: {
              cluster_name: clusterName({ ...limit.service, subset: undefined }),
              // Without it that would be the cluster's name, which servers take for no authority.
              authority: limit.service.host,
            },
          },
          transport_api_version: "V3",
        },
      }),
      disabled: true,
    }));
}

function globalFilter({ service, domain, timeout_ms, failureModeDeny }: HttpGlobalRateLimit): string {
  const how = [timeout_ms === undefined ? "" : ` ${timeout_ms}ms`, failureModeDeny ? " deny" : ""].join("");
  return `meltemi.ratelimit ${domain}@${service.host}:${service.port}${how}`;
}

/** What a route's limits ask of its action, and what of the filters. */
export function rateLimits(
  local: readonly HttpLocalRateLimit[],
  global: HttpGlobalRateLimit | undefined,
): { readonly actions: readonly JsonObject[]; readonly perFilter: JsonObject } {
  const ofRoute = local.filter(({ scope }) => scope === "route");
  return {
    actions: [...SCOPES.flatMap((scope) => localActions(local, scope)), ...(global ? globalActions(global) : [])],
    perFilter: {
      ...(ofRoute.length > 0 && { [localFilter("route")]: localConfig(ofRoute, "route") }),
      ...(global && { [globalFilter(global)]: any(GLOBAL_OF_ROUTE, {}) }),
    },
  };
}

/** The limits that routes of a virtual host share: a bucket is one for all that it stands for. */
export function sharedRateLimits({ routes }: HttpVirtualHost): JsonObject {
  const shared = routes.flatMap(({ policy }) =>
    (policy?.localRateLimits ?? []).filter(({ scope }) => scope === "service"),
  );
  const byId = new Map(shared.map((limit) => [limit.id, limit]));
  return byId.size === 0 ? {} : { [localFilter("service")]: localConfig([...byId.values()], "service") };
}

function localConfig(limits: readonly HttpLocalRateLimit[], scope: Scope): JsonObject {
  return any(LOCAL, {
    stat_prefix: localFilter(scope),
    token_bucket: UNLIMITED,
    filter_enabled: ALWAYS,
    filter_enforced: ALWAYS,
    stage: STAGES[scope],
    always_consume_default_token_bucket: false,
    descriptors: limits.map(({ id, bucket }) => ({
      entries: [{ key: DESCRIPTOR_KEY, value: id }],
      token_bucket: {
        max_tokens: bucket.maxTokens,
        tokens_per_fill: bucket.tokensPerFill,
        fill_interval: duration(bucket.fillInterval_ms),
      },
    })),
  });
}

function localActions(limits: readonly HttpLocalRateLimit[], scope: Scope): readonly JsonObject[] {
  return limits
    .filter((limit) => limit.scope === scope)
    .map(({ id, match: [conditions = []] }) => {
      const action =
        conditions.length === 0
          ? { generic_key: { descriptor_key: DESCRIPTOR_KEY, descriptor_value: id } }
          : {
              header_value_match: {
                descriptor_key: DESCRIPTOR_KEY,
                descriptor_value: id,
                headers: conditions.map(headerMatch),
              },
            };
      return { stage: STAGES[scope], actions: [action] };
    });
}

function globalActions({ descriptors }: HttpGlobalRateLimit): readonly JsonObject[] {
  return descriptors.map(({ entries }) => ({ stage: STAGES.global, actions: entries.map(globalAction) }));
}

function globalAction(entry: HttpRateLimitEntry): JsonObject {
  switch (entry.kind) {
    case "value":
      return { generic_key: { descriptor_key: entry.key, descriptor_value: entry.value } };
    case "header":
      return {
        request_headers: {
          header_name: entry.header,
          descriptor_key: entry.key,
          skip_if_absent: entry.skipIfAbsent,
        },
      };
    case "remote-address":
      return { remote_address: {} };
  }
}
