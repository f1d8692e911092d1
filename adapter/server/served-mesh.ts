import type { Logger } from "../log/logger.js";
import type { Mesh } from "../model/model.js";
import { PLAIN_NODE } from "../model/node-profile.js";
import { type NodeShape, shapesIn } from "../model/node-shape.js";
import { checkConsistency } from "../snapshot/consistency.js";
import { diffSnapshots } from "../snapshot/diff.js";
import { makeSnapshot, type Snapshot } from "../snapshot/snapshot.js";
import { openPorts } from "../xds/bind.js";
import { buildResources, type XdsOptions, type XdsState } from "../xds/build-resources.js";
import type { Resource } from "../xds/resource.js";
import { TableVersions } from "../xds/table-versions.js";
import type { SnapshotFor } from "./discovery-server.js";
import { snapshotsByShape } from "./node-snapshots.js";

/**
 * Makes what nodes of a shape get of a mesh, and says in words what of the mesh could not be served as it is. `served` is what their own
 * workloads may serve, which can be more.
 */
export type BuildResources = (
  mesh: Mesh,
  options: XdsOptions & XdsState & { readonly served: Mesh; readonly shape: NodeShape },
) => { readonly resources: readonly Resource[]; readonly problems: readonly string[] };

export interface ServedMeshOptions extends XdsOptions {
  /** Default: all that an Envoy needs. */
  readonly build?: BuildResources;
  readonly log: Logger;
}

/** What became of a mesh: its version, and in words what of it cannot be served as it is. */
export interface Outcome {
  readonly version: string;
  readonly problems: readonly string[];
}

/** One mesh after the other, as snapshots for the nodes that are to have it. */
export class ServedMesh {
  readonly #options: ServedMeshOptions;
  readonly #namespace: string | undefined;
  readonly #versions = new TableVersions();
  #snapshot: Snapshot | undefined;
  #told: ReadonlySet<string> = new Set();

  /** `namespace`: all of its nodes are of that one. */
  constructor(options: ServedMeshOptions, namespace?: string) {
    this.#options = options;
    this.#namespace = namespace;
  }

  set(mesh: Mesh): Outcome & { readonly snapshotFor: SnapshotFor } {
    const { log, build = buildResources } = this.#options;
    const versions = this.#versions;
    const ports = openPorts(this.#options.listen);
    const plain = shapesIn(mesh, ports)({ ...PLAIN_NODE, namespace: this.#namespace });
    const { resources, problems } = build(mesh, { ...this.#options, versions, served: mesh, shape: plain });
    const next = makeSnapshot(resources);
    for (const diff of diffSnapshots(this.#snapshot, next))
      log.info({ ...diff, version: next.version }, "resources changed");
    this.#snapshot = next;
    // Of kinds of nodes it is told when the first asks, once for as long as it is so; what is wrong for all is told of the mesh.
    const before = this.#told;
    const told = new Set(problems);
    this.#told = told;
    const views = snapshotsByShape(mesh, next, ports, ({ name, mesh, served, shape }) => {
      // Tables have addresses that are dialled in them.
      const kind = `${shape.captured ? "captured" : ""} ${shape.families.join("+")}`;
      const of = (listener: string, table: object) => versions.of(`${name}/${kind}/${listener}`, table);
      const built = build(mesh, { ...this.#options, versions: { of }, served, shape });
      for (const problem of built.problems.filter((one) => !told.has(one))) {
        told.add(problem);
        if (before.has(problem)) continue;
        log.warn({ problem, ...(shape.own.length > 0 && { own: shape.own }) }, "not all can be served to some nodes");
      }
      return built.resources;
    });
    // Where nodes have a part alone from here, the rest is not ours to know.
    const gaps = this.#options.build === undefined ? checkConsistency(next) : [];
    return { ...views, problems: [...problems, ...gaps] };
  }
}
