import type { LocalRateLimit, TokenBucket } from "../model/model.js";
import type { FieldPath } from "../status/field-path.js";
import { optionalDuration_ms } from "./duration.js";
import { parseConditions, type WrittenMatcher } from "./meta-router-match.js";
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

function parseBucket(written: WrittenBucket, path: FieldPath, report: Report): TokenBucket | undefined {
  const { maxTokens, tokensPerFill = 1, fillInterval } = written;
  const fillInterval_ms = optionalDuration_ms(fillInterval, 1, [...path, "fillInterval"], report);
  return fillInterval_ms === undefined ? undefined : { maxTokens, tokensPerFill, fillInterval_ms };
}
