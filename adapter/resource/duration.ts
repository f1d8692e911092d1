const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 1e-3, ns: 1e-6 };

/** Go's notation, as Istio's: `1h30m`, `1.5s`, `500ms`. The text is known to match the schema's pattern. */
export function parseDuration_ms(text: string): number {
  let total_ms = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9.]+)(h|ms|m|s|us|ns)/g)) {
    total_ms += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
  }
  return total_ms;
}
