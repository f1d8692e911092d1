import {
  DEFAULT_BASE_EJECTION_TIME_MS,
  DEFAULT_MAX_EJECTION_PERCENT,
  DEFAULT_MAX_EJECTION_TIME_MS,
  DEFAULT_OUTLIER_INTERVAL_MS,
  DEFAULT_OUTLIER_MINIMUM_CALLS,
  MAX_OUTLIER_STATUSES,
} from "../../memory/limits";
import { takeOfTable } from "../../route/builder";
import { OutlierDetection } from "../../route/policies/outlier-detection";
import { integer, readInteger } from "../integer";
import { enterList, enterObject, isField, nextElement, nextField, otherField } from "../json";
import { MAX_DURATION_MS, readNumber } from "../number";
import { fail, failAt } from "../problem";

/** Bits of the fields of OutlierDetection. */
const CONSECUTIVE_ERRORS: u32 = 0;
const ERROR_PERCENTAGE: u32 = 1;
const MINIMUM_CALLS: u32 = 2;
const INTERVAL: u32 = 3;
const BASE_EJECTION_TIME: u32 = 4;
const MAX_EJECTION_TIME: u32 = 5;
const MAX_EJECTION_PERCENT: u32 = 6;
const STATUSES: u32 = 7;

/** Null: it is refused. */
export function readOutlierDetection(): OutlierDetection | null {
  if (!enterObject()) return null;
  const detection = changetype<OutlierDetection>(takeOfTable(offsetof<OutlierDetection>()));
  while (nextField()) readField(detection);
  if (!detection.consecutiveErrors && !detection.errorPercentage) failAt("consecutive_errors", "must be 1 or more");
  if (!detection.minimumCalls) detection.minimumCalls = DEFAULT_OUTLIER_MINIMUM_CALLS;
  if (!detection.interval_ms) detection.interval_ms = DEFAULT_OUTLIER_INTERVAL_MS;
  if (!detection.baseEjectionTime_ms) detection.baseEjectionTime_ms = DEFAULT_BASE_EJECTION_TIME_MS;
  if (!detection.maxEjectionTime_ms) detection.maxEjectionTime_ms = DEFAULT_MAX_EJECTION_TIME_MS;
  detection.maxEjectionTime_ms = max(detection.maxEjectionTime_ms, detection.baseEjectionTime_ms);
  if (!detection.maxEjectionPercent) detection.maxEjectionPercent = DEFAULT_MAX_EJECTION_PERCENT;
  return detection;
}

function readField(detection: OutlierDetection): void {
  if (isField("consecutive_errors", CONSECUTIVE_ERRORS)) detection.consecutiveErrors = readNumber(u32.MAX_VALUE);
  else if (isField("error_percentage", ERROR_PERCENTAGE)) detection.errorPercentage = readNumber(100);
  else if (isField("minimum_calls", MINIMUM_CALLS)) detection.minimumCalls = readNumber(u32.MAX_VALUE);
  else if (isField("interval_ms", INTERVAL)) detection.interval_ms = readNumber(MAX_DURATION_MS);
  else if (isField("base_ejection_time_ms", BASE_EJECTION_TIME)) {
    detection.baseEjectionTime_ms = readNumber(MAX_DURATION_MS);
  } else if (isField("max_ejection_time_ms", MAX_EJECTION_TIME)) {
    detection.maxEjectionTime_ms = readNumber(MAX_DURATION_MS);
  } else if (isField("max_ejection_percent", MAX_EJECTION_PERCENT)) detection.maxEjectionPercent = readNumber(100);
  else if (isField("statuses", STATUSES)) readStatuses(detection);
  else otherField();
}

function readStatuses(detection: OutlierDetection): void {
  if (!enterList()) return;
  detection.statuses = takeOfTable(MAX_OUTLIER_STATUSES << 2);
  for (let count: u32 = 0; nextElement(count); count++) {
    if (!readInteger(i32.MIN_VALUE, i32.MAX_VALUE)) continue;
    if (count >= MAX_OUTLIER_STATUSES) {
      fail("more than 32 statuses");
      continue;
    }
    store<u32>(detection.statuses + ((<usize>count) << 2), <u32>integer);
    detection.statusCount = count + 1;
  }
}
