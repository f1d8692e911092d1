import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./port.js";
import { Program } from "./program.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What `build.ts` makes. */
export const JAVA = join(ROOT, "java");
export const GO = join(ROOT, "go");

/** Small, and quick to start: several of them run at once. */
const JVM = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Ddubbo.application.logger=slf4j"];

/** A provider that serves. */
export interface Provider {
  readonly port: number;
  readonly program: Program;
}

/** The provider of one version on a port, or on a free one. */
export type StartProvider = (node: string, port?: number) => Promise<Provider>;

export const javaProvider =
  (options: readonly string[] = []): StartProvider =>
  async (node, port) => {
    const at = port ?? (await freePort());
    const args = ["--port", String(at), "--node", node, ...options];
    return serving(at, java(`Java provider ${node}`, "server.ServerMain", args));
  };

export const goProvider: StartProvider = async (node, port) => {
  const at = port ?? (await freePort());
  const args = ["-port", String(at), "-node", node];
  return serving(at, new Program(`Go provider ${node}`, join(GO, "bin", "server"), args));
};

/** Where a consumer's calls go: one provider (v1), or Meltemi before v1 and v2. */
export interface Target {
  readonly address: string;
  readonly mesh: boolean;
}

export function javaConsumer({ address, mesh }: Target, checks: readonly string[]): Program {
  return java("Java consumer", "client.ClientMain", [
    ...["--address", address],
    ...["--mesh", String(mesh)],
    ...["--checks", checks.join(",")],
  ]);
}

export function goConsumer({ address, mesh }: Target): Program {
  return new Program("Go consumer", join(GO, "bin", "client"), ["-address", address, `-mesh=${mesh}`]);
}

function java(name: string, main: string, args: readonly string[]): Program {
  const classPath = `${join(JAVA, "target", "classes")}:${join(JAVA, "target", "lib")}/*`;
  // Dubbo keeps files in the user's home.
  const home = `-Duser.home=${join(tmpdir(), "meltemi-interop")}`;
  return new Program(name, "java", [...JVM, home, "-cp", classPath, `io.meltemi.interop.${main}`, ...args]);
}

async function serving(port: number, program: Program): Promise<Provider> {
  await program.line("READY");
  return { port, program };
}
