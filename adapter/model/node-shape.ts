import type { Gateway } from "./gateway.js";
import { isNodeOf } from "./gateway-listeners.js";
import type { InboundPort } from "./inbound-ports.js";
import { isAnyAddress, isLoopback } from "./ip.js";
import { localPortsIn } from "./local-ports.js";
import { meshSettingsFor, type UnknownDestinations } from "./mesh-policy.js";
import type { Mesh } from "./model.js";
import { type IpFamily, type NodePlanes, nodePlanes } from "./network.js";
import { type Family, familiesOf, type NodeProfile } from "./node-profile.js";
import { type OwnEndpoint, ownEndpointsIn } from "./own-endpoints.js";
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
  /** Instances at its own addresses, whose calls its listeners could take for those to others. */
  readonly own: readonly OwnEndpoint[];
}

/** Makes shapes of nodes of a mesh. `openPorts`: those at which nodes' outbound listeners are at other addresses than the loopback one. */
export function shapesIn(mesh: Mesh, openPorts: readonly number[] = []): (node: NodeProfile) => NodeShape {
  const named = namedNamespaces(mesh);
  const localPorts = localPortsIn(mesh);
  const ports = new Set([...openPorts, ...portsAtAddresses(mesh)]);
  const own = ownEndpointsIn(mesh, (port) => ports.has(port));
  const edgePorts = new Set(mesh.edge?.flatMap(({ servers }) => servers.map((one) => one.targetPort ?? one.port)));
  const atEdgePorts = ownEndpointsIn(mesh, (port) => edgePorts.has(port));
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
      // What is redirected is told by the way that it comes, whatever its address.
      own: captured ? [] : (gateway && mesh.edge ? atEdgePorts : own)(node),
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

/** Of inbound listeners that are at an address of their machine's, and so at one of several. */
function portsAtAddresses({ inbound }: Mesh): readonly number[] {
  const isOne = (ip: string) => !isLoopback(ip) && !isAnyAddress(ip);
  return inbound?.listeners.filter(({ bind }) => isOne(bind)).map(({ port }) => port) ?? [];
}
