import type { CheckFilterConfig } from "../translate/filter-refusal.js";

export async function filterCheck(): Promise<CheckFilterConfig> {
  return () => undefined;
}
