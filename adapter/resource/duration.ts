import type { FieldPath } from "../status/field-path.js";
import type { Report } from "./report.js";

/** What `parseDuration_ms` reads. */
export const DURATION = /^([0-9]+(\.[0-9]+)?(h|ms|m|s|us|ns))+$/;

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 1e-3, ns: 1e-6 };

/** Go's notation, as Istio's: `1h30m`, `1.5s`, `500ms`. The text is known to match. */
export function parseDuration_ms(text: string): number {
  let total_ms = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9.]+)(h|ms|m|s|us|ns)/g)) {
    total_ms += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
  }
  return total_ms;
}

/** Longest duration that Envoy takes anywhere: 2^31 ms are 24 days. */
const MAX_DURATION_MS = 0x7fffffff;

/** The duration, if there is one. Envoy refuses durations of nothing, and with one of them everything that comes along with it. */
export function optionalDuration_ms(
  text: string | undefined,
  minimum_ms: 1 | 1000,
  path: FieldPath,
  report: Report,
): number | undefined {
  if (text === undefined) return undefined;
  const duration_ms = parseDuration_ms(text);
  if (!(duration_ms >= minimum_ms && duration_ms <= MAX_DURATION_MS)) {
    report(path, `${text}: must be ${minimum_ms === 1 ? "1ms" : "1s"} to ${MAX_DURATION_MS}ms`);
  }
  return duration_ms;
}
