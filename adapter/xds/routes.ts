import { any, type JsonObject } from "./json.js";
import { nextPlane } from "./plane-failover.js";
import { makeResource, type Resource } from "./resource.js";

/** The one route configuration that all tunnels share; by RDS, so that it can change without draining a listener. */
export const TUNNEL_ROUTE = "meltemi_tunnel";

/** Times a tunnel, or a carried connection, tries to reach a host once more before the calls on it fail. */
export const CONNECT_RETRIES = 3;
/**
 * Draws for a host that was not tried yet, where a try has failed. One that cannot be connected has the fewest tunnels, so of two hosts
 * it is drawn again unless all eight choices (traffic-policy.ts) fall on the other: one draw of 256 does. 0.1 ms at most.
 */
const HOST_DRAWS = 1000;

/**
 * RDS: a CONNECT goes to the cluster that the filter names in a header. Hosts that refuse the connection are passed over;
 * the answer tells the filter which host it was, or why there is none. With planes the second try is for a host on the next one.
 */
export function buildTunnelRoute(hasPlanes = false): Resource {
  return makeResource("RDS", TUNNEL_ROUTE, tunnelRoute(hasPlanes));
}

export function tunnelRoute(hasPlanes = false): JsonObject {
  return {
    name: TUNNEL_ROUTE,
    virtual_hosts: [
      {
        name: TUNNEL_ROUTE,
        domains: ["*"],
        routes: [
          {
            match: { connect_matcher: {} },
            route: {
              cluster_header: "x-meltemi-cluster",
              timeout: "0s",
              upgrade_configs: [{ upgrade_type: "CONNECT", connect_config: {} }],
              // For RING_HASH and MAGLEV (`consistentHash`): the bucket that the filter says, else the client's address. Others do not look at it.
              hash_policy: [
                { header: { header_name: "x-meltemi-hash" }, terminal: true },
                { connection_properties: { source_ip: true } },
              ],
              retry_policy: {
                retry_on: "connect-failure",
                num_retries: CONNECT_RETRIES,
                retry_host_predicate: [
                  {
                    name: "envoy.retry_host_predicates.previous_hosts",
                    typed_config: any("envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate", {}),
                  },
                ],
                host_selection_retry_max_attempts: HOST_DRAWS,
                ...(hasPlanes && nextPlane()),
              },
            },
            response_headers_to_add: [
              responseHeader("x-meltemi-upstream-host", "%UPSTREAM_HOST%"),
              responseHeader("x-meltemi-response-flags", "%RESPONSE_FLAGS%"),
            ],
          },
        ],
      },
    ],
  };
}

function responseHeader(key: string, value: string): JsonObject {
  return { header: { key, value }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" };
}
