import { sees } from "../model/exports.js";
import type { Mesh, OutboundListener } from "../model/model.js";

/**
 * The mesh with the listeners of the tenant's own services, and the root namespace's, before those that are there for what others export alone:
 * where two are for one address, or share one, the first has its way.
 */
export function ownFirst(mesh: Mesh, tenant: string, rootNamespace: string): Mesh {
  const homes = [tenant, rootNamespace];
  const own = new Set<string>();
  for (const { namespace, ports, exports } of mesh.services) {
    if (!homes.includes(namespace) || !sees(tenant, exports)) continue;
    for (const { protocol, number } of ports) if (protocol !== undefined) own.add(`${protocol} ${number}`);
  }
  const isOwn = ({ protocol, port, virtualHosts }: OutboundListener) =>
    own.has(`${protocol} ${port}`) ||
    virtualHosts.some(({ routes }) =>
      routes.some(({ origin, exports }) => sees(tenant, exports) && homes.includes(namespaceOf(origin))),
    );
  const listeners = [...mesh.listeners.filter(isOwn), ...mesh.listeners.filter((one) => !isOwn(one))];
  return { ...mesh, listeners };
}

/** Of `VirtualService prod/reviews-route`. */
function namespaceOf(origin: string | undefined): string {
  return origin?.match(/ ([^/]+)\//)?.[1] ?? "";
}
