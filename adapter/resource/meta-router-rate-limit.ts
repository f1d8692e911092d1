import type { LocalRateLimit, TokenBucket } from "../model/model.js";
import type { FieldPath } from "../status/field-path.js";
import { optionalDuration_ms } from "./duration.js";
import { parseConditions, type WrittenMatcher } from "./meta-router-match.js";
import type { GlobalRateLimitSpec } from "./policies/global-rate-limit.js";
import type { Report } from "./report.js";

interface WrittenBucket {
  readonly maxTokens: number;
  readonly tokensPerFill?: number;
  readonly fillInterval: string;
}

export interface WrittenLocalRateLimit {
  readonly tokenBucket?: WrittenBucket;
  readonly conditions?: readonly {
    readonly match?: { readonly attributes?: Readonly<Record<string, WrittenMatcher>> };
    readonly tokenBucket: WrittenBucket;
  }[];
}

/** Aeraki's: the first condition that holds has its bucket, and calls for which none does have the common one. */
export function parseLocalRateLimit(
  { tokenBucket, conditions = [] }: WrittenLocalRateLimit,
  path: FieldPath,
  report: Report,
): readonly LocalRateLimit[] {
  if (tokenBucket === undefined && conditions.length === 0) report(path, "write tokenBucket, or conditions, or both");
  const limits = conditions.map(({ match, tokenBucket }, index): LocalRateLimit | undefined => {
    const at = [...path, "conditions", index];
    const bucket = parseBucket(tokenBucket, [...at, "tokenBucket"], report);
    const holds = parseConditions(match?.attributes ?? {}, [...at, "match", "attributes"], report);
    const alternatives = holds.length > 0 ? [holds.map((condition) => condition.match)] : [];
    return bucket && { id: `condition ${index}`, bucket, match: alternatives, scope: "ENVOY", last: true };
  });
  const bucket = tokenBucket && parseBucket(tokenBucket, [...path, "tokenBucket"], report);
  const common: LocalRateLimit | undefined = bucket && { id: "common", bucket, match: [], scope: "ENVOY" };
  return [...limits, common].flatMap((limit) => limit ?? []);
}

export interface WrittenGlobalRateLimit {
  readonly match?: { readonly attributes?: Readonly<Record<string, WrittenMatcher>> };
  readonly domain: string;
  readonly requestTimeout?: string;
  readonly denyOnFail?: boolean;
  readonly rateLimitService: string;
  readonly descriptors: readonly { readonly property: string; readonly descriptorKey: string }[];
}

/** How Istio names the cluster of a service's port. */
const CLUSTER = /^outbound\|([0-9]+)\|\|(.+)$/;

/** Aeraki's: each property is a descriptor of its own. */
export function parseGlobalRateLimit(
  { match, domain, requestTimeout, denyOnFail = false, rateLimitService, descriptors }: WrittenGlobalRateLimit,
  path: FieldPath,
  report: Report,
): GlobalRateLimitSpec {
  const at = [...path, "rateLimitService"];
  const [, port, host] = CLUSTER.exec(rateLimitService) ?? [];
  if (host === undefined) report(at, `${rateLimitService}: write the cluster of a service's port, outbound|8081||HOST`);
  const timeout_ms = optionalDuration_ms(requestTimeout, 1, [...path, "requestTimeout"], report);
  const holds = parseConditions(match?.attributes ?? {}, [...path, "match", "attributes"], report);
  const alternatives = holds.length > 0 ? [holds.map((condition) => condition.match)] : [];
  return {
    service: { host: host ?? "", port: Number(port ?? 0) },
    path: at,
    domain,
    ...(timeout_ms !== undefined && { timeout_ms }),
    failureModeDeny: denyOnFail,
    descriptors: descriptors.map(({ property, descriptorKey }) => ({
      entries: [{ key: descriptorKey, attribute: property, skipIfAbsent: false }],
      match: alternatives,
    })),
  };
}

function parseBucket(written: WrittenBucket, path: FieldPath, report: Report): TokenBucket | undefined {
  const { maxTokens, tokensPerFill = 1, fillInterval } = written;
  const fillInterval_ms = optionalDuration_ms(fillInterval, 1, [...path, "fillInterval"], report);
  return fillInterval_ms === undefined ? undefined : { maxTokens, tokensPerFill, fillInterval_ms };
}
