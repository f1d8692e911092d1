import { CircuitBreaker } from "./policies/circuit-breaker";
import { Abort, Delay } from "./policies/fault";
import { GlobalRateLimit } from "./policies/global-rate-limit";
import { Mirror } from "./policies/mirror";
import { RouteMutations } from "./policies/mutation";
import { RateLimit } from "./policies/rate-limit";
import { Retry } from "./policies/retry";
import { Sticky } from "./policies/sticky";
import { TimeoutAttribute } from "./policies/timeout-attribute";

/** What a route asks for besides a cluster. Null on a route that asks for nothing. The order in which it is done: docs/govern-calls.md. */
@unmanaged
export class Policy {
  /** Milliseconds that a call may take; 0: any time. */
  timeout_ms: u32;
  delay: Delay | null;
  abort: Abort | null;
  rateLimits: RateLimit | null;
  globalRateLimit: GlobalRateLimit | null;
  circuitBreaker: CircuitBreaker | null;
  mutations: RouteMutations | null;
  sticky: Sticky | null;
  timeoutAttribute: TimeoutAttribute | null;
  retry: Retry | null;
  /** The first of them. */
  mirrors: Mirror | null;
  /** The longest message of which all is awaited before it is sent, because it is kept. 0: none is kept. */
  keptBytes: u32;
}
