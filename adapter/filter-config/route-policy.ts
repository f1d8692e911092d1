import type { RoutePolicy } from "../model/model.js";

export interface FilterRoutePolicy {
  readonly timeout_ms?: number;
  readonly abort?: { readonly per_million: number; readonly status?: number; readonly message?: string };
  readonly rate_limit?: {
    readonly max_tokens: number;
    readonly tokens_per_fill: number;
    readonly fill_interval_ms: number;
  };
}

export function toFilterPolicy({ timeout_ms, abort, localRateLimit }: RoutePolicy): FilterRoutePolicy {
  return {
    ...(timeout_ms !== undefined && { timeout_ms: Math.max(1, Math.round(timeout_ms)) }),
    ...(abort && {
      abort: {
        per_million: Math.round(abort.percentage * 10_000),
        ...(abort.status !== undefined && { status: abort.status }),
        ...(abort.message !== undefined && { message: abort.message }),
      },
    }),
    ...(localRateLimit && {
      rate_limit: {
        max_tokens: localRateLimit.maxTokens,
        tokens_per_fill: localRateLimit.tokensPerFill,
        fill_interval_ms: Math.max(1, Math.round(localRateLimit.fillInterval_ms)),
      },
    }),
  };
}
