import type { Endpoint, Mesh, Service } from "../model/model.js";
import { type IpFamily, type NodePlanes, planeOf, whyNotPreserved } from "../model/network.js";
import { type Family, familyOf } from "../model/node-profile.js";
import type { NodeShape } from "../model/node-shape.js";

/** How endpoints become hosts of a cluster. */
export interface Placement {
  /** Of the nodes; absent: both. */
  readonly families?: readonly Family[];
  /** Absent: what Envoy does with the addresses as they stand. */
  readonly ipFamily?: IpFamily;
  /** Absent: hosts are where they are. */
  readonly planes?: PlaneOrder;
}

export interface PlaneOrder extends Pick<NodePlanes, "all"> {
  /** Those that nodes may reach hosts by, the first to be used in front. */
  readonly order: readonly string[];
  /** Hosts on no plane come after all others; else they are left out. */
  readonly takesOthers: boolean;
}

/** What an endpoint is in a cluster: an instance has a host for each plane, and for each family where that is the client's. */
export interface Host {
  readonly endpoint: Endpoint;
  readonly addresses: readonly string[];
  /** The lower ones are used as long as enough hosts of theirs are healthy. */
  readonly rank: number;
  /** Only calls of such clients go there. */
  readonly family?: Family;
}

/** Names of one cluster. */
interface Cluster {
  readonly service: Service;
  readonly port: number;
  readonly subset: string | undefined;
}

/** Says of the clusters of a mesh how nodes of a shape reach their hosts. */
export function placementsIn(
  { networks = [] }: Mesh,
  { families, ipFamily: ofAll, planes }: Pick<NodeShape, "families" | "ipFamily" | "planes">,
): (cluster: Cluster) => Placement {
  const said = new Map(networks.map((one) => [key(one.host, one.port, one.subset), one]));
  return ({ service, port, subset }) => {
    const own = said.get(key(service.host, port, subset));
    const ipFamily = own?.ipFamily ?? (mayPreserve(service, port, ofAll) ? ofAll : undefined);
    return {
      families,
      ...(ipFamily && ipFamily.mode !== "default" && { ipFamily }),
      ...(planes && { planes: orderOf(planes, own?.planes) }),
    };
  };
}

/** What is said for all destinations is for those where it can be had; of a single one it is refused where it cannot. */
function mayPreserve(service: Service, port: number, ipFamily: IpFamily | undefined): boolean {
  return ipFamily?.mode !== "preserve" || whyNotPreserved(service, port) === undefined;
}

function key(host: string, port: number, subset: string | undefined): string {
  return `${host}|${port}|${subset ?? ""}`;
}

function orderOf({ all, on }: NodePlanes, allowed: readonly string[] | undefined): PlaneOrder {
  const names = allowed ?? all.map(({ name }) => name);
  const order = on === undefined ? names : names.filter((name) => on.includes(name));
  return { all, order, takesOthers: allowed === undefined };
}

/** The hosts of an endpoint; none where nodes have no way to it. */
export function hostsOf(endpoint: Endpoint, { ipFamily, planes }: Placement): readonly Host[] {
  const ranked = new Map<number, string[]>();
  for (const address of endpoint.addresses) {
    const rank = planes === undefined ? 0 : rankOf(planes, planeOf(address, endpoint.labels, planes.all));
    if (rank !== undefined) ranked.set(rank, [...(ranked.get(rank) ?? []), address]);
  }
  return [...ranked]
    .sort(([a], [b]) => a - b)
    .flatMap(([rank, addresses]) => byFamily(addresses, ipFamily).map((host) => ({ endpoint, rank, ...host })));
}

function rankOf({ order, takesOthers }: PlaneOrder, plane: string | undefined): number | undefined {
  if (plane === undefined) return takesOthers ? order.length : undefined;
  const rank = order.indexOf(plane);
  return rank < 0 ? undefined : rank;
}

function byFamily(
  addresses: readonly string[],
  ipFamily: IpFamily | undefined,
): readonly Pick<Host, "addresses" | "family">[] {
  const of = (family: Family) => addresses.filter((address) => familyOf(address) === family);
  const [ipv4, ipv6] = [of("IPv4"), of("IPv6")];
  switch (ipFamily?.mode) {
    case "preserve":
      return [
        { addresses: ipv4, family: "IPv4" as const },
        { addresses: ipv6, family: "IPv6" as const },
      ].filter((host) => host.addresses.length > 0);
    case "prefer-ipv4":
      return [{ addresses: [...ipv4, ...ipv6] }];
    case "prefer-ipv6":
      return [{ addresses: [...ipv6, ...ipv4] }];
    default:
      return [{ addresses }];
  }
}
