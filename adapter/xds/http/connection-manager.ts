import type { HttpVirtualHost } from "../../model/http.js";
import type { Family } from "../../model/node-profile.js";
import { wantFamily } from "../client-family.js";
import { any, type JsonObject } from "../json.js";
import { ADS } from "../resource.js";
import { CORS_FILTER, FAULT_FILTER } from "./policy.js";
import { globalRateLimitFilters, localRateLimitFilters } from "./rate-limits.js";

export interface HttpManagerOptions {
  readonly statPrefix: string;
  /** RDS. */
  readonly routes: string;
  readonly virtualHosts: readonly HttpVirtualHost[];
  /** Whether clients may speak gRPC-Web, of which gRPC is made. */
  readonly grpcWeb?: boolean;
  /**
   * Whether what comes is of clients outside: then their address is that of the connection, and what they say of addresses before it is not
   * believed. Default: false, as for a sidecar's own workload.
   */
  readonly isEdge?: boolean;
  /** Of the clients whose requests it takes, where hosts are chosen by it. */
  readonly family?: Family;
}

/**
 * The HTTP connection manager of a sidecar's or a gateway's HTTP. Nothing in it depends on single routes: filters are there, switched off, and
 * a route that asks for one switches it on; they cost nothing for other requests. Only which rate limit services are asked has to be known
 * here.
 */
export function httpConnectionManager(options: HttpManagerOptions): JsonObject {
  const { statPrefix, routes, virtualHosts, grpcWeb = false, isEdge = false, family } = options;
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: any("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
      stat_prefix: statPrefix,
      codec_type: "AUTO",
      rds: { config_source: ADS, route_config_name: routes },
      use_remote_address: isEdge,
      // What is compared with a route is what the service sees.
      normalize_path: true,
      // Streams of gRPC and WebSockets are silent for as long as they like; requests have their route's timeout.
      stream_idle_timeout: "0s",
      upgrade_configs: [{ upgrade_type: "websocket" }],
      http_filters: [
        ...(grpcWeb ? [plain("envoy.filters.http.grpc_web", "envoy.extensions.filters.http.grpc_web.v3.GrpcWeb")] : []),
        { ...plain(CORS_FILTER, "envoy.extensions.filters.http.cors.v3.Cors"), disabled: true },
        { ...plain(FAULT_FILTER, "envoy.extensions.filters.http.fault.v3.HTTPFault"), disabled: true },
        ...localRateLimitFilters(),
        ...globalRateLimitFilters(virtualHosts),
        ...wantFamily(family),
        plain("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router"),
      ],
    }),
  };
}

function plain(name: string, type: string): JsonObject {
  return { name, typed_config: any(type, {}) };
}
