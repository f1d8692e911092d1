import type { Abort, RoutePolicy } from "../model/model.js";
import type { FieldPath } from "../status/field-path.js";
import { optionalDuration_ms } from "./duration.js";
import type { Report } from "./report.js";

/** What a route says besides conditions and destinations, as it is written. */
export interface WrittenPolicy {
  readonly timeout?: string;
  readonly fault?: { readonly abort?: Omit<Abort, "percentage"> & { readonly percentage?: number } };
  readonly localRateLimit?: {
    readonly maxTokens: number;
    readonly tokensPerFill?: number;
    readonly fillInterval: string;
  };
}

/** Undefined where the route asks for nothing. */
export function parsePolicy(
  { timeout, fault, localRateLimit }: WrittenPolicy,
  path: FieldPath,
  report: Report,
): RoutePolicy | undefined {
  const timeout_ms = optionalDuration_ms(timeout, 1, [...path, "timeout"], report);
  const abort = fault?.abort;
  const fillPath = [...path, "localRateLimit", "fillInterval"];
  const fillInterval_ms = optionalDuration_ms(localRateLimit?.fillInterval, 1, fillPath, report);
  const policy: RoutePolicy = {
    ...(timeout_ms !== undefined && { timeout_ms }),
    ...(abort && { abort: { ...abort, percentage: abort.percentage ?? 100 } }),
    ...(localRateLimit &&
      fillInterval_ms !== undefined && {
        localRateLimit: {
          maxTokens: localRateLimit.maxTokens,
          tokensPerFill: localRateLimit.tokensPerFill ?? localRateLimit.maxTokens,
          fillInterval_ms,
        },
      }),
  };
  return Object.keys(policy).length > 0 ? policy : undefined;
}
