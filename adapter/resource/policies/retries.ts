import { RETRY_CONDITIONS, type Retry, type RetryCondition } from "../../model/model.js";
import { statusNames, statusNumbers } from "../../model/statuses.js";
import type { FieldPath } from "../../status/field-path.js";
import { optionalDuration_ms } from "../duration.js";
import { suggestion } from "../near.js";
import type { Report } from "../report.js";

export interface WrittenRetries {
  readonly attempts: number;
  readonly retryOn?: string;
  readonly perTryTimeout?: string;
  readonly backoff?: string;
  readonly maxBackoff?: string;
  readonly maxMessageBytes?: number;
  readonly budget?: { readonly percent?: number; readonly minRetryConcurrency?: number };
}

/** What is said of retries before it is known which protocol names the statuses. */
export interface RetrySpec extends Omit<Retry, "statuses"> {
  /** As they are written. */
  readonly statuses: readonly string[];
  /** Where. */
  readonly path: FieldPath;
}

const DEFAULT_RETRY_ON = "connect-failure,refused";
/** Envoy's. */
const DEFAULT_BACKOFF_MS = 25;
export const DEFAULT_BUDGET = { percent: 20, minRetryConcurrency: 3 };

export function parseRetries(
  { attempts, retryOn = DEFAULT_RETRY_ON, maxMessageBytes, budget, ...times }: WrittenRetries,
  path: FieldPath,
  report: Report,
): RetrySpec {
  const perTryTimeout_ms = optionalDuration_ms(times.perTryTimeout, 1, [...path, "perTryTimeout"], report);
  const backoff_ms = optionalDuration_ms(times.backoff, 1, [...path, "backoff"], report) ?? DEFAULT_BACKOFF_MS;
  const maxBackoff_ms = optionalDuration_ms(times.maxBackoff, 1, [...path, "maxBackoff"], report) ?? 10 * backoff_ms;
  if (maxBackoff_ms < backoff_ms) report([...path, "maxBackoff"], `${times.maxBackoff} is less than backoff`);
  const words = retryOn.split(",").map((word) => word.trim());
  const on = words.filter(isCondition);
  if (on.includes("timeout") && perTryTimeout_ms === undefined) {
    report([...path, "retryOn"], "timeout is that of one try: perTryTimeout is needed with it");
  }
  return {
    attempts,
    on,
    statuses: words.filter((word) => !isCondition(word)),
    ...(perTryTimeout_ms !== undefined && { perTryTimeout_ms }),
    backoff_ms,
    maxBackoff_ms,
    ...(maxMessageBytes !== undefined && { maxMessageBytes }),
    budget: { ...DEFAULT_BUDGET, ...budget },
    path: [...path, "retryOn"],
  };
}

function isCondition(word: string): word is RetryCondition {
  return RETRY_CONDITIONS.some((one) => one === word);
}

/** The same with the numbers that statuses have in `protocol`. What is none is reported. */
export function resolveRetries({ path, ...spec }: RetrySpec, protocol: string, report: Report): Retry {
  const statuses = spec.statuses.flatMap((word) => {
    if (/^-?[0-9]+$/.test(word)) return [Number(word)];
    const numbers = statusNumbers(protocol, word);
    if (numbers.length === 0) report(path, unknown(word, protocol));
    return numbers;
  });
  return { ...spec, statuses };
}

function unknown(word: string, protocol: string): string {
  const names = statusNames(protocol);
  const conditions = RETRY_CONDITIONS.join(", ");
  if (names.length === 0)
    return `${word}: write ${conditions}, or a status by its number: ${protocol} has no names for them`;
  return `${word} is no status of ${protocol}, and none of ${conditions}${suggestion(word, [...names, ...RETRY_CONDITIONS])}`;
}
