import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A version of the service that runs as a process of its own. */
export interface Provider {
  readonly version: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts it on this port, or on a free one if that is taken. */
export async function startProvider(version: string, port: number): Promise<Provider> {
  const script = fileURLToPath(new URL("./server.js", import.meta.url));
  const child = fork(script, [version, String(port)], { stdio: ["ignore", 2, 2, "ipc"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const bound = await firstMessage(child);
  return {
    version,
    port: bound.port,
    stop: () => {
      child.kill("SIGTERM");
      return exited;
    },
  };
}

function firstMessage(child: ChildProcess): Promise<{ readonly port: number }> {
  return new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as { port: number }));
    child.once("error", reject);
    child.once("exit", (status) => reject(new Error(`the demo's service ended with status ${status}`)));
  });
}
