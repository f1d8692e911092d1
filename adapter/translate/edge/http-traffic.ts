import { gatewayName, type HttpTraffic } from "../../model/gateway.js";
import type { HttpRoute, HttpVirtualHost } from "../../model/http.js";
import { formatResourceName, type Problem } from "../../status/problem.js";
import { exportsOf, together } from "../exports.js";
import { type HttpRouter, type ResolvedHttp, routesAt } from "../http/resolve.js";
import { MergeableRoute, mergeHttpRoutes } from "../http/virtual-hosts.js";
import { openTo } from "./attachment.js";
import { commonHosts } from "./hosts.js";
import type { ServerDraft } from "./server-draft.js";

/**
 * What a server of HTTP has: of each host that is its own and a VirtualService's the routes of those that name the gateway and, of these, have
 * the closest name for it, in the order of the resources. `attached` is told of each of these.
 */
export function httpTraffic(
  { gateway, server }: ServerDraft,
  resolved: readonly ResolvedHttp[],
  attached: (resource: HttpRouter) => void,
  conflicts: Map<string, Problem>,
): HttpTraffic {
  const place = gatewayName(gateway);
  const byHost = new Map<string, { readonly closeness: number; readonly by: ResolvedHttp[] }>();
  for (const one of resolved) {
    if (!one.gateways.includes(place)) continue;
    const open = lowerCase(openTo(server.hosts, gateway, one.resource.namespace));
    for (const { name, service } of one.hosts) {
      // A short name is that of its service.
      const own = name.includes(".") ? name : (service ?? name);
      const closeness = own.startsWith("*") ? own.length : Number.POSITIVE_INFINITY;
      for (const host of commonHosts([own], open)) {
        attached(one.resource);
        const known = byHost.get(host);
        if (known === undefined || known.closeness < closeness) byHost.set(host, { closeness, by: [one] });
        else if (known.closeness === closeness && !known.by.includes(one)) known.by.push(one);
      }
    }
  }
  if (server.httpsRedirect) {
    const hosts = [...new Set(lowerCase(server.hosts.map(({ host }) => host)))];
    const name = `${hosts[0]}:${server.number}`;
    return {
      kind: "http",
      virtualHosts: [{ name, hosts, addresses: [], routes: [toHttps(formatResourceName(gateway))] }],
    };
  }
  const virtualHosts = [...byHost].flatMap(([host, { by }]): readonly HttpVirtualHost[] => {
    const routes = mergeHttpRoutes(
      by.flatMap((one) => routesAt(one, server.number, place)).map((one) => new MergeableRoute(one)),
      conflicts,
    );
    if (routes.length === 0) return [];
    const exports = together(by.map(({ resource }) => exportsOf(resource)));
    const nameExports = exports && { nameExports: { [host]: exports } };
    return [{ name: `${host}:${server.number}`, hosts: [host], addresses: [], ...nameExports, routes }];
  });
  return { kind: "http", virtualHosts };
}

function lowerCase(hosts: readonly string[]): readonly string[] {
  return hosts.map((host) => host.toLowerCase());
}

function toHttps(origin: string): HttpRoute {
  return { name: "https-redirect", match: {}, action: { kind: "redirect", scheme: "https", status: 301 }, origin };
}
