import { canonicalIp } from "./ip.js";
import type { Mesh } from "./model.js";
import type { NodeProfile } from "./node-profile.js";

/** Where an instance of some service is that is registered at an address of the node's. */
export interface OwnEndpoint {
  readonly ip: string;
  readonly port: number;
}

/**
 * Says which instances are registered at a node's own addresses, ALL that it has announced, at ports for which `isAsked`. A call to one that comes
 * back to the node's own outbound listener goes round until there are no descriptors left. Of the addresses, too: so nodes that have such instances have resources of
 * their own, and it is asked only for ports where that can happen.
 */
export function ownEndpointsIn(
  mesh: Pick<Mesh, "services">,
  isAsked: (port: number) => boolean,
): (node: NodeProfile) => readonly OwnEndpoint[] {
  let known: ReadonlyMap<string, ReadonlySet<number>> | undefined;
  return ({ addresses }) => {
    if (addresses.length === 0) return [];
    known ??= portsByAddress(mesh, isAsked);
    return addresses
      .map(({ ip }) => canonicalIp(ip))
      .flatMap((ip) => [...(known?.get(ip) ?? [])].map((port) => ({ ip, port })))
      .sort((a, b) => a.port - b.port || (a.ip < b.ip ? -1 : 1));
  };
}

function portsByAddress(
  { services }: Pick<Mesh, "services">,
  isAsked: (port: number) => boolean,
): ReadonlyMap<string, ReadonlySet<number>> {
  const found = new Map<string, Set<number>>();
  for (const { endpoints, ports } of services) {
    for (const { name, number } of ports) {
      for (const endpoint of endpoints) {
        const port = endpoint.ports[name] ?? number;
        if (port === 0 || !isAsked(port)) continue;
        for (const address of endpoint.addresses.map(canonicalIp)) {
          const there = found.get(address);
          if (there === undefined) found.set(address, new Set([port]));
          else there.add(port);
        }
      }
    }
  }
  return found;
}
