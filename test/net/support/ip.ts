import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Runs `ip` of iproute2, and returns what it prints. */
export async function ip(...args: readonly string[]): Promise<string> {
  try {
    return (await run("ip", args)).stdout;
  } catch (cause) {
    const { code, stderr } = cause as { readonly code?: unknown; readonly stderr?: string };
    if (code === "ENOENT") throw new Error("ip cannot be run: install iproute2", { cause });
    const asRoot = process.getuid?.() === 0 ? "" : ": run these tests as root";
    throw new Error(`ip ${args.join(" ")}: ${stderr?.trim()}${asRoot}`, { cause });
  }
}
