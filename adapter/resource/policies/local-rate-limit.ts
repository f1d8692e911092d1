import type { LocalRateLimit, RoutePolicy } from "../../model/model.js";
import type { FieldPath } from "../../status/field-path.js";
import { optionalDuration_ms } from "../duration.js";
import { parseMatch, type WrittenMatch } from "../match.js";
import type { Report } from "../report.js";

interface WrittenLimit {
  readonly maxTokens: number;
  readonly tokensPerFill?: number;
  readonly fillInterval: string;
  readonly match?: WrittenMatch;
  readonly per?: readonly string[];
  readonly maxBuckets?: number;
  readonly scope?: "ENVOY" | "WORKER";
}

/** What a route says of limits, and what a VirtualService says for all of its routes. */
export interface WrittenLocalRateLimits {
  readonly localRateLimit?: WrittenLimit;
  readonly localRateLimits?: readonly WrittenLimit[];
}

/** Their ids are their places here. */
export function parseLocalRateLimits(
  { localRateLimit, localRateLimits = [] }: WrittenLocalRateLimits,
  path: FieldPath,
  report: Report,
): readonly LocalRateLimit[] {
  const written = [
    ...(localRateLimit ? [{ limit: localRateLimit, at: [...path, "localRateLimit"] }] : []),
    ...localRateLimits.map((limit, index) => ({ limit, at: [...path, "localRateLimits", index] })),
  ];
  return written.flatMap(({ limit, at }, index) => parseLimit(limit, String(index), at, report) ?? []);
}

/** What a VirtualService asks for all of its routes together comes before what the route of this name asks for. */
export function withCommonLimits(
  policy: RoutePolicy | undefined,
  common: readonly LocalRateLimit[],
  route: string,
): RoutePolicy | undefined {
  const own = policy?.localRateLimits ?? [];
  if (common.length + own.length === 0) return policy;
  const localRateLimits = [...identified(common, "all"), ...identified(own, `route ${route}`)];
  return { ...policy, localRateLimits };
}

function identified(limits: readonly LocalRateLimit[], owner: string): readonly LocalRateLimit[] {
  return limits.map((limit) => ({ ...limit, id: `${owner} ${limit.id}` }));
}

function parseLimit(written: WrittenLimit, id: string, path: FieldPath, report: Report): LocalRateLimit | undefined {
  const { maxTokens, tokensPerFill = maxTokens, fillInterval, match, per, maxBuckets, scope = "ENVOY" } = written;
  per?.forEach((name, index) => {
    if (per.indexOf(name) !== index) report([...path, "per", index], `${name} stands here twice`);
  });
  if (maxBuckets !== undefined && per === undefined) report([...path, "maxBuckets"], "there is one bucket without per");
  const fillInterval_ms = optionalDuration_ms(fillInterval, 1, [...path, "fillInterval"], report);
  const alternatives = match === undefined ? [] : parseMatch(match, [...path, "match"], report);
  if (fillInterval_ms === undefined) return undefined;
  return {
    id,
    bucket: { maxTokens, tokensPerFill, fillInterval_ms },
    match: alternatives.map(({ conditions }) => conditions.map((condition) => condition.match)),
    ...(per && { per }),
    ...(maxBuckets !== undefined && { maxBuckets }),
    scope,
  };
}
