import { now_us } from "../host/clock";

/**
 * Milliseconds of a clock that moves with the ticks: what ages and idle times are counted in, at no crossing to the host. It wraps
 * after 49 days, differences do not.
 */
export let tick_ms: u32 = 0;

/** To be called at each tick, and when the first configuration comes. */
export function moveClock(): void {
  tick_ms = <u32>(now_us() / 1000);
}

/** Milliseconds since a former `tick_ms`. */
export function since_ms(then_ms: u32): u32 {
  return tick_ms - then_ms;
}
