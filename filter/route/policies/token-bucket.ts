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
