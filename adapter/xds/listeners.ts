import { clustersOf } from "../model/cluster-name.js";
import type { OutboundListener } from "../model/model.js";
import type { Family } from "../model/node-profile.js";
import type { BoundListener } from "./bind.js";
import { chainsByFamily } from "./client-family.js";
import { filterName } from "./filter-identity.js";
import type { JsonObject } from "./json.js";
import { ADS, makeResource, type Resource } from "./resource.js";
import { connectionFilter, observedFilter } from "./tcp-proxy.js";
import { downstreamTls } from "./tls.js";
import { tunnelFilter } from "./tunnel.js";
import { listenerAddresses } from "./wildcard.js";

/**
 * What Envoy reads from a client before the filter has to take it: a message that is routed by an attachment waits here until it
 * is whole, up to this length (1 MiB, with its head and what arrives behind it) without being copied. Not more: the part of the next
 * message that arrives behind a long one is what has to be copied. The same for all tables: a listener that changes drains its
 * connections.
 */
export const READ_BUFFER_BYTES = (1 << 20) + (128 << 10);

/**
 * LDS: the filter, which comes by ECDS, before what carries the calls: the connection manager with its tunnels, or a TCP proxy.
 * Nothing here depends on the routes, but for the one cluster of a listener that only observes. `preservesFamily`: some cluster of the mesh has its
 * hosts by the family of clients' connections.
 */
export function buildListener(
  { name, addresses, listener, redirected }: BoundListener,
  preservesFamily = false,
): Resource {
  return makeResource("LDS", name, {
    name,
    ...listenerAddresses(addresses),
    bind_to_port: redirected && false,
    stat_prefix: name,
    traffic_direction: "OUTBOUND",
    per_connection_buffer_limit_bytes: READ_BUFFER_BYTES,
    filter_chains: chainsByFamily(preservesFamily, (family) => ({
      filters: [meltemiFilter(filterName({ listener: name, ...listener })), carrier(name, listener, family)],
      ...downstreamTls(listener.tls),
    })),
  });
}

function carrier(name: string, listener: OutboundListener, family: Family | undefined): JsonObject {
  switch (listener.mode) {
    case "call":
      return tunnelFilter(name, family);
    case "connection":
      return connectionFilter(name, listener.settings, family);
    case "observe":
      return observedFilter(name, clustersOf(listener)[0] ?? "", listener.settings, family);
  }
}

export function meltemiFilter(name: string): JsonObject {
  return {
    name,
    config_discovery: {
      config_source: ADS,
      type_urls: ["type.googleapis.com/envoy.extensions.filters.network.wasm.v3.Wasm"],
    },
  };
}
