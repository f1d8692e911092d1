import { contentVersion, RESOURCE_TYPES, type Resource, type ResourceType } from "../xds/resource.js";

/** All that a node is to have, immutable. Equal content has equal versions, in every process. */
export interface Snapshot {
  readonly version: string;
  readonly types: Readonly<Record<ResourceType, TypeSnapshot>>;
}

export interface TypeSnapshot {
  readonly version: string;
  /** By name, sorted. */
  readonly resources: ReadonlyMap<string, Resource>;
}

export function makeSnapshot(resources: readonly Resource[]): Snapshot {
  const sorted = [...resources].sort((a, b) => (a.name < b.name ? -1 : 1));
  const types = Object.fromEntries(
    RESOURCE_TYPES.map((type) => [type, typeSnapshot(sorted.filter((resource) => resource.type === type))]),
  ) as Record<ResourceType, TypeSnapshot>;
  return { version: contentVersion(RESOURCE_TYPES.map((type) => types[type].version)), types };
}

function typeSnapshot(resources: readonly Resource[]): TypeSnapshot {
  return {
    version: versionOf(resources),
    resources: new Map(resources.map((resource) => [resource.name, resource])),
  };
}

/** The version of a set of resources, given in the order of their names. */
export function versionOf(resources: Iterable<{ readonly name: string; readonly version: string }>): string {
  const parts: string[] = [];
  for (const { name, version } of resources) parts.push(`${name}\0${version}\0`);
  return contentVersion(parts);
}
