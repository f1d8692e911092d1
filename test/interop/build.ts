import { spawn } from "node:child_process";
import { GO, JAVA } from "./support/programs.js";

/** What is run, where, and what to install when the tool is missing. */
const BUILDS = [
  { tool: "java", args: ["-version"], from: JAVA, says: "Install a JDK 17 or later (Debian: default-jdk-headless)." },
  {
    tool: "mvn",
    args: ["-q", "-B", "process-classes"],
    from: JAVA,
    says: "Install Maven 3.6 or later (Debian: maven).",
    progress: "compiling the Java programs (the first time Maven fetches Dubbo, about 40 MB)",
  },
  {
    tool: "go",
    args: ["build", "-mod=readonly", "-o", "bin/", "./client", "./server"],
    from: GO,
    says: "Install Go 1.19 or later (Debian: golang-go).",
    progress: "compiling the Go programs (the first time Go fetches dubbo-go, about 200 MB)",
  },
];

/** Vitest's global setup: makes the programs of other languages, once for all files. */
export default async function setup(): Promise<void> {
  for (const { tool, args, from, says, progress } of BUILDS) {
    if (progress !== undefined) console.error(`• ${progress} …`);
    await run(tool, args, from, says);
  }
}

function run(tool: string, args: readonly string[], cwd: string, says: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const output: Buffer[] = [];
    const child = spawn(tool, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (data: Buffer) => output.push(data));
    child.stderr.on("data", (data: Buffer) => output.push(data));
    child.once("error", (cause) => reject(new Error(`${tool} cannot be run: ${cause.message}. ${says}`)));
    child.once("close", (status) => {
      if (status === 0) resolve();
      else reject(new Error(`${tool} ${args.join(" ")} failed with status ${status}:\n${Buffer.concat(output)}`));
    });
  });
}
