import { spawn } from "node:child_process";
import { join } from "node:path";
import {
  BRPC_JAVA,
  GO,
  JAVA,
  JPROTOBUF_RPC,
  RATELIMIT,
  REDIS_NODE,
  TARS_GO,
  TARS_NODE,
  TRPC_GO,
} from "./support/programs.js";
import { THRIFT } from "./support/thrift-programs.js";

interface Build {
  readonly tool: string;
  readonly args: readonly string[];
  readonly from: string;
  /** What to install when the tool is missing. */
  readonly says: string;
  readonly progress?: string;
}

const JAVA_BUILDS: readonly Build[] = [
  { tool: "java", args: ["-version"], from: JAVA, says: "Install a JDK 17 or later (Debian: default-jdk-headless)." },
  {
    tool: "mvn",
    args: ["-q", "-B", "process-classes"],
    from: JAVA,
    says: "Install Maven 3.6 or later (Debian: maven).",
    progress: "compiling the Java programs (the first time Maven fetches Dubbo, about 40 MB)",
  },
];

const BRPC_BUILDS: readonly Build[] = [BRPC_JAVA, JPROTOBUF_RPC].map((from) => ({
  tool: "mvn",
  args: ["-q", "-B", "process-classes"],
  from,
  says: "Install Maven 3.6 or later (Debian: maven).",
  progress: "compiling the bRPC programs (the first time Maven fetches their libraries, about 20 MB)",
}));

const NODE_BUILDS: readonly Build[] = [
  {
    tool: "npm",
    args: ["ci"],
    from: TARS_NODE,
    says: "Install npm, which comes with Node.",
    progress: "installing Tars.js",
  },
];

const GO_BUILDS: readonly Build[] = [
  { from: GO, fetched: "dubbo-go, about 200 MB" },
  { from: TARS_GO, fetched: "TarsGo, about 5 MB" },
  { from: TRPC_GO, fetched: "trpc-go, about 30 MB" },
].map(({ from, fetched }) => ({
  tool: "go",
  args: ["build", "-mod=readonly", "-o", "bin/", "./client", "./server"],
  from,
  says: "Install Go 1.19 or later (Debian: golang-go).",
  progress: `compiling the Go programs (the first time Go fetches ${fetched})`,
}));

const REDIS: Build = {
  tool: "redis-server",
  args: ["--version"],
  from: REDIS_NODE,
  says: "Install Redis 7 (Debian: redis-server and redis-tools).",
};

const RATELIMIT_BUILDS: readonly Build[] = [
  REDIS,
  {
    tool: "go",
    args: ["build", "-mod=readonly", "-o", "bin/", "github.com/envoyproxy/ratelimit/src/service_cmd"],
    from: RATELIMIT,
    says: "Install Go 1.26 or later (Debian: golang-go).",
    progress: "compiling Envoy's rate limit service (the first time Go fetches its modules, about 60 MB)",
  },
];

const THRIFT_BUILDS: readonly Build[] = [
  ...["go", "py", "js:node"].map((language) => ({
    tool: "thrift",
    args: ["--gen", language, "-o", { go: "go", py: "python" }[language] ?? "node", "interop.thrift"],
    from: THRIFT,
    says: "Install Thrift's compiler, 0.16 or later (Debian: thrift-compiler).",
  })),
  {
    tool: "go",
    args: ["build", "-mod=readonly", "-o", "bin/", "./client", "./server"],
    from: join(THRIFT, "go"),
    says: "Install Go 1.22 or later (Debian: golang-go).",
    progress: "compiling the Thrift programs (the first time their libraries are fetched, about 10 MB)",
  },
  { tool: "npm", args: ["ci", "--no-audit", "--no-fund"], from: join(THRIFT, "node"), says: "It comes with Node." },
  {
    tool: "python3",
    args: ["-m", "pip", "install", "-q", "--upgrade", "--target", "lib", "-r", "requirements.txt"],
    from: join(THRIFT, "python"),
    says: "Install Python 3 with pip (Debian: python3-pip).",
  },
];

const REDIS_BUILDS: readonly Build[] = [
  ...["redis-cli", "redis-benchmark"].map((tool) => ({ ...REDIS, tool })),
  { tool: "npm", args: ["ci", "--no-audit", "--no-fund"], from: REDIS_NODE, says: "It comes with Node." },
];

/** Vitest's global setup: makes the programs of other languages, once for all files. */
export default async function setup(): Promise<void> {
  await buildJava();
  await build(BRPC_BUILDS);
  await build(NODE_BUILDS);
  await build(GO_BUILDS);
  await buildRateLimitService();
  await build(THRIFT_BUILDS);
  await build(REDIS_BUILDS);
}

export async function buildJava(): Promise<void> {
  await build(JAVA_BUILDS);
}

export async function buildRateLimitService(): Promise<void> {
  await build(RATELIMIT_BUILDS);
}

async function build(builds: readonly Build[]): Promise<void> {
  for (const { tool, args, from, says, progress } of builds) {
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
