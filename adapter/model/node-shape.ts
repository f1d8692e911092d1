import type { InboundPort } from "./inbound-ports.js";
import { localPortsIn } from "./local-ports.js";
import { meshSettingsFor, type UnknownDestinations } from "./mesh-policy.js";
import type { Mesh } from "./model.js";
import { type IpFamily, type NodePlanes, nodePlanes } from "./network.js";
import { type Family, familiesOf, type NodeProfile } from "./node-profile.js";
import { namedNamespaces } from "./view.js";

/** What of a node its resources depend on: nodes of equal shapes get the same ones. */
export interface NodeShape {
  /** Undefined where nothing is kept from the node's namespace, and nothing is for it alone. */
  readonly namespace: string | undefined;
  readonly gateway: boolean;
  readonly captured: boolean;
  /** In the order of preference. */
  readonly families: readonly Family[];
  readonly unknownDestinations: UnknownDestinations;
  /** Where its own workload serves calls. */
  readonly localPorts: readonly InboundPort[];
  /** Of connections to all services of which nothing else is said; undefined: nothing is. */
  readonly ipFamily: IpFamily | undefined;
  /** Undefined where the mesh has none. */
  readonly planes: NodePlanes | undefined;
}

/** Makes shapes of nodes of a mesh. */
export function shapesIn(mesh: Mesh): (node: NodeProfile) => NodeShape {
  const named = namedNamespaces(mesh);
  const localPorts = localPortsIn(mesh);
  return (node) => {
    const { namespace, gateway = false, captured, dualStack } = node;
    const settings = meshSettingsFor(mesh.policies, namespace);
    return {
      namespace: namespace !== undefined && named.has(namespace) ? namespace : undefined,
      gateway,
      captured,
      families: familiesOf({ ...node, dualStack: dualStack ?? settings.dualStack }),
      // Nothing else comes to a node that nothing is redirected to.
      unknownDestinations: captured ? (settings.unknownDestinations ?? "pass") : "pass",
      localPorts: captured ? localPorts(node) : [],
      ipFamily: settings.ipFamily,
      planes: settings.planes && nodePlanes(settings.planes, node),
    };
  };
}
