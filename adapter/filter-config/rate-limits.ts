import { clusterName } from "../model/cluster-name.js";
import type { GlobalRateLimit, LocalRateLimit, RateLimitEntry } from "../model/model.js";
import { type FilterAttributeMatcher, toAttributeMatcher } from "./attribute-matcher.js";
import { wholeMs } from "./units.js";

export interface FilterLocalRateLimit {
  readonly id: string;
  readonly token_bucket: {
    readonly max_tokens: number;
    readonly tokens_per_fill: number;
    readonly fill_interval_ms: number;
  };
  readonly match?: readonly { readonly attributes: readonly FilterAttributeMatcher[] }[];
  readonly attributes?: readonly string[];
  readonly max_buckets?: number;
  readonly scope?: "ENVOY";
  readonly last?: boolean;
}

/** `origin`: the resource that the limit is of. Its ids are its own. */
export function toFilterLocalRateLimit(limit: LocalRateLimit, origin: string): FilterLocalRateLimit {
  const { id, bucket, match, per, maxBuckets, scope, last } = limit;
  return {
    id: `${origin} ${id}`,
    token_bucket: {
      max_tokens: bucket.maxTokens,
      tokens_per_fill: bucket.tokensPerFill,
      fill_interval_ms: wholeMs(bucket.fillInterval_ms),
    },
    ...(match.length > 0 && { match: match.map((all) => ({ attributes: all.map(toAttributeMatcher) })) }),
    ...(per && { attributes: per }),
    ...(maxBuckets !== undefined && { max_buckets: maxBuckets }),
    ...(scope === "ENVOY" && { scope }),
    ...(last && { last }),
  };
}

export interface FilterGlobalRateLimit {
  readonly cluster: string;
  readonly domain: string;
  readonly descriptors: readonly {
    readonly entries: readonly {
      readonly key: string;
      readonly value?: string;
      readonly attribute?: string;
      readonly skip_if_absent?: boolean;
    }[];
    readonly match?: readonly { readonly attributes: readonly FilterAttributeMatcher[] }[];
  }[];
  readonly timeout_ms?: number;
  readonly failure_mode_deny?: boolean;
}

export function toFilterGlobalRateLimit(limit: GlobalRateLimit): FilterGlobalRateLimit {
  const { service, domain, descriptors, timeout_ms, failureModeDeny } = limit;
  return {
    cluster: clusterName({ ...service, subset: undefined }),
    domain,
    descriptors: descriptors.map(({ entries, match }) => ({
      entries: entries.map(toFilterEntry),
      ...(match.length > 0 && { match: match.map((all) => ({ attributes: all.map(toAttributeMatcher) })) }),
    })),
    ...(timeout_ms !== undefined && { timeout_ms: wholeMs(timeout_ms) }),
    ...(failureModeDeny && { failure_mode_deny: true }),
  };
}

function toFilterEntry(entry: RateLimitEntry) {
  if ("value" in entry) return entry;
  const { key, attribute, skipIfAbsent } = entry;
  return { key, attribute, ...(skipIfAbsent && { skip_if_absent: true }) };
}
