import { RESOURCE_TYPES, type ResourceType } from "../xds/resource.js";
import type { Snapshot } from "./snapshot.js";

/** Names of the resources of one type in which two snapshots differ. */
export interface TypeDiff {
  readonly type: ResourceType;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** What changed between two snapshots, types without a change left out. Without `before` everything is added. */
export function diffSnapshots(before: Snapshot | undefined, after: Snapshot): readonly TypeDiff[] {
  return RESOURCE_TYPES.map((type) => {
    const old = before?.types[type].resources ?? new Map();
    const now = after.types[type].resources;
    const resources = [...now.values()];
    return {
      type,
      added: resources.filter(({ name }) => !old.has(name)).map(({ name }) => name),
      changed: resources
        .filter(({ name, version }) => (old.get(name)?.version ?? version) !== version)
        .map((r) => r.name),
      removed: [...old.keys()].filter((name) => !now.has(name)),
    };
  }).filter(({ added, changed, removed }) => added.length + changed.length + removed.length > 0);
}
