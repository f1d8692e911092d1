/** When a call is sent once more. */
export enum RetryOn {
  /** No upstream connection could be made. */
  CONNECT_FAILURE = 1,
  /** The upstream's connection has ended with the call in flight. */
  RESET = 2,
  /** No answer within the time of one try. */
  TIMEOUT = 4,
  /** The answer says that the upstream has too much to do: the status of the protocol for that. */
  REFUSED = 8,
  /** The answer is an error, whichever. */
  ERROR = 16,
}

/**
 * How calls of a route are retried: a block of its own and counted, because a call may be in flight for longer than its table stands.
 *
 *     [ the fields below | status i32 … ]
 */
@unmanaged
export class Retry {
  references: u32;
  /** The next one of its table. */
  next: Retry | null;
  /** Retries of one call at most. */
  attempts: u32;
  /** RetryOn */
  on: u32;
  statusCount: u32;
  /** Milliseconds that one try may take; 0: as long as the call may. */
  perTry_ms: u32;
  /** The first pause is up to the first of these, each further one up to twice as long, up to the second. */
  backOff_ms: u32;
  maxBackOff_ms: u32;
  /** A longer message is not kept, and not retried. */
  maxBytes: u32;
  /** Of the calls in progress so many percent, or so many, may be being retried. */
  budgetPercent: u32;
  minBudget: u32;
  /** Calls in progress in this VM, and those among them that are being retried. */
  active: u32;
  retrying: u32;
}

export function newRetry(statuses: usize, statusCount: u32): Retry {
  const retry = changetype<Retry>(heap.alloc(offsetof<Retry>() + ((<usize>statusCount) << 2)));
  memory.fill(changetype<usize>(retry), 0, offsetof<Retry>());
  retry.references = 1;
  retry.statusCount = statusCount;
  memory.copy(changetype<usize>(retry) + offsetof<Retry>(), statuses, (<usize>statusCount) << 2);
  return retry;
}

/** A call is sent that may be retried. */
export function beginRetried(retry: Retry): void {
  retry.references++;
  retry.active++;
}

/** It has come to its end. `again`: it was retried. */
export function endRetried(retry: Retry, again: bool): void {
  retry.active--;
  if (again) retry.retrying--;
  releaseRetry(retry);
}

export function releaseRetry(retry: Retry): void {
  if (--retry.references == 0) heap.free(changetype<usize>(retry));
}

/** Whether an answer with `status` is to be tried for a better one. `refused`: the status of an upstream that has too much to do. */
export function isRetried(retry: Retry, ok: bool, status: u32, refused: u32): bool {
  if (!ok && (retry.on & RetryOn.ERROR) != 0) return true;
  if (!ok && (retry.on & RetryOn.REFUSED) != 0 && status == refused) return true;
  const statuses = changetype<usize>(retry) + offsetof<Retry>();
  for (let i: u32 = 0; i < retry.statusCount; i++) {
    if (load<u32>(statuses + ((<usize>i) << 2)) == status) return true;
  }
  return false;
}

/** Whether the budget has room for one call more that is being retried. */
export function hasBudget(retry: Retry): bool {
  return retry.retrying < max<u32>(retry.minBudget, <u32>((<u64>retry.active * retry.budgetPercent) / 100));
}

/** The pause before the retry that is number `count`, from 1 on: up to this many milliseconds. */
export function backOffOf(retry: Retry, count: u32): u32 {
  const doublings = min<u32>(count - 1, 20);
  return <u32>min<u64>((<u64>retry.backOff_ms) << doublings, retry.maxBackOff_ms);
}
