import type { EventEmitter } from "node:events";
import type { Logger } from "../log/logger.js";
import type { Mesh } from "../model/model.js";
import type { NodeProfile } from "../model/node-profile.js";
import { adminAnswers } from "./admin-http.js";
import type { DiscoveryEvents } from "./connection.js";
import { FileCredentials, type TlsFiles } from "./credentials.js";
import { DiscoveryServer, type ListenAddress } from "./discovery-server.js";
import { type Answers, type Http, startHttp } from "./http.js";
import { createMetrics } from "./metrics.js";
import type { NodeStatus } from "./node-status.js";
import { publicAnswers } from "./public-http.js";
import { type Outcome, ServedMesh, type ServedMeshOptions } from "./served-mesh.js";
import { NOBODY, TenantMeshes } from "./tenant-meshes.js";
import { TenantMetrics } from "./tenant-metrics.js";

export interface ControlPlaneOptions extends ServedMeshOptions {
  readonly xds: ListenAddress;
  /** xDS over TLS. Without, it is plain and whoever reaches it gets all. */
  readonly tls?: TlsFiles | undefined;
  /** Health, metrics and the filter's code, for probes and nodes. Not served where absent. */
  readonly http?: ListenAddress;
  /** What nodes get and how far they are with it, for people. Not served where absent. */
  readonly admin?: ListenAddress;
  /** The filter's code as it is served over HTTP. */
  readonly filter?: Uint8Array;
  /** Where there are tenants. */
  readonly tenants?: TenantOptions;
}

export interface TenantOptions {
  /** Those of the nodes of one namespace. */
  readonly maxStreams: number;
  /** There is a node of a namespace that has no mesh. */
  readonly onUnknown: (namespace: string) => void;
}

/** What is served to the nodes of one namespace. */
export interface ServedTenant {
  readonly mesh: Mesh;
  /** How many of its resources there was no room for. */
  readonly refused: number;
}

/** A control plane that runs: meshes go in, nodes get them. */
export interface ControlPlane {
  readonly xdsPort: number;
  readonly httpPort: number | undefined;
  readonly adminPort: number | undefined;
  readonly events: EventEmitter<DiscoveryEvents>;
  /** Serves a mesh from now on. Returns its version, and in words what of it cannot be served as it is. */
  setMesh(mesh: Mesh): Outcome;
  /**
   * The same where there are tenants: a mesh for each namespace, and under the name NOBODY that of all other nodes. Who has the same mesh as
   * before is sent nothing. Returns what became of the others.
   */
  setTenants(meshes: ReadonlyMap<string, ServedTenant>): ReadonlyMap<string, Outcome>;
  /** Resolves when there are nodes and all have accepted all of the newest mesh; fails when one refuses a part of it. */
  synchronized(): Promise<void>;
  nodes(): readonly NodeStatus[];
  close(): Promise<void>;
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { log, tenants } = options;
  const server = new DiscoveryServer(tenants?.maxStreams);
  logEvents(server.events, log);
  const whole = new ServedMesh(options);
  const parts = new TenantMeshes({ ...options, onUnknown: tenants?.onUnknown ?? (() => undefined) });
  const told = tenants && new TenantMetrics(server);
  const credentials = options.tls && (await FileCredentials.load(options.tls, log));
  const http: Http[] = [];
  const serveHttp = async (address: ListenAddress | undefined, answers: Answers): Promise<number | undefined> => {
    if (address === undefined) return undefined;
    const started = await startHttp(address, answers);
    http.push(started);
    return started.port;
  };
  const close = async (): Promise<void> => {
    await Promise.all([server, ...http].map((one) => one.close()));
  };
  try {
    return {
      xdsPort: await server.listen(options.xds, credentials),
      httpPort: await serveHttp(options.http, publicAnswers(server, createMetrics(server), options.filter)),
      adminPort: await serveHttp(options.admin, adminAnswers(server, told?.registry)),
      events: server.events,
      setMesh: (mesh) => {
        const { snapshotFor, ...outcome } = whole.set(mesh);
        server.setSnapshots(snapshotFor);
        return outcome;
      },
      setTenants: (meshes) => {
        told?.update(meshes);
        const before = parts.names();
        const outcomes = parts.set(new Map([...meshes].map(([namespace, { mesh }]) => [namespace, mesh])));
        const changed = new Set([...outcomes.keys(), ...before.filter((name) => !meshes.has(name))]);
        const concerns = ({ namespace }: NodeProfile) =>
          changed.has(namespace ?? NOBODY) || (changed.has(NOBODY) && parts.of(namespace) === NOBODY);
        server.setSnapshots((node) => parts.snapshotFor(node), concerns);
        return outcomes;
      },
      synchronized: () => server.synchronized(),
      nodes: () => server.nodes(),
      close,
    };
  } catch (error) {
    await close();
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
  events.on("refused", (peer, code, reason) => log.warn({ peer, code, reason }, "stream refused"));
  events.on("rejected", (node, rejection, version) =>
    log.error({ node, version, ...rejection }, "node refuses an update and goes on with what it had"),
  );
}
