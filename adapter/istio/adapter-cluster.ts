import { isIP } from "node:net";
import { socketAddress } from "../xds/address.js";
import { grpcSource } from "../xds/grpc-source.js";
import { any, type JsonObject } from "../xds/json.js";
import { matchNames } from "../xds/tls.js";
import { ADAPTER_CLUSTER } from "./discovered-filter.js";
import { type EnvoyFilter, envoyFilter } from "./envoy-filter.js";

/** Where sidecars reach the adapter's xDS; a DNS name is resolved by Envoy. */
export interface AdapterAddress {
  readonly host: string;
  readonly port: number;
}

/** How sidecars speak TLS with the adapter. */
export interface AdapterTls {
  /** What the adapter's certificate names. */
  readonly name: string;
  /** Certificates (PEM) one of which has signed it; undefined: the mesh's own authority has. */
  readonly authority: string | undefined;
  /** Sidecars show the certificates that they have of the mesh. */
  readonly mutual: boolean;
}

/** Gives every Envoy of the mesh the cluster of the adapter. */
export function adapterCluster(namespace: string, address: AdapterAddress, tls: AdapterTls | undefined): EnvoyFilter {
  return envoyFilter(namespace, "adapter", [
    { applyTo: "CLUSTER", match: { context: "ANY" }, patch: { operation: "ADD", value: cluster(address, tls) } },
  ]);
}

function cluster({ host, port }: AdapterAddress, tls: AdapterTls | undefined): JsonObject {
  const options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  return {
    name: ADAPTER_CLUSTER,
    type: isIP(host) === 0 ? "STRICT_DNS" : "STATIC",
    connect_timeout: "5s",
    typed_extension_protocol_options: {
      [options]: any(options, {
        explicit_http_config: {
          http2_protocol_options: { connection_keepalive: { interval: "30s", timeout: "5s" } },
        },
      }),
    },
    load_assignment: {
      cluster_name: ADAPTER_CLUSTER,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(host, port) } }] }],
    },
    transport_socket: tls && transportSocket(tls),
  };
}

function transportSocket({ name, authority, mutual }: AdapterTls): JsonObject {
  const names = { match_typed_subject_alt_names: matchNames([name]) };
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: any("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      sni: isIP(name) === 0 && !name.includes("://") ? name : undefined,
      common_tls_context: {
        tls_certificate_sds_secret_configs: mutual ? [secretOfAgent("default")] : undefined,
        ...(authority === undefined
          ? {
              combined_validation_context: {
                default_validation_context: names,
                validation_context_sds_secret_config: secretOfAgent("ROOTCA"),
              },
            }
          : { validation_context: { trusted_ca: { inline_string: authority }, ...names } }),
      },
    }),
  };
}

/** istio-agent has the workload's certificate and the mesh's authority by these names, in a cluster of every sidecar's bootstrap. */
function secretOfAgent(name: "default" | "ROOTCA"): JsonObject {
  return { name, sds_config: { api_config_source: grpcSource("sds-grpc", "GRPC"), resource_api_version: "V3" } };
}
