import { sees } from "./exports.js";
import { type HttpListener, type HttpRoute, type HttpVirtualHost, httpDestinationsOf, takesAll } from "./http.js";
import type { Destination, Service } from "./model.js";

/** Whose view of the services it is. */
export interface HttpViewer {
  readonly namespace: string | undefined;
  /** By host, as they are seen. */
  readonly services: ReadonlyMap<string, Service>;
}

/** Requests to a service without a VirtualService go to its whole cluster. */
export function defaultHttpRoute(host: string, port: number): HttpRoute {
  const destinations = [{ host, subset: undefined, port, weight: 1 }];
  return { name: "default", match: {}, action: { kind: "forward", destinations }, origin: undefined };
}

/** What of a listener's is seen; undefined: nothing. */
export function viewHttpListener(listener: HttpListener, viewer: HttpViewer): HttpListener | undefined {
  const virtualHosts = listener.virtualHosts.flatMap((host) => viewVirtualHost(host, listener.port, viewer) ?? []);
  return virtualHosts.length > 0 ? { ...listener, virtualHosts } : undefined;
}

function viewVirtualHost(host: HttpVirtualHost, port: number, viewer: HttpViewer): HttpVirtualHost | undefined {
  const { service, nameExports = {} } = host;
  const isSeen = (name: string) => sees(viewer.namespace, nameExports[name]);
  const hosts = host.hosts.filter(isSeen);
  const addresses = host.addresses.filter(isSeen);
  const isThere = service === undefined ? hosts.length + addresses.length > 0 : isReached(service, undefined, port);
  if (!isThere) return undefined;
  const routes = host.routes.filter(
    (route) => sees(viewer.namespace, route.exports) && httpDestinationsOf(route).every(reach),
  );
  if (routes.length > 0) return { ...host, hosts, addresses, routes: upToCatchAll(routes) };
  // No VirtualService is seen: the service is as without one.
  return service === undefined ? undefined : { ...host, hosts, addresses, routes: [defaultHttpRoute(service, port)] };

  function reach(destination: Destination): boolean {
    return isReached(destination.host, destination.subset, destination.port);
  }

  function isReached(name: string, subset: string | undefined, number: number): boolean {
    const known = viewer.services.get(name);
    if (!known?.ports.some((one) => one.number === number)) return false;
    return subset === undefined || known.subsets.some((one) => one.name === subset);
  }
}

/** Several routes for every request may be there, each for other namespaces: the first that is seen is the last that is of use. */
function upToCatchAll(routes: readonly HttpRoute[]): readonly HttpRoute[] {
  const end = routes.findIndex(takesAll);
  return end < 0 ? routes : routes.slice(0, end + 1);
}
