import { Named } from "../named";

/** How many calls may be in flight at a time: of all routes whose breakers have its name together. 0: any number. */
@unmanaged
export class CircuitBreaker extends Named {
  maxRequests: u32;
  /** Of each method apart. */
  maxRequestsPerMethod: u32;
  /** So many calls beyond it wait for a place, for so long. */
  maxPendingRequests: u32;
  pendingTimeout_ms: u32;
}
