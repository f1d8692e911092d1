import type { Mesh } from "../model/model.js";
import type { NodeProfile } from "../model/node-profile.js";
import type { Snapshot } from "../snapshot/snapshot.js";
import type { SnapshotFor } from "./discovery-server.js";
import { type Outcome, ServedMesh, type ServedMeshOptions } from "./served-mesh.js";

/** Whose mesh nodes get that are of no namespace, or of one that has none. */
export const NOBODY = "";

export interface TenantMeshesOptions extends ServedMeshOptions {
  /** There is a node of a namespace that has no mesh. */
  readonly onUnknown: (namespace: string) => void;
}

interface Tenant {
  readonly served: ServedMesh;
  readonly mesh: Mesh;
  readonly version: string;
  readonly snapshotFor: SnapshotFor;
}

/** A mesh for each namespace, which its nodes alone get. Where a mesh is the same, so are its snapshots. */
export class TenantMeshes {
  readonly #options: TenantMeshesOptions;
  readonly #tenants = new Map<string, Tenant>();

  constructor(options: TenantMeshesOptions) {
    this.#options = options;
  }

  /** These are all; of those that are new or changed it is told what became of them. */
  set(meshes: ReadonlyMap<string, Mesh>): ReadonlyMap<string, Outcome> {
    for (const namespace of this.#tenants.keys()) if (!meshes.has(namespace)) this.#tenants.delete(namespace);
    const outcomes = new Map<string, Outcome>();
    for (const [namespace, mesh] of meshes) {
      const known = this.#tenants.get(namespace);
      if (known?.mesh === mesh) continue;
      const log = this.#options.log.child({ namespace });
      const served = known?.served ?? new ServedMesh({ ...this.#options, log }, namespace || undefined);
      const { snapshotFor, ...outcome } = this.#serve(served, mesh, known);
      this.#tenants.set(namespace, { served, mesh, snapshotFor, version: outcome.version });
      outcomes.set(namespace, outcome);
    }
    return outcomes;
  }

  /** What fails, though nothing should, fails for one tenant. */
  #serve(served: ServedMesh, mesh: Mesh, before: Tenant | undefined): Outcome & Pick<Tenant, "snapshotFor"> {
    try {
      return served.set(mesh);
    } catch (cause) {
      const reason = `the mesh cannot be served, and what was served before stays: ${(cause as Error).stack}`;
      return { ...(before ?? served.set({ services: [], listeners: [] })), problems: [reason] };
    }
  }

  snapshotFor(node: NodeProfile): Snapshot {
    const tenant = this.#tenants.get(node.namespace ?? NOBODY);
    if (tenant !== undefined) return tenant.snapshotFor(node);
    this.#options.onUnknown(node.namespace ?? NOBODY);
    const nobody = this.#tenants.get(NOBODY);
    if (nobody === undefined) throw new TypeError("there is no mesh for nodes of no tenant");
    return nobody.snapshotFor(node);
  }

  names(): readonly string[] {
    return [...this.#tenants.keys()];
  }

  /** Whose mesh the nodes of a namespace get. */
  of(namespace: string | undefined): string {
    return namespace !== undefined && this.#tenants.has(namespace) ? namespace : NOBODY;
  }
}
