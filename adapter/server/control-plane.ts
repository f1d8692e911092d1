import type { EventEmitter } from "node:events";
import type { Logger } from "../log/logger.js";
import type { Mesh } from "../model/model.js";
import { checkConsistency } from "../snapshot/consistency.js";
import { diffSnapshots } from "../snapshot/diff.js";
import { makeSnapshot, type Snapshot } from "../snapshot/snapshot.js";
import { buildResources, type XdsOptions } from "../xds/build-resources.js";
import { TableVersions } from "../xds/table-versions.js";
import { type DiscoveryEvents, DiscoveryServer, type ListenAddress, type NodeStatus } from "./discovery-server.js";
import { startHttp } from "./http.js";
import { createMetrics } from "./metrics.js";

export interface ControlPlaneOptions extends XdsOptions {
  readonly xds: ListenAddress;
  /** Health, metrics and what nodes get, for people and probes. Not served where absent. */
  readonly http?: ListenAddress;
  readonly log: Logger;
}

/** A control plane that runs: meshes go in, nodes get them. */
export interface ControlPlane {
  readonly xdsPort: number;
  readonly httpPort: number | undefined;
  readonly events: EventEmitter<DiscoveryEvents>;
  /** Serves a mesh from now on. Returns its version, and in words what of it cannot be served as it is. */
  setMesh(mesh: Mesh): { readonly version: string; readonly problems: readonly string[] };
  /** Resolves when there are nodes and all have accepted all of the newest mesh; fails when one refuses a part of it. */
  synchronized(): Promise<void>;
  nodes(): readonly NodeStatus[];
  close(): Promise<void>;
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { log } = options;
  const server = new DiscoveryServer();
  logEvents(server.events, log);
  const versions = new TableVersions();
  let snapshot: Snapshot | undefined;
  const xdsPort = await server.listen(options.xds);
  const http = await startOptionalHttp(options.http, server);
  return {
    xdsPort,
    httpPort: http?.port,
    events: server.events,
    setMesh: (mesh) => {
      const { resources, problems } = buildResources(mesh, { ...options, versions });
      const next = makeSnapshot(resources);
      for (const diff of diffSnapshots(snapshot, next))
        log.info({ ...diff, version: next.version }, "resources changed");
      snapshot = next;
      server.setSnapshot(next);
      return { version: next.version, problems: [...problems, ...checkConsistency(next)] };
    },
    synchronized: () => server.synchronized(),
    nodes: () => server.nodes(),
    close: async () => {
      await Promise.all([server.close(), http?.close()]);
    },
  };
}

async function startOptionalHttp(address: ListenAddress | undefined, server: DiscoveryServer) {
  if (address === undefined) return undefined;
  try {
    return await startHttp(address, { server, metrics: createMetrics(server) });
  } catch (error) {
    await server.close();
    throw error;
  }
}

function logEvents(events: EventEmitter<DiscoveryEvents>, log: Logger): void {
  events.on("connected", (node) => log.info({ node }, "node connected"));
  events.on("disconnected", (node) => log.info({ node }, "node disconnected"));
  events.on("synchronized", (node, version) => log.info({ node, version }, "node is up to date"));
  events.on("pushed", (node, type, { resources, removed }) =>
    log.debug({ node, type, resources: resources.length, removed: removed.length }, "pushed"),
  );
  events.on("acknowledged", (node, type, version) => log.debug({ node, type, version }, "acknowledged"));
  events.on("rejected", (node, rejection, version) =>
    log.error({ node, version, ...rejection }, "node refuses an update and goes on with what it had"),
  );
}
