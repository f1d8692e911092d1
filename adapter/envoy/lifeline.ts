import { spawn } from "node:child_process";

export interface Lifeline {
  /** The process has ended by itself or was ended: do not touch its pid any more. */
  release(): void;
}

/**
 * Ends a process when we are gone, however that comes about (even by SIGKILL): a shell waits at the far end of a pipe that
 * nobody but us holds. It runs in a session of its own so that Ctrl-C does not reach it.
 */
export function tieToOurLife(pid: number): Lifeline {
  const shell = spawn("/bin/sh", ["-c", 'read -r released || kill -TERM "$1"', "meltemi-lifeline", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  // A shell that is gone already (a machine that shuts down) is nothing to fail for.
  shell.once("error", () => {});
  shell.stdin.on("error", () => {});
  shell.unref();
  return { release: () => void shell.stdin.end("released\n") };
}
