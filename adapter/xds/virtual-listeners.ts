import type { UnknownDestinations } from "../model/mesh-policy.js";
import type { Family } from "../model/node-profile.js";
import { INBOUND_PORT, INBOUND_SOURCE, OUTBOUND_PORT } from "../model/redirection.js";
import { any, type JsonObject } from "./json.js";
import { READ_BUFFER_BYTES } from "./listeners.js";
import { makeResource, type Resource } from "./resource.js";
import { observedFilter } from "./tcp-proxy.js";
import { connections } from "./traffic-policy.js";
import { listenerAddresses, wildcard } from "./wildcard.js";

export const PASSTHROUGH = "PassthroughCluster";
const BLACK_HOLE = "BlackHoleCluster";
const INBOUND_PASSTHROUGH = "InboundPassthroughCluster";

/** What a node has that connections are redirected to, whatever the mesh is. */
export function buildVirtualListeners(
  families: readonly Family[],
  unknownDestinations: UnknownDestinations,
  inboundChains: readonly JsonObject[],
): readonly Resource[] {
  const outbound = "virtualOutbound";
  const inbound = "virtualInbound";
  return [
    makeResource("LDS", outbound, {
      name: outbound,
      ...listenerAddresses(wildcard(families, OUTBOUND_PORT)),
      traffic_direction: "OUTBOUND",
      // A listener for the address that was dialled takes the connection, where there is one.
      use_original_dst: true,
      filter_chains: [dialledItself(outbound, OUTBOUND_PORT)],
      default_filter_chain: {
        name: outbound,
        filters: [observedFilter(outbound, unknownDestinations === "pass" ? PASSTHROUGH : BLACK_HOLE)],
      },
    }),
    makeResource("LDS", inbound, {
      name: inbound,
      ...listenerAddresses(wildcard(families, INBOUND_PORT)),
      traffic_direction: "INBOUND",
      per_connection_buffer_limit_bytes: READ_BUFFER_BYTES,
      // Not `use_original_dst`: outbound listeners have the same ports.
      listener_filters: [
        {
          name: "envoy.filters.listener.original_dst",
          typed_config: any("envoy.extensions.filters.listener.original_dst.v3.OriginalDst", {}),
        },
      ],
      filter_chains: [dialledItself(inbound, INBOUND_PORT), ...inboundChains],
      default_filter_chain: { name: inbound, filters: [observedFilter(inbound, INBOUND_PASSTHROUGH)] },
    }),
    originalDestination(PASSTHROUGH),
    makeResource("CDS", BLACK_HOLE, { name: BLACK_HOLE, type: "STATIC", connect_timeout: "1s" }),
    buildInboundCluster(INBOUND_PASSTHROUGH, families),
  ];
}

/** To where the client's connection was going, on the node's own machine. */
export function buildInboundCluster(name: string, families: readonly Family[]): Resource {
  const [first = "IPv4", ...others] = families;
  const source = (family: Family) => ({ address: INBOUND_SOURCE[family], port_value: 0 });
  return originalDestination(name, {
    upstream_bind_config: {
      source_address: source(first),
      // Of these Envoy takes the one of the family that it connects by.
      extra_source_addresses: others.length > 0 ? others.map((one) => ({ address: source(one) })) : undefined,
    },
  });
}

function originalDestination(name: string, fields: JsonObject = {}): Resource {
  return makeResource("CDS", name, {
    name,
    type: "ORIGINAL_DST",
    lb_policy: "CLUSTER_PROVIDED",
    ...connections(undefined),
    ...fields,
  });
}

/** A connection to the listener's own port was redirected by nothing: passed on it would come back for ever. */
function dialledItself(listener: string, port: number): JsonObject {
  const name = `${listener}-blackhole`;
  return {
    name,
    filter_chain_match: { destination_port: port },
    filters: [observedFilter(name, BLACK_HOLE)],
  };
}
