import { proxy_set_tick_period_milliseconds } from "@solo-io/proxy-runtime/assembly/imports";

/** Lets the host call `proxy_on_tick` with the root context in effect. */
export function tickEvery(period_ms: u32): void {
  proxy_set_tick_period_milliseconds(period_ms);
}
