import type { CallOutlierDetection } from "../model/model.js";

export interface FilterOutlierDetection {
  readonly consecutive_errors?: number;
  readonly error_percentage?: number;
  readonly minimum_calls?: number;
  readonly interval_ms?: number;
  readonly base_ejection_time_ms?: number;
  readonly max_ejection_time_ms?: number;
  readonly max_ejection_percent?: number;
  readonly statuses?: readonly number[];
}

export function toFilterOutlierDetection(detection: CallOutlierDetection): FilterOutlierDetection {
  const { consecutiveErrors, errorPercentage, minimumCalls, maxEjectionPercent, statuses } = detection;
  const { interval_ms, baseEjectionTime_ms, maxEjectionTime_ms } = detection;
  return {
    ...(consecutiveErrors !== undefined && { consecutive_errors: consecutiveErrors }),
    ...(errorPercentage !== undefined && { error_percentage: errorPercentage }),
    ...(minimumCalls !== undefined && { minimum_calls: minimumCalls }),
    ...(interval_ms !== undefined && { interval_ms: Math.round(interval_ms) }),
    ...(baseEjectionTime_ms !== undefined && { base_ejection_time_ms: Math.round(baseEjectionTime_ms) }),
    ...(maxEjectionTime_ms !== undefined && { max_ejection_time_ms: Math.round(maxEjectionTime_ms) }),
    ...(maxEjectionPercent !== undefined && { max_ejection_percent: maxEjectionPercent }),
    ...(statuses !== undefined && { statuses }),
  };
}
