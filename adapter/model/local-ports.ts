import { sees } from "./exports.js";
import type { InboundPort } from "./inbound-ports.js";
import { canonicalIp } from "./ip.js";
import type { Mesh } from "./model.js";
import type { NodeProfile } from "./node-profile.js";

/** A port at which a workload serves, and for whom: of which namespace the service is, and who may see it. */
interface Instance extends InboundPort {
  readonly namespace: string;
  readonly exports: readonly string[] | undefined;
}

/**
 * Says at which ports a node's own workload serves what: an instance of a service at ANY of the node's addresses is its own, whichever it announced
 * first. Of two services that say different things of one port its own namespace's is heard, else the first by its host. Ports alone, not
 * addresses: replicas have the same.
 */
export function localPortsIn(mesh: Mesh): (node: NodeProfile) => readonly InboundPort[] {
  // Most meshes are never asked.
  let known: ReadonlyMap<string, readonly Instance[]> | undefined;
  return ({ namespace, addresses }) => {
    if (addresses.length === 0 && mesh.inbound === undefined) return [];
    known ??= instancesByAddress(mesh);
    const found = addresses
      .flatMap(({ ip }) => known?.get(canonicalIp(ip)) ?? [])
      .filter((one) => one.namespace === namespace || sees(namespace, one.exports));
    const isOwn = (one: Instance) => one.namespace === namespace;
    const ports = new Map<number, InboundPort>();
    for (const { protocol, number } of [...found.filter(isOwn), ...found]) {
      if (!ports.has(number)) ports.set(number, { protocol, number });
    }
    for (const { namespace: of, protocol, port } of mesh.inbound?.listeners ?? []) {
      if (of === namespace && !ports.has(port)) ports.set(port, { protocol, number: port });
    }
    return [...ports.values()].sort((a, b) => a.number - b.number);
  };
}

function instancesByAddress({ services }: Mesh): ReadonlyMap<string, readonly Instance[]> {
  const found = new Map<string, Instance[]>();
  for (const { namespace, exports, endpoints, ports } of services) {
    for (const { name, number, protocol } of ports) {
      if (protocol === undefined) continue;
      for (const endpoint of endpoints) {
        const instance = { namespace, exports, protocol, number: endpoint.ports[name] ?? number };
        if (instance.number === 0) continue;
        for (const address of endpoint.addresses.map(canonicalIp)) {
          const there = found.get(address);
          if (there === undefined) found.set(address, [instance]);
          else there.push(instance);
        }
      }
    }
  }
  return found;
}
