import { spawn } from "node:child_process";
import { once } from "node:events";

/** So many of its last characters stand in an error. */
const TAIL = 4000;

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** What a command prints on stdout; fails with all that it printed, if it does. */
export async function command(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let output = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
    output += chunk;
  });
  child.stderr.on("data", (chunk) => (output += chunk));
  const [status] = (await once(child, "close")) as [number | null];
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(" ")} failed with status ${status}:\n${output.slice(-TAIL)}`);
}

/** A line as a shell takes it; a pipe fails where one of its commands does. */
export function shell(line: string, options: CommandOptions = {}): Promise<string> {
  return command("bash", ["-o", "pipefail", "-c", line], options);
}

export async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return await command(program, args).then(
    () => true,
    () => false,
  );
}
