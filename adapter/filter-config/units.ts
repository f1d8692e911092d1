/** The filter's clock has milliseconds, and nothing takes none. */
export function wholeMs(duration_ms: number): number {
  return Math.max(1, Math.round(duration_ms));
}

/** The filter's shares are of a million. */
export function perMillion(percentage: number): number {
  return Math.round(percentage * 10_000);
}
