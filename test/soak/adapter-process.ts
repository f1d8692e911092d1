import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MELTEMI = fileURLToPath(new URL("../../dist/adapter/cli/main.js", import.meta.url));

/** `meltemi adapter`, as users run it. */
export class AdapterProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** Resolves when it serves the directory. */
  static async start(directory: string, xdsPort: number, listenPort: number): Promise<AdapterProcess> {
    const args = [
      "adapter",
      "--config",
      directory,
      "--xds",
      `127.0.0.1:${xdsPort}`,
      "--http",
      "127.0.0.1:0",
      "--admin",
      "127.0.0.1:0",
    ];
    args.push("--listen", `dubbo=127.0.0.1:${listenPort}`, "--log-level", "silent");
    const child = spawn(process.execPath, [MELTEMI, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout });
    const [line] = await Promise.race([once(lines, "line"), once(child, "exit")]);
    if (!String(line).startsWith("ready")) throw new Error(`the adapter did not start: ${line}`);
    return new AdapterProcess(child);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) throw new Error(`the adapter ended by itself: ${this.child.exitCode}`);
    const exited = once(this.child, "exit");
    this.child.kill("SIGTERM");
    await exited;
  }
}
