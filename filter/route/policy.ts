/**
 * What a route asks for besides a cluster, in the order in which it is done to a call: the rate limit, the fault, the timeout. Null on a
 * route that asks for nothing.
 */
@unmanaged
export class Policy {
  /** Milliseconds that a call may take; 0: any time. */
  timeout_ms: u32;
  /** Calls that are answered with an error instead, in a million; its status is the protocol's number, 0: that of ReplyCode.ABORTED. */
  abortShare: u32;
  abortStatus: u32;
  abortText: usize;
  abortTextBytes: u32;
  rateLimit: TokenBucket | null;
}

/** Tokens of this VM, which is one worker's. */
@unmanaged
export class TokenBucket {
  tokens: u32;
  maxTokens: u32;
  tokensPerFill: u32;
  fillInterval_ms: u32;
  /** Until when it was filled, by the clock of `now_us`; 0: it was never asked. */
  filled_ms: u32;
}

/** Takes a token, at `time_ms`. False: there is none. */
export function takeToken(bucket: TokenBucket, time_ms: u32): bool {
  if (!bucket.filled_ms) {
    bucket.filled_ms = time_ms;
    bucket.tokens = bucket.maxTokens;
  }
  const fills = (time_ms - bucket.filled_ms) / bucket.fillInterval_ms;
  if (fills) {
    bucket.filled_ms += fills * bucket.fillInterval_ms;
    const tokens = <u64>bucket.tokens + <u64>fills * bucket.tokensPerFill;
    bucket.tokens = <u32>min<u64>(tokens, bucket.maxTokens);
  }
  if (!bucket.tokens) return false;
  bucket.tokens--;
  return true;
}
