import { proxy_log } from "@solo-io/proxy-runtime/assembly/imports";

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
