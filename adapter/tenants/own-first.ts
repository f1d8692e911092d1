import { sees } from "../model/exports.js";
import { isHttp } from "../model/http.js";
import type { Mesh, Route } from "../model/model.js";

/**
 * The mesh with the listeners of the tenant's own services, and the root namespace's, before those that are there for what others export alone:
 * where two are for one address, or share one, the first has its way.
 */
export function ownFirst(mesh: Mesh, tenant: string, rootNamespace: string): Mesh {
  const homes = [tenant, rootNamespace];
  const own = mesh.services.filter(({ namespace, exports }) => homes.includes(namespace) && sees(tenant, exports));
  const ports = own.flatMap((service) => service.ports);
  const rpc = new Set(ports.map(({ protocol, number }) => `${protocol} ${number}`));
  const http = new Set(ports.filter(({ protocol }) => isHttp(protocol)).map(({ number }) => number));
  const isRouted = ({ virtualHosts }: Listener) =>
    virtualHosts.some(({ routes }) =>
      routes.some(({ origin, exports }) => sees(tenant, exports) && homes.includes(namespaceOf(origin))),
    );
  return {
    ...mesh,
    listeners: ordered(mesh.listeners, (one) => rpc.has(`${one.protocol} ${one.port}`) || isRouted(one)),
    ...(mesh.http && { http: ordered(mesh.http, (one) => http.has(one.port) || isRouted(one)) }),
  };
}

/** What listeners of RPC and of HTTP have in common. */
interface Listener {
  readonly virtualHosts: readonly { readonly routes: readonly Pick<Route, "origin" | "exports">[] }[];
}

function ordered<T>(all: readonly T[], isOwn: (one: T) => boolean): readonly T[] {
  return [...all.filter(isOwn), ...all.filter((one) => !isOwn(one))];
}

/** Of `VirtualService prod/reviews-route`. */
function namespaceOf(origin: string | undefined): string {
  return origin?.match(/ ([^/]+)\//)?.[1] ?? "";
}
