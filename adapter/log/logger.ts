import { type DestinationStream, type Logger, pino } from "pino";
import { formatLine } from "./format-line.js";

export type { Logger } from "pino";

export type LogFormat = "text" | "json";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Logs go to stderr, so that stdout carries only what a command was asked for. Without a wish they are readable lines on a
 * terminal and JSON elsewhere. Written synchronously: what was logged before the process ends is there.
 */
export function createLogger(options: { readonly format?: LogFormat | undefined; readonly level?: LogLevel }): Logger {
  const format = options.format ?? (process.stderr.isTTY ? "text" : "json");
  const stderr = pino.destination({ dest: 2, sync: true });
  const destination: DestinationStream =
    format === "json" ? stderr : { write: (line: string) => stderr.write(formatLine(line)) };
  return pino(
    { level: options.level ?? "info", base: null, formatters: { level: (label) => ({ level: label }) } },
    destination,
  );
}
