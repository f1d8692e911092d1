import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Programs of others, and the folder here whose go.mod says which version, and the package that they are. */
const PROGRAMS = {
  etcd: { module: "etcd", from: "go.etcd.io/etcd/server/v3" },
  "kube-apiserver": { module: "kubernetes", from: "k8s.io/kubernetes/cmd/kube-apiserver" },
  kubectl: { module: "kubernetes", from: "k8s.io/kubernetes/cmd/kubectl" },
  istiod: { module: "istio", from: "istio.io/istio/pilot/cmd/pilot-discovery" },
  helm: { module: "helm", from: "helm.sh/helm/v3/cmd/helm" },
  "func-e": { module: "func-e", from: "github.com/tetratelabs/func-e/cmd/func-e" },
  fortio: { module: "fortio", from: "fortio.org/fortio" },
  "docker-compose": { module: "docker-compose", from: "github.com/docker/compose/v2/cmd" },
} as const;

export type Program = keyof typeof PROGRAMS;

export const PROGRAM_NAMES = Object.keys(PROGRAMS) as readonly Program[];

/** Where the program is once it was built: a place of its own for each version, so that nothing old is taken. */
export function programPath(program: Program, env = process.env): string {
  const folder = moduleFolder(program);
  const version = createHash("sha256");
  for (const file of ["go.mod", "go.sum"]) version.update(readFileSync(join(folder, file)));
  const cache = join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "meltemi", "tools");
  return join(cache, `${PROGRAMS[program].module}-${version.digest("hex").slice(0, 12)}`, program);
}

/** Builds those that are not there. Two processes may do so at the same time: the first to finish counts. */
export async function build(programs: readonly Program[]): Promise<void> {
  for (const program of programs) {
    const path = programPath(program);
    if (existsSync(path)) continue;
    console.error(`• building ${program} with Go (once; up to some minutes) …`);
    const started_ms = Date.now();
    await mkdir(dirname(path), { recursive: true });
    const work = await mkdtemp(`${path}.part-`);
    try {
      const { from } = PROGRAMS[program];
      await go(["build", "-mod=readonly", "-o", join(work, program), from], moduleFolder(program));
      await rename(join(work, program), path);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    console.error(`• ${program} is built, in ${Math.round((Date.now() - started_ms) / 1000)} s`);
  }
}

/** The folder of a Go module that a program is built from, as Go keeps it. */
export async function sourcesOf(program: Program, module: string): Promise<string> {
  return (await go(["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module], moduleFolder(program))).trim();
}

function moduleFolder(program: Program): string {
  return fileURLToPath(new URL(PROGRAMS[program].module, import.meta.url));
}

function go(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    const child = spawn("go", args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (data) => (stdout += data));
    child.stderr.on("data", (data) => (stderr += data));
    child.once("error", (cause) => reject(new Error(`go cannot be run: ${cause.message}. Install Go 1.26 or later.`)));
    child.once("close", (status) => {
      if (status === 0) resolve(stdout);
      else reject(new Error(`go ${args.join(" ")} failed with status ${status}:\n${stderr.slice(-4000)}`));
    });
  });
}
