import type { IpFamily, Plane } from "./network.js";

/** What an Envoy does with connections to addresses that the mesh does not know: lets them pass as they are, or ends them. */
export type UnknownDestinations = "pass" | "block";

/** What holds for whole nodes. An absent field is not said. */
export interface MeshSettings {
  /** Whether nodes that have addresses of both families use both. */
  readonly dualStack?: boolean;
  readonly unknownDestinations?: UnknownDestinations;
  readonly ipFamily?: IpFamily;
  readonly planes?: readonly Plane[];
}

export interface MeshPolicy extends MeshSettings {
  /** Of the nodes; undefined: those of all namespaces, as far as their own says nothing else. */
  readonly namespace: string | undefined;
}

/** What holds for nodes of a namespace: field by field its own, else what is for all. */
export function meshSettingsFor(policies: readonly MeshPolicy[] = [], namespace: string | undefined): MeshSettings {
  const of = (wanted: string | undefined): MeshSettings => {
    const { namespace: _, ...settings } = policies.find((one) => one.namespace === wanted) ?? { namespace: wanted };
    return settings;
  };
  return namespace === undefined ? of(undefined) : { ...of(undefined), ...of(namespace) };
}
