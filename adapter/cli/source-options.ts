import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { type Command, Option } from "commander";
import { MeltemiError } from "../error/meltemi-error.js";
import type { Leadership } from "../kubernetes/leader-election.js";
import type { Logger } from "../log/logger.js";
import { KINDS } from "../resource/kinds.js";
import { recognise } from "../resource/recognise.js";
import { DirectorySource } from "../source/directory-source.js";
import type { Source } from "../source/source.js";
import { requireDirectory } from "./require-directory.js";
import type { Follower, ServeOptions } from "./serve.js";

/** Where resources come from. */
export interface SourceOptions {
  readonly source: "directory" | "kubernetes";
  readonly config?: string;
  readonly kubeconfig?: string;
  readonly namespace?: readonly string[];
}

export function withSourceOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--source <what>", "where the resources come from")
        .choices(["directory", "kubernetes"])
        .default("directory"),
    )
    .option("-c, --config <directory>", "directory of YAML with the resources; its changes are followed")
    .option("--kubeconfig <file>", "which API server, and as whom (default: $KUBECONFIG, or the Pod's own account)")
    .option(
      "--namespace <name>",
      "read this namespace alone; may be repeated (default: all of them)",
      (name: string, before: readonly string[] = []) => [...before, name],
    );
}

export interface OpenedSource {
  /** Not started yet. */
  readonly source: Source;
  /** Tells in it what becomes of its resources, where that can be. */
  readonly follower: Follower | undefined;
  /** Which of several replicas writes, where there may be several. */
  readonly leadership: Leadership | undefined;
  /** What is to be told of its resources; undefined: all. */
  readonly judge: ServeOptions["judge"];
}

/** The source that the options name. `patience_ms`: how long it waits for changes to end; undefined: as it does by itself. */
export async function openSource(
  options: SourceOptions,
  patience_ms: number | undefined,
  log: Logger,
): Promise<OpenedSource> {
  const { source, config, kubeconfig, namespace = [] } = options;
  if (source === "kubernetes") {
    if (config !== undefined)
      throw new MeltemiError("USAGE", "--config is for --source directory: leave one of the two out");
    const { openKubernetes } = await import("../kubernetes/open.js");
    const { KubernetesSource } = await import("../source/kubernetes/kubernetes-source.js");
    const { judge } = await import("../kubernetes/judge.js");
    const { LeaderElection } = await import("../kubernetes/leader-election.js");
    const { clusterStatus } = await import("./cluster-status.js");
    const api = openKubernetes(kubeconfig);
    const own = log.child({ component: "source" });
    const opened = new KubernetesSource({ api, kinds: KINDS, namespaces: namespace, patience_ms, log: own });
    const replica = { api, namespace: api.namespace, identity: `${hostname()}_${randomUUID()}` };
    const leader = new LeaderElection({ ...replica, name: "meltemi", log: log.child({ component: "leader" }) });
    const status = clusterStatus({ ...replica, source: opened, leader, log: log.child({ component: "status" }) });
    return { source: opened, follower: status, leadership: leader, judge };
  }
  if (config === undefined) {
    throw new MeltemiError("USAGE", "where are the resources? Write --config DIRECTORY, or --source kubernetes");
  }
  await requireDirectory(config);
  return {
    source: new DirectorySource(config, recognise, patience_ms),
    follower: undefined,
    leadership: undefined,
    judge: undefined,
  };
}
