import { BlockList, isIP } from "node:net";
import type { Destination, Mesh, Service, Subset } from "./model.js";
import { type Family, familyOf, type NodeProfile } from "./node-profile.js";

/** Of which family connections to hosts are that have addresses of both. */
export interface IpFamily {
  /** `default`: the host's first address, if it answers in time; `preserve`: the family of the client's connection. */
  readonly mode: "default" | "preserve" | "prefer-ipv4" | "prefer-ipv6";
  /** Of `preserve`: what becomes of calls where no host is healthy that has an address of the family. */
  readonly fallback: "other" | "error";
}

/** One of several networks that machines are on. */
export interface Plane {
  readonly name: string;
  /** A node with an address of such an interface is on it. */
  readonly interfaces: readonly string[];
  /** Addresses of nodes and of endpoints that are on it. */
  readonly cidrs: readonly string[];
}

/** What is said of the way to a destination, by a DestinationPolicy. */
export interface DestinationNetwork extends Destination {
  readonly ipFamily?: IpFamily;
  /** Names of the planes that its hosts may be reached by, those to be used first in front. */
  readonly planes?: readonly string[];
}

/** The planes of a mesh, as a node sees them. */
export interface NodePlanes {
  readonly all: readonly Plane[];
  /** Names of those that it is on; undefined: it has not said its addresses, and may be on each. */
  readonly on: readonly string[] | undefined;
}

/** By this label an endpoint says which plane its addresses are on, where they do not tell. */
export const PLANE_LABEL = "plane";

export function nodePlanes(planes: readonly Plane[], { addresses }: NodeProfile): NodePlanes {
  if (addresses.length === 0) return { all: planes, on: undefined };
  const isOn = (plane: Plane) =>
    addresses.some((one) => plane.interfaces.includes(one.interface ?? "") || includes(plane, one.ip));
  return { all: planes, on: planes.filter(isOn).map(({ name }) => name) };
}

/** The plane of one address of an endpoint with these labels; undefined: it is on none. */
export function planeOf(
  address: string,
  labels: Readonly<Record<string, string>>,
  planes: readonly Plane[],
): string | undefined {
  const said = planes.find(({ name }) => name === labels[PLANE_LABEL]);
  return (said ?? planes.find((plane) => includes(plane, address)))?.name;
}

/** Blocks of the planes, which are the same objects for all nodes. */
const blocks = new WeakMap<Plane, BlockList>();

function includes(plane: Plane, ip: string): boolean {
  if (isIP(ip) === 0) return false;
  let list = blocks.get(plane);
  if (list === undefined) {
    list = new BlockList();
    for (const cidr of plane.cidrs) {
      const [network = "", bits] = cidr.split("/");
      list.addSubnet(network, Number(bits), familyName(network));
    }
    blocks.set(plane, list);
  }
  return list.check(ip, familyName(ip));
}

function familyName(ip: string): "ipv4" | "ipv6" {
  return familyOf(ip) === "IPv6" ? "ipv6" : "ipv4";
}

/** Why hosts of a service cannot be chosen by the client's family, in words; undefined: they can. */
export function whyNotPreserved(
  {
    resolution,
    trafficPolicy,
    subsets,
  }: Pick<Service, "resolution" | "trafficPolicy"> & {
    readonly subsets: readonly Pick<Subset, "trafficPolicy">[];
  },
  port: number,
): string | undefined {
  if (resolution === "DNS") return "Envoy resolves its names, and does not tell hosts by family";
  const byValue = [trafficPolicy, ...subsets.map((subset) => subset.trafficPolicy)].some((policy) => {
    const { loadBalancer } = policy.ports?.[port] ?? policy;
    return loadBalancer !== undefined && "attribute" in loadBalancer;
  });
  return byValue ? "a value of the call picks the host, for clients of both families the same one" : undefined;
}

/** Whether some cluster of the nodes' is to have its hosts by the family of clients' connections. */
export function preservesFamily({ networks = [] }: Mesh, ofAll: IpFamily | undefined): boolean {
  return [ofAll, ...networks.map(({ ipFamily }) => ipFamily)].some((one) => one?.mode === "preserve");
}

/** The other one of the two. */
export function otherFamily(family: Family): Family {
  return family === "IPv4" ? "IPv6" : "IPv4";
}
