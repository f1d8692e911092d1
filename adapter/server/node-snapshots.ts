import type { Mesh } from "../model/model.js";
import { PLAIN_NODE } from "../model/node-profile.js";
import { type NodeShape, shapesIn } from "../model/node-shape.js";
import { isSameForAll, viewOf } from "../model/view.js";
import { makeSnapshot, type Snapshot } from "../snapshot/snapshot.js";
import { contentVersion, type Resource } from "../xds/resource.js";
import type { SnapshotFor } from "./discovery-server.js";

/** What nodes of one shape have of a mesh. */
export interface View {
  /** Of all views of the mesh the one that it is: shapes that see the same have it in common. */
  readonly name: string;
  readonly mesh: Mesh;
  /** What is not kept from them, whether they call it or not: they may serve it. */
  readonly served: Mesh;
  readonly shape: NodeShape;
}

/**
 * What nodes get of a mesh, by their shape: made when the first node of a shape asks for it. `all` is all of the mesh, for a node of which nothing
 * is known. `openPorts` are those of `shapesIn`. All snapshots have the version of the mesh, by which it is told how far nodes are.
 */
export function snapshotsByShape(
  mesh: Mesh,
  all: Snapshot,
  openPorts: readonly number[],
  build: (view: View) => readonly Resource[],
): { readonly version: string; readonly snapshotFor: SnapshotFor } {
  // Who sees what can change though nothing else does.
  const version = contentVersion([all.version, JSON.stringify(mesh)]);
  const shapeOf = shapesIn(mesh, openPorts);
  const viewFor = viewsOf(mesh);
  const snapshots = new Map<string, Snapshot>();
  if (isSameForAll(mesh)) snapshots.set(JSON.stringify(shapeOf(PLAIN_NODE)), { ...all, version });
  const snapshotFor: SnapshotFor = (node) => {
    const shape = shapeOf(node);
    const key = JSON.stringify(shape);
    const known = snapshots.get(key);
    if (known !== undefined) return known;
    const made = { ...makeSnapshot(build({ ...viewFor(shape), shape })), version };
    snapshots.set(key, made);
    return made;
  };
  return { version, snapshotFor };
}

function viewsOf(mesh: Mesh): (shape: NodeShape) => Omit<View, "shape"> {
  const same = isSameForAll(mesh);
  const views = new Map<string, Omit<View, "shape">>();
  return ({ namespace, gateway }) => {
    if (same) return { name: "", mesh, served: mesh };
    const name = `${gateway ? "gateway" : ""}/${namespace ?? ""}`;
    const known = views.get(name);
    if (known !== undefined) return known;
    const served = viewOf(mesh, { namespace, gateway: true });
    const view = { name, mesh: gateway ? served : viewOf(mesh, { namespace }), served };
    views.set(name, view);
    return view;
  };
}
