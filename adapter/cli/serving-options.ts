import { type Command, Option } from "commander";
import { LOG_LEVELS, type LogFormat, type LogLevel } from "../log/logger.js";

export interface ServingOptions {
  readonly logLevel: LogLevel;
  readonly logFormat?: LogFormat;
}

/** What the commands that go on running have in common. */
export function withServingOptions(command: Command): Command {
  return command
    .addOption(new Option("--log-level <level>", "least that is logged, on stderr").choices(LOG_LEVELS).default("info"))
    .addOption(
      new Option(
        "--log-format <format>",
        "lines for people or for machines (default: text on a terminal, else json)",
      ).choices(["text", "json"]),
    );
}

/** Resolves when we are told to end, by Ctrl-C or SIGTERM. A second one ends us at once, as if nobody listened. */
export function toldToEnd(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const onSignal = (signal: NodeJS.Signals): void => {
      process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
      resolve(signal);
    };
    process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  });
}
