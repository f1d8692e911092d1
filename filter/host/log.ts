import { proxy_log } from "@solo-io/proxy-runtime/assembly/imports";
import { proxy_get_log_level } from "./env";

/** proxy-wasm's levels. */
export enum LogLevel {
  TRACE,
  DEBUG,
  INFO,
  WARN,
  ERROR,
  CRITICAL,
}

export function logBytes(level: LogLevel, text: usize, bytes: u32): void {
  proxy_log(level, text, bytes);
}

const cell: usize = memory.data(8);

/** Whether lines of `level` would be written now: Envoy's admin interface can change that at any time. */
export function isLogged(level: LogLevel): bool {
  return proxy_get_log_level(cell) == 0 && load<u32>(cell) <= <u32>level;
}
