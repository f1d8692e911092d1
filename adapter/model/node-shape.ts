import type { Gateway } from "./gateway.js";
import { isNodeOf } from "./gateway-listeners.js";
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
  /** `origin` of the gateways that it is of, in the mesh's order; undefined: it stands at no edge, or the mesh has no gateways. */
  readonly gateways?: readonly string[];
  /** Of the addresses at which these want to listen, those that the node has; all of them, where it has not said what it has. */
  readonly binds?: readonly string[];
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
      ...(gateway && mesh.edge && atEdge(mesh.edge, node)),
    };
  };
}

function atEdge(edge: readonly Gateway[], node: NodeProfile): Pick<NodeShape, "gateways" | "binds"> {
  const own = edge.filter((one) => isNodeOf(one, node));
  const addresses = new Set(node.addresses.map(({ ip }) => ip));
  const wanted = own.flatMap(({ servers }) => servers.flatMap(({ bind }) => bind ?? []));
  const binds = [...new Set(wanted)].filter((ip) => addresses.size === 0 || isLoopback(ip) || addresses.has(ip));
  return { gateways: own.map(({ origin }) => origin), ...(binds.length > 0 && { binds }) };
}

function isLoopback(ip: string): boolean {
  return ip.startsWith("127.") || ip === "::1";
}
