import { Command, CommanderError } from "commander";
import { MeltemiError } from "../error/meltemi-error.js";
import { adapterCommand } from "./adapter-command.js";
import { bootstrapCommand } from "./bootstrap-command.js";
import { checkCommand } from "./check-command.js";
import { EXIT_CODE_HELP, ExitCode } from "./exit-code.js";
import { explainCommand } from "./explain-command.js";
import { installCommand } from "./install-command.js";
import { version } from "./installation.js";
import { iptablesCommand } from "./iptables-command.js";
import { statusCommand } from "./status-command.js";
import { upCommand } from "./up-command.js";

const EXAMPLES = `
Examples:
  meltemi check ./config
  meltemi up --config ./config --listen dubbo=127.0.0.1:20880
  meltemi explain --config ./config --protocol dubbo --service demo.ReviewService --attribute user=jason
${EXIT_CODE_HELP}`;

/**
 * Commands load what they need when they are run, so that help comes at once.
 *
 * Resolves with the exit code. Commands that serve resolve when they have been told to end.
 */
export async function runProgram(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.OK;
  const finish = (code: ExitCode): void => {
    exitCode = code;
  };
  const program = new Command("meltemi")
    .description("Routes the calls of RPC protocols that are not HTTP, one by one, in stock Envoy.")
    .version(version(), "-V, --version", "print Meltemi's version")
    .addHelpText("after", EXAMPLES);
  const commands = [
    upCommand(),
    adapterCommand(),
    bootstrapCommand(),
    statusCommand(finish),
    checkCommand(finish),
    explainCommand(finish),
    installCommand(),
    iptablesCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands]) {
    command
      .helpOption("-h, --help", "print this help")
      .exitOverride()
      .showHelpAfterError(`Run "meltemi${command === program ? "" : ` ${command.name()}`} --help".`);
  }
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    // Commander has printed what there is to say; help and version end this way too.
    return error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE;
  }
  if (error instanceof MeltemiError) {
    process.stderr.write(`error: ${error.message}\n`);
    return error.code === "USAGE" ? ExitCode.USAGE : ExitCode.FAILURE;
  }
  process.stderr.write(`error: ${(error as Error).stack ?? error}\n`);
  return ExitCode.FAILURE;
}
