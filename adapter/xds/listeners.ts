import type { OutboundListener } from "../model/model.js";
import { socketAddress } from "./address.js";
import type { BoundListener } from "./bind.js";
import type { JsonObject } from "./json.js";
import { ADS, makeResource, type Resource } from "./resource.js";
import { tunnelFilter } from "./tunnel.js";

/** Attributes that stand in the first bytes of a message, by protocol. All others may need the whole of it. */
const LEADING_ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  dubbo: ["interface", "method", "version"],
};

/** The filter's default `max_message_bytes` (filter.proto), and room for the head and what comes behind the message. */
const WHOLE_MESSAGE_BYTES = (16 << 20) + (64 << 10);

/**
 * LDS: the filter, which comes by ECDS, before the connection manager that carries its tunnels. Nothing here depends on the
 * routes but the read buffer: a message that has to be seen whole waits in it.
 */
export function buildListener({ name, addresses, listener }: BoundListener): Resource {
  const [first, ...additional] = addresses;
  return makeResource("LDS", name, {
    name,
    address: socketAddress(first.ip, first.port),
    additional_addresses:
      additional.length > 0 ? additional.map(({ ip, port }) => ({ address: socketAddress(ip, port) })) : undefined,
    stat_prefix: name,
    traffic_direction: "OUTBOUND",
    per_connection_buffer_limit_bytes: needsWholeMessage(listener) ? WHOLE_MESSAGE_BYTES : undefined,
    filter_chains: [{ filters: [meltemiFilter(name), tunnelFilter(name)] }],
  });
}

function meltemiFilter(listener: string): JsonObject {
  return {
    name: listener,
    config_discovery: {
      config_source: ADS,
      type_urls: ["type.googleapis.com/envoy.extensions.filters.network.wasm.v3.Wasm"],
    },
  };
}

function needsWholeMessage({ protocol, virtualHosts }: OutboundListener): boolean {
  const leading = LEADING_ATTRIBUTES[protocol] ?? [];
  const matches = virtualHosts.flatMap((virtualHost) => virtualHost.routes).flatMap((route) => route.match);
  return matches.some((match) => !leading.includes(match.name));
}
