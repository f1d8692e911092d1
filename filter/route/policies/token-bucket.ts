/** How fast calls may come: as Envoy's own token bucket, full at first. */
@unmanaged
export class TokenBucket {
  maxTokens: u32;
  tokensPerFill: u32;
  fillInterval_ms: u32;
}

/** What is in a bucket, which may lie in a block of its own or in one that several VMs share. */
@unmanaged
export class Tokens {
  tokens: u32;
  /** Until when it was filled, by the clock of `now_us`. */
  filled_ms: u32;
}

/**
 * A clock that says less than before by so much was set anew: workers read it at different moments of a turn, which is less. Filling goes on
 * from what it says then.
 */
const CLOCK_SET_MS: u32 = 10_000;

export function fillUp(tokens: Tokens, bucket: TokenBucket, time_ms: u32): void {
  tokens.tokens = bucket.maxTokens;
  tokens.filled_ms = time_ms;
}

/** Adds what has come until `time_ms`. The bucket's own size may have changed since. */
export function fill(tokens: Tokens, bucket: TokenBucket, time_ms: u32): void {
  const interval_ms = bucket.fillInterval_ms;
  const passed_ms = time_ms - tokens.filled_ms;
  let sum = <u64>tokens.tokens;
  if (<i32>passed_ms >= 0) {
    if (passed_ms >= interval_ms) {
      const fills = passed_ms / interval_ms;
      tokens.filled_ms += fills * interval_ms;
      sum += <u64>fills * bucket.tokensPerFill;
    }
  } else if (0 - passed_ms >= CLOCK_SET_MS) tokens.filled_ms = time_ms;
  tokens.tokens = <u32>min<u64>(sum, bucket.maxTokens);
}

/** Whether it is as full as a new one. */
export function isFull(tokens: Tokens, bucket: TokenBucket): bool {
  return tokens.tokens == bucket.maxTokens;
}
