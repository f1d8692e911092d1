import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Child } from "../../mesh/support/child.js";
import { build, programPath } from "../../mesh/tools/tools.js";
import { succeeds } from "./command.js";

const START_TIMEOUT_MS = 60_000;

/** A Docker engine; `docker` finds it by the variables that were set. */
export interface Engine {
  /** It was started here, on a machine that has none: it has no bridge, so that builds take the machine's own network. */
  readonly own: boolean;
  stop(): Promise<void>;
}

/** The engine that runs, or one of our own with all that it keeps below `directory`. */
export async function startEngine(directory: string): Promise<Engine> {
  if (await succeeds("docker", ["info"])) return { own: false, stop: async () => {} };
  const socket = `unix://${join(directory, "docker.sock")}`;
  const settings = join(directory, "daemon.json");
  await writeFile(
    settings,
    JSON.stringify({
      hosts: [socket],
      "data-root": join(directory, "data"),
      "exec-root": join(directory, "exec"),
      pidfile: join(directory, "dockerd.pid"),
      // Neither the machine's firewall nor its routing is touched.
      bridge: "none",
      iptables: false,
      ip6tables: false,
      "ip-forward": false,
    }),
  );
  const dockerd = new Child("dockerd", ["--config-file", settings], join(directory, "dockerd.log"));
  process.env.DOCKER_HOST = socket;
  await dockerd.until("the engine answers", START_TIMEOUT_MS, () => succeeds("docker", ["info"]));
  return { own: true, stop: () => dockerd.stop() };
}

/** `docker compose` is a program of its own, which Debian 12 does not have: it is built, and found by settings in `directory`. */
export async function ensureCompose(directory: string): Promise<void> {
  if (await succeeds("docker", ["compose", "version"])) return;
  await build(["docker-compose"]);
  const settings = join(directory, "docker");
  const plugin = join(settings, "cli-plugins", "docker-compose");
  await mkdir(join(settings, "cli-plugins"), { recursive: true });
  await symlink(programPath("docker-compose"), plugin);
  process.env.DOCKER_CONFIG = settings;
}
