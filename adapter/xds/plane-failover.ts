import { any, type JsonObject } from "./json.js";
import type { Placement } from "./placement.js";

/**
 * What it takes that a plane may go down: what is sent to hosts on it goes to those on the next one. A connection that cannot be made, or that
 * nobody answers on, has to be noticed in less time than clients wait for a call.
 */

/** Where a DestinationRule says none. Planes are networks of one site: what takes longer than a lost SYN's second copy is not there. */
export const PLANE_CONNECT_TIMEOUT_MS = 500;

/**
 * What was sent on a connection and is not acknowledged for so long ends it. Linux counts a server that does not read, and has its buffers full, the
 * same: so not less.
 */
const UNACKNOWLEDGED_MS = 3000;

/** Of a connection on which nothing is sent: asked after a second, and each second. */
const IDLE_S = 1;

const IPPROTO_TCP = 6;
const TCP_USER_TIMEOUT = 18;

/** Whether hosts may be on several planes, of which some wait for the others to fail. */
export function hasStandbys({ planes }: Placement): boolean {
  return planes !== undefined && planes.order.length + Number(planes.takesOthers) > 1;
}

/** Fields of a cluster: keepalive, by default that which is asked for, and what else ends connections that lead nowhere any more. */
export function upstreamOptions(placement: Placement, tcp_keepalive: JsonObject | undefined): JsonObject {
  if (!hasStandbys(placement))
    return tcp_keepalive === undefined ? {} : { upstream_connection_options: { tcp_keepalive } };
  const asked = { keepalive_time: IDLE_S, keepalive_interval: IDLE_S, keepalive_probes: UNACKNOWLEDGED_MS / 1000 };
  const timeout = {
    description: "TCP_USER_TIMEOUT",
    level: IPPROTO_TCP,
    name: TCP_USER_TIMEOUT,
    int_value: UNACKNOWLEDGED_MS,
    state: "STATE_PREBIND",
  };
  return {
    upstream_connection_options: { tcp_keepalive: tcp_keepalive ?? asked },
    upstream_bind_config: { socket_options: [timeout] },
  };
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
