import type { CallOutlierDetection } from "../../model/model.js";
import { statusNumbers } from "../../model/statuses.js";
import type { FieldPath } from "../../status/field-path.js";
import { optionalDuration_ms } from "../duration.js";
import type { Report } from "../report.js";

export interface WrittenOutlierDetection {
  readonly consecutiveErrors?: number;
  readonly errorPercentage?: number;
  readonly minimumCalls?: number;
  readonly interval?: string;
  readonly baseEjectionTime?: string;
  readonly maxEjectionTime?: string;
  readonly maxEjectionPercent?: number;
  readonly statuses?: string;
}

/** What is said before it is known which protocol names the statuses. */
export interface OutlierDetectionSpec extends Omit<CallOutlierDetection, "statuses"> {
  /** As they are written. */
  readonly statuses?: readonly string[];
}

/** The filter looks at its hosts once a second. */
const TICK_MS = 1000;
/** What the filter takes. */
const MAX_STATUSES = 32;
const MAX_INT32 = 0x7fff_ffff;
/** Envoy's number of errors in a row. */
const CONSECUTIVE_ERRORS = 5;

export function parseOutlierDetection(
  written: WrittenOutlierDetection,
  path: FieldPath,
  report: Report,
): OutlierDetectionSpec {
  const { interval, baseEjectionTime, maxEjectionTime, statuses, ...others } = written;
  const duration = (name: keyof WrittenOutlierDetection, value: string | undefined) =>
    optionalDuration_ms(value, TICK_MS, [...path, name], report);
  const interval_ms = duration("interval", interval);
  const baseEjectionTime_ms = duration("baseEjectionTime", baseEjectionTime);
  const maxEjectionTime_ms = duration("maxEjectionTime", maxEjectionTime);
  if (
    baseEjectionTime_ms !== undefined &&
    maxEjectionTime_ms !== undefined &&
    maxEjectionTime_ms < baseEjectionTime_ms
  ) {
    report(
      [...path, "maxEjectionTime"],
      `${maxEjectionTime}: is less than baseEjectionTime, which is ${baseEjectionTime}`,
    );
  }
  const words = statuses?.split(",").map((word) => word.trim());
  words?.forEach((word, index) => {
    const problem = badStatus(word, words.indexOf(word) !== index);
    if (problem !== undefined) report([...path, "statuses"], problem);
  });
  if (words !== undefined && words.length > MAX_STATUSES) {
    report([...path, "statuses"], `has ${words.length} statuses, of which there may be ${MAX_STATUSES}`);
  }
  const judged = others.consecutiveErrors ?? others.errorPercentage;
  return {
    ...(judged === undefined && { consecutiveErrors: CONSECUTIVE_ERRORS }),
    ...others,
    ...(words !== undefined && { statuses: words }),
    ...(interval_ms !== undefined && { interval_ms }),
    ...(baseEjectionTime_ms !== undefined && { baseEjectionTime_ms }),
    ...(maxEjectionTime_ms !== undefined && { maxEjectionTime_ms }),
  };
}

function badStatus(word: string, again: boolean): string | undefined {
  if (word === "") return "a status is missing before or behind a comma";
  if (again) return `${word} stands here twice`;
  const number = isNumber(word) ? Number(word) : 0;
  if (number >= -MAX_INT32 - 1 && number <= MAX_INT32) return undefined;
  return `${word}: must be ${-MAX_INT32 - 1} to ${MAX_INT32}`;
}

function isNumber(word: string): boolean {
  return /^-?[0-9]+$/.test(word);
}

/** Those that none of the protocols has. */
export function unknownStatuses(words: readonly string[], protocols: readonly string[]): readonly string[] {
  return words.filter((word) => !isNumber(word) && protocols.every((one) => statusNumbers(one, word).length === 0));
}

/** The same with the numbers that statuses have in `protocol`; undefined where it has none of them: nothing would be an error. */
export function resolveOutlierDetection(
  { statuses: words, ...others }: OutlierDetectionSpec,
  protocol: string,
): CallOutlierDetection | undefined {
  if (words === undefined) return others;
  const statuses = words.flatMap((word) => (isNumber(word) ? [Number(word)] : statusNumbers(protocol, word)));
  return statuses.length === 0 ? undefined : { ...others, statuses: [...new Set(statuses)] };
}
