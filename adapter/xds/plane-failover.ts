import type { ConnectionPool } from "../model/model.js";
import { any, type JsonObject } from "./json.js";
import type { Placement } from "./placement.js";

/**
 * What it takes that a plane may go down: what is sent to hosts on it goes to those on the next one. A connection that cannot be made, or that
 * nobody answers on, has to be noticed in less time than clients wait for a call.
 */

/** Where a DestinationRule says none. Planes are networks of one site; a SYN that is lost has another plane to go by. */
export const PLANE_CONNECT_TIMEOUT_MS = 250;

/**
 * What was sent on a connection and is not acknowledged for so long ends it: so long calls are sent to nobody. Linux counts a server that reads nothing and
 * has its buffers full the same, so not less. Where a DestinationRule says how long a connection may be silent it is that.
 */
const UNACKNOWLEDGED_MS = 1000;

/** Of a connection on which nothing is sent: the server is asked after a second, which is the least that there is. */
const KEEPALIVE = { keepalive_time: 1, keepalive_interval: 1, keepalive_probes: 1 };

const IPPROTO_TCP = 6;
const TCP_USER_TIMEOUT = 18;

/** Whether hosts may be on several planes, of which some wait for the others to fail. */
export function hasStandbys({ planes }: Placement): boolean {
  return planes !== undefined && planes.order.length + Number(planes.takesOthers) > 1;
}

/** Fields of a cluster: keepalive, by default that which is asked for, and what else ends connections that lead nowhere any more. */
export function upstreamOptions(placement: Placement, pool: ConnectionPool | undefined): JsonObject {
  const said = pool?.tcpKeepalive;
  const tcp_keepalive = said && {
    keepalive_probes: said.probes,
    keepalive_time: said.time_s,
    keepalive_interval: said.interval_s,
  };
  if (!hasStandbys(placement))
    return tcp_keepalive === undefined ? {} : { upstream_connection_options: { tcp_keepalive } };
  const timeout = {
    description: "TCP_USER_TIMEOUT",
    level: IPPROTO_TCP,
    name: TCP_USER_TIMEOUT,
    int_value: said === undefined ? UNACKNOWLEDGED_MS : silence_ms(said),
    state: "STATE_PREBIND",
  };
  return {
    upstream_connection_options: { tcp_keepalive: tcp_keepalive ?? KEEPALIVE },
    upstream_bind_config: { socket_options: [timeout] },
  };
}

/** Linux' defaults for what is not said. */
function silence_ms({
  time_s = 7200,
  interval_s = 75,
  probes = 9,
}: NonNullable<ConnectionPool["tcpKeepalive"]>): number {
  return (time_s + interval_s * probes) * 1000;
}

/** Fields of a route's retry policy: what was tried in vain on one plane is tried on another. */
export function nextPlane(): JsonObject {
  return {
    retry_priority: {
      name: "envoy.retry_priorities.previous_priorities",
      typed_config: any("envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig", {
        update_frequency: 1,
      }),
    },
  };
}
