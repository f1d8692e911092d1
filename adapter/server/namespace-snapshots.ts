import type { Mesh } from "../model/model.js";
import type { Viewer } from "../model/scope.js";
import { isSameForAll, namedNamespaces, viewOf } from "../model/view.js";
import { makeSnapshot, type Snapshot } from "../snapshot/snapshot.js";
import { contentVersion, type Resource } from "../xds/resource.js";
import type { SnapshotFor } from "./discovery-server.js";

/** What nodes have of a mesh. */
export interface View {
  /** Of all views the one that has it. */
  readonly name: string;
  readonly mesh: Mesh;
  /** What is not kept from them, whether they call it or not: they may serve it. */
  readonly served: Mesh;
}

/**
 * What the nodes of each namespace get of a mesh. `all` is all of it: where nothing is kept from anybody it is what all get. Else each
 * namespace that is named somewhere has a snapshot of its own, made when a node asks for it, and the others share one. All have the version of
 * the mesh, by which it is told how far nodes are.
 */
export function snapshotsByNamespace(
  mesh: Mesh,
  all: Snapshot,
  build: (view: View) => readonly Resource[],
): { readonly version: string; readonly snapshotFor: SnapshotFor } {
  if (isSameForAll(mesh)) return { version: all.version, snapshotFor: () => all };
  const named = namedNamespaces(mesh);
  // Who sees what can change though nothing else does.
  const version = contentVersion([all.version, JSON.stringify(mesh)]);
  const snapshots = new Map<string, Snapshot>();
  const snapshotFor = ({ namespace: of, gateway = false }: Viewer): Snapshot => {
    const namespace = of !== undefined && named.has(of) ? of : undefined;
    const name = `${gateway ? "gateway" : ""}/${namespace ?? ""}`;
    const known = snapshots.get(name);
    if (known !== undefined) return known;
    const served = viewOf(mesh, { namespace, gateway: true });
    const view = { name, mesh: gateway ? served : viewOf(mesh, { namespace }), served };
    const made = { ...makeSnapshot(build(view)), version };
    snapshots.set(name, made);
    return made;
  };
  return { version, snapshotFor };
}
