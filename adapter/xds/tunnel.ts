import type { Family } from "../model/node-profile.js";
import { wantFamily } from "./client-family.js";
import { any, type JsonObject } from "./json.js";
import { ADS } from "./resource.js";
import { TUNNEL_ROUTE, tunnelRoute } from "./routes.js";

/**
 * Bytes of one tunnel that may be on their way to a slow upstream, and so held in Envoy's memory: a message of 1 MiB with its
 * head, and the next one behind it.
 */
const STREAM_WINDOW_BYTES = 2 << 20;
/** The same for all tunnels of one client connection: two slow upstreams before a third is held up. */
const CONNECTION_WINDOW_BYTES = 4 << 20;
/** RFC 9113, 6.5.2: SETTINGS_MAX_FRAME_SIZE. One DATA head may announce a message of 1 MiB with its head. */
const SETTINGS_MAX_FRAME_SIZE = 5;
const MAX_FRAME_BYTES = 2 << 20;

/** By this header a tunnel names the host that it is to lead to (filter/http2/connect.ts). */
const HOST_HEADER = "x-meltemi-host";

/**
 * Has the router take that host, where it is one of the cluster's and healthy; else, and without the header, the cluster's load balancing
 * decides as ever.
 */
function namedHost(): JsonObject {
  return {
    name: "envoy.filters.http.stateful_session",
    typed_config: any("envoy.extensions.filters.http.stateful_session.v3.StatefulSession", {
      session_state: {
        name: "envoy.http.stateful_session.header",
        typed_config: any("envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState", {
          name: HOST_HEADER,
        }),
      },
    }),
  };
}

/**
 * The HTTP connection manager behind the filter. It speaks HTTP/2 with the filter alone and carries tunnels that live as
 * long as the client's connection: no timeout of Envoy's may end them. No access log, no request ids: a tunnel is no call.
 */
export function tunnelFilter(statPrefix: string, family?: Family): JsonObject {
  return connectionManager(statPrefix, family, { rds: { config_source: ADS, route_config_name: TUNNEL_ROUTE } });
}

/** The same for Envoys whose routes come from somebody else: with its route in it. */
export function selfContainedTunnelFilter(statPrefix: string): JsonObject {
  return connectionManager(statPrefix, undefined, { route_config: tunnelRoute() });
}

function connectionManager(statPrefix: string, family: Family | undefined, routes: JsonObject): JsonObject {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: any("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
      stat_prefix: statPrefix,
      codec_type: "HTTP2",
      generate_request_id: false,
      stream_idle_timeout: "0s",
      common_http_protocol_options: { idle_timeout: "0s" },
      http2_protocol_options: {
        allow_connect: true,
        initial_stream_window_size: STREAM_WINDOW_BYTES,
        initial_connection_window_size: CONNECTION_WINDOW_BYTES,
        custom_settings_parameters: [{ identifier: SETTINGS_MAX_FRAME_SIZE, value: MAX_FRAME_BYTES }],
      },
      upgrade_configs: [{ upgrade_type: "CONNECT" }],
      http_filters: [
        ...wantFamily(family),
        namedHost(),
        {
          name: "envoy.filters.http.router",
          typed_config: any("envoy.extensions.filters.http.router.v3.Router", { suppress_envoy_headers: true }),
        },
      ],
      ...routes,
    }),
  };
}
