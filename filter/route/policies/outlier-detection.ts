import { Named } from "../named";

/** When a host of a cluster has failed so much that it gets no calls for a while, judged by how its calls ended. */
@unmanaged
export class OutlierDetection {
  /** The table's next one. */
  next: OutlierDetection | null;
  cluster: Named;
  /** So many in a row, and so much of all in an interval that has at least `minimumCalls`; 0: not looked at. */
  consecutiveErrors: u32;
  errorPercentage: u32;
  minimumCalls: u32;
  interval_ms: u32;
  /** For so long, times how often it was, but at most `maxEjectionTime_ms`. */
  baseEjectionTime_ms: u32;
  maxEjectionTime_ms: u32;
  /** Of the hosts that are known, but one at least. */
  maxEjectionPercent: u32;
  /** `statusCount` numbers of 32 bits that are errors; none: all that are no success. */
  statuses: usize;
  statusCount: u32;
  /** What is known of the cluster's hosts (proxy/policies/hosts.ts); 0: not looked for yet. */
  hosts: usize;
}

/** Whether an answer of this status is an error. */
export function isErrorStatus(detection: OutlierDetection, status: u32, ok: bool): bool {
  if (!detection.statusCount) return !ok;
  for (let i: u32 = 0; i < detection.statusCount; i++) {
    if (load<u32>(detection.statuses + ((<usize>i) << 2)) == status) return true;
  }
  return false;
}
