import { now_us } from "../host/clock";

let state: u64 = 0;

/** 32 random bits for choices between clusters and the like (xorshift64*): fair, not secret. */
export function random32(): u32 {
  if (!state) state = now_us() | 1;
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return <u32>((state * 0x2545_f491_4f6c_dd1d) >> 32);
}

/** True for about `share` of a million. */
export function draws(share: u32): bool {
  return share != 0 && <u32>((<u64>random32() * 1_000_000) >> 32) < share;
}
