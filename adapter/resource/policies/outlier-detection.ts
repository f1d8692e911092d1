import type { CallOutlierDetection } from "../../model/model.js";
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
  readonly statuses?: readonly number[];
}

/** The filter looks at its hosts once a second. */
const TICK_MS = 1000;
/** Envoy's number of errors in a row. */
const CONSECUTIVE_ERRORS = 5;

export function parseOutlierDetection(
  written: WrittenOutlierDetection,
  path: FieldPath,
  report: Report,
): CallOutlierDetection {
  const { interval, baseEjectionTime, maxEjectionTime, ...others } = written;
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
  others.statuses?.forEach((status, index, statuses) => {
    if (statuses.indexOf(status) !== index) report([...path, "statuses", index], `${status} stands here twice`);
  });
  const judged = others.consecutiveErrors ?? others.errorPercentage;
  return {
    ...(judged === undefined && { consecutiveErrors: CONSECUTIVE_ERRORS }),
    ...others,
    ...(interval_ms !== undefined && { interval_ms }),
    ...(baseEjectionTime_ms !== undefined && { baseEjectionTime_ms }),
    ...(maxEjectionTime_ms !== undefined && { maxEjectionTime_ms }),
  };
}
