import type { EventEmitter } from "node:events";
import type { Logger } from "../log/logger.js";
import type { Mesh } from "../model/model.js";
import { PLAIN_NODE } from "../model/node-profile.js";
import { type NodeShape, shapesIn } from "../model/node-shape.js";
import { checkConsistency } from "../snapshot/consistency.js";
import { diffSnapshots } from "../snapshot/diff.js";
import { makeSnapshot, type Snapshot } from "../snapshot/snapshot.js";
import { buildResources, type XdsOptions, type XdsState } from "../xds/build-resources.js";
import type { Resource } from "../xds/resource.js";
import { TableVersions } from "../xds/table-versions.js";
import { adminAnswers } from "./admin-http.js";
import type { DiscoveryEvents } from "./connection.js";
import { FileCredentials, type TlsFiles } from "./credentials.js";
import { DiscoveryServer, type ListenAddress } from "./discovery-server.js";
import { type Answers, type Http, startHttp } from "./http.js";
import { createMetrics } from "./metrics.js";
import { snapshotsByShape } from "./node-snapshots.js";
import type { NodeStatus } from "./node-status.js";
import { publicAnswers } from "./public-http.js";

/**
 * Makes what nodes of a shape get of a mesh, and says in words what of the mesh could not be served as it is. `served` is what their own
 * workloads may serve, which can be more.
 */
export type BuildResources = (
  mesh: Mesh,
  options: XdsOptions & XdsState & { readonly served: Mesh; readonly shape: NodeShape },
) => { readonly resources: readonly Resource[]; readonly problems: readonly string[] };

export interface ControlPlaneOptions extends XdsOptions {
  /** Default: all that an Envoy needs. */
  readonly build?: BuildResources;
  readonly xds: ListenAddress;
  /** xDS over TLS. Without, it is plain and whoever reaches it gets all. */
  readonly tls?: TlsFiles | undefined;
  /** Health, metrics and the filter's code, for probes and nodes. Not served where absent. */
  readonly http?: ListenAddress;
  /** What nodes get and how far they are with it, for people. Not served where absent. */
  readonly admin?: ListenAddress;
  /** The filter's code as it is served over HTTP. */
  readonly filter?: Uint8Array;
  readonly log: Logger;
}

/** A control plane that runs: meshes go in, nodes get them. */
export interface ControlPlane {
  readonly xdsPort: number;
  readonly httpPort: number | undefined;
  readonly adminPort: number | undefined;
  readonly events: EventEmitter<DiscoveryEvents>;
  /** Serves a mesh from now on. Returns its version, and in words what of it cannot be served as it is. */
  setMesh(mesh: Mesh): { readonly version: string; readonly problems: readonly string[] };
  /** Resolves when there are nodes and all have accepted all of the newest mesh; fails when one refuses a part of it. */
  synchronized(): Promise<void>;
  nodes(): readonly NodeStatus[];
  close(): Promise<void>;
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { log, build = buildResources } = options;
  const server = new DiscoveryServer();
  logEvents(server.events, log);
  const versions = new TableVersions();
  let snapshot: Snapshot | undefined;
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
      adminPort: await serveHttp(options.admin, adminAnswers(server)),
      events: server.events,
      setMesh: (mesh) => {
        const plain = shapesIn(mesh)(PLAIN_NODE);
        const { resources, problems } = build(mesh, { ...options, versions, served: mesh, shape: plain });
        const next = makeSnapshot(resources);
        for (const diff of diffSnapshots(snapshot, next))
          log.info({ ...diff, version: next.version }, "resources changed");
        snapshot = next;
        const views = snapshotsByShape(mesh, next, ({ name, mesh, served, shape }) => {
          const of = (listener: string, table: object) => versions.of(`${name}/${listener}`, table);
          return build(mesh, { ...options, versions: { of }, served, shape }).resources;
        });
        server.setSnapshots(views.snapshotFor);
        // Where nodes have a part alone from here, the rest is not ours to know.
        const gaps = options.build === undefined ? checkConsistency(next) : [];
        return { version: views.version, problems: [...problems, ...gaps] };
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
