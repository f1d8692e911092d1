import type { TokenBucket } from "../../model/model.js";
import type { FieldPath } from "../../status/field-path.js";
import { optionalDuration_ms } from "../duration.js";
import type { Report } from "../report.js";

export interface WrittenTokenBucket {
  readonly maxTokens: number;
  readonly tokensPerFill?: number;
  readonly fillInterval: string;
}

/** Undefined: it is refused. */
export function parseTokenBucket(
  { maxTokens, tokensPerFill, fillInterval }: WrittenTokenBucket,
  path: FieldPath,
  report: Report,
): TokenBucket | undefined {
  const fillInterval_ms = optionalDuration_ms(fillInterval, 1, [...path, "fillInterval"], report);
  if (fillInterval_ms === undefined) return undefined;
  return { maxTokens, tokensPerFill: tokensPerFill ?? maxTokens, fillInterval_ms };
}
