import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Logger } from "../log/logger.js";

/** `%j` is the message escaped for JSON. Passed as `--log-format`. */
export const ENVOY_LOG_FORMAT = '{"level":"%l","name":"%n","message":"%j"}';

type Level = "trace" | "debug" | "info" | "warn" | "error";

const LEVELS: Readonly<Record<string, Level>> = {
  trace: "trace",
  debug: "debug",
  info: "info",
  warning: "warn",
  error: "error",
  critical: "error",
};

/** Envoy's level for ours. What it calls info is the inventory of a binary: it comes at debug. */
const ENVOY_LEVELS: Readonly<Record<string, string>> = { trace: "debug", debug: "info", silent: "off", error: "error" };

/** At our info Envoy tells its warnings, and what the filter logs. */
export function envoyLogArguments(level: string): readonly string[] {
  const args = ["--log-level", ENVOY_LEVELS[level] ?? "warning"];
  return level === "info" ? [...args, "--component-log-level", "wasm:info"] : args;
}

export interface EnvoyLogLine {
  readonly level: Level;
  readonly name: string;
  readonly message: string;
}

export function parseEnvoyLogLine(line: string): EnvoyLogLine {
  try {
    const { level, name, message } = JSON.parse(line) as { level: string; name: string; message: string };
    return { level: LEVELS[level] ?? "info", name, message: message.trimEnd() };
  } catch {
    // What does not come from Envoy's logger: a crash's backtrace, a complaint about the command line.
    return { level: "warn", name: "stderr", message: line };
  }
}

/** Hands Envoy's lines over to our log, and keeps the last ones that complain: why it ended, when it does. */
export function forwardEnvoyLog(stream: Readable, log: Logger): { complaints(): string } {
  const last: string[] = [];
  createInterface({ input: stream }).on("line", (line) => {
    if (line === "") return;
    const { level, name, message } = parseEnvoyLogLine(line);
    // Envoy says less than we would show, unless somebody has asked its admin interface for more: that is to be seen.
    log[log.isLevelEnabled(level) ? level : "info"]({ logger: name }, message);
    if (level !== "warn" && level !== "error") return;
    last.push(message);
    if (last.length > 5) last.shift();
  });
  return { complaints: () => last.join("\n") };
}
