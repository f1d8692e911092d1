import { proxy_get_current_time_nanoseconds } from "@solo-io/proxy-runtime/assembly/imports";

const cell: usize = memory.data(8);

/** Microseconds since 1970. A crossing to the host: once per callback, not per call. */
export function now_us(): u64 {
  proxy_get_current_time_nanoseconds(cell);
  return load<u64>(cell) / 1000;
}
