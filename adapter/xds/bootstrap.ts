import { isIP } from "node:net";
import type { NodeAddress } from "../model/node-profile.js";
import { socketAddress } from "./address.js";
import type { BindAddress } from "./bind.js";
import { type XdsTls, xdsTransportSocket } from "./bootstrap-tls.js";
import { grpcSource } from "./grpc-source.js";
import { any, type JsonObject } from "./json.js";
import { ADS } from "./resource.js";

export interface BootstrapOptions {
  readonly node: {
    readonly id: string;
    readonly cluster: string;
    readonly namespace?: string | undefined;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    /** Of its machine, its own address in front. */
    readonly addresses?: readonly NodeAddress[] | undefined;
    /** Its machine's connections are redirected to it. */
    readonly captured?: boolean | undefined;
    /** Whether it uses both families where its machine has both; undefined: as the mesh says. */
    readonly dualStack?: boolean | undefined;
  };
  /** Where the adapter serves ADS; a DNS name is resolved by Envoy. */
  readonly xds: { readonly host: string; readonly port: number };
  /** Without, the stream is plain. */
  readonly tls?: XdsTls | undefined;
  readonly admin: BindAddress;
  /** What goes over the stream: `delta` sends what changed, `sotw` all resources of a type where one changed. */
  readonly mode: "delta" | "sotw";
  /** So many connections of clients are accepted, on all listeners together; undefined: as many as come. */
  readonly maxConnections?: number | undefined;
}

/** Istio's. */
const MAX_REGEX_STEPS = 32_768;

const XDS_CLUSTER = "meltemi_xds";

/** Labels of the filter's metrics, which travel in their names: `wasmcustom.meltemi_requests_total;listener=L;service=S`. */
const METRIC_LABELS = [
  "listener",
  "service",
  "method",
  "cluster",
  "status",
  "code",
  "reason",
  "result",
  "host",
  "state",
  "kind",
];

/** A whole Envoy bootstrap, in the JSON mapping: everything but the way to the adapter comes over ADS. */
export function buildBootstrap(options: BootstrapOptions): JsonObject {
  const { id, cluster } = options.node;
  const metadata = nodeMetadata(options.node);
  return {
    node: { id, cluster, ...(Object.keys(metadata).length > 0 && { metadata }) },
    admin: { address: socketAddress(options.admin.ip, options.admin.port) },
    dynamic_resources: {
      ads_config: grpcSource(XDS_CLUSTER, options.mode === "delta" ? "DELTA_GRPC" : "GRPC"),
      cds_config: ADS,
      lds_config: ADS,
    },
    ...(options.maxConnections !== undefined && { overload_manager: connectionLimit(options.maxConnections) }),
    static_resources: { clusters: [xdsCluster(options)] },
    stats_config: { use_all_default_tags: true, stats_tags: METRIC_LABELS.map(labelTag) },
    layered_runtime: {
      layers: [
        // Regular expressions of HTTP's routes: by default Envoy refuses those of 100 steps, and all routes that come with one.
        { name: "static", static_layer: { "re2.max_program_size.error_level": MAX_REGEX_STEPS } },
        // So that runtime keys can be tried through the admin interface.
        { name: "admin", admin_layer: {} },
      ],
    },
  };
}

/** What the node tells of itself, by Istio's names; `INTERFACES` is ours. */
function nodeMetadata({
  namespace,
  labels,
  addresses = [],
  captured,
  dualStack,
}: BootstrapOptions["node"]): JsonObject {
  const named = addresses.filter((one) => one.interface !== undefined);
  return {
    ...(namespace !== undefined && { NAMESPACE: namespace }),
    ...(labels && { LABELS: labels }),
    ...(addresses.length > 0 && { INSTANCE_IPS: addresses.map(({ ip }) => ip).join(",") }),
    ...(named.length > 0 && { INTERFACES: named.map((one) => `${one.interface}=${one.ip}`).join(",") }),
    ...(captured && { INTERCEPTION_MODE: "REDIRECT" }),
    ...(dualStack !== undefined && { DUAL_STACK: String(dualStack) }),
  };
}

/**
 * The connections beyond are closed as they come. An Envoy that finds no descriptor for a connection upstream ends itself: one that calls itself round and round, because an
 * address is registered that should not be, is to end in connections that are refused.
 */
function connectionLimit(maxConnections: number): JsonObject {
  return {
    resource_monitors: [
      {
        name: "envoy.resource_monitors.global_downstream_max_connections",
        typed_config: {
          "@type":
            "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
          max_active_downstream_connections: maxConnections,
        },
      },
    ],
  };
}

function xdsCluster({ xds: { host, port }, tls }: BootstrapOptions): JsonObject {
  const options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  return {
    name: XDS_CLUSTER,
    type: isIP(host) === 0 ? "STRICT_DNS" : "STATIC",
    connect_timeout: "5s",
    ...(tls && { transport_socket: xdsTransportSocket(tls) }),
    typed_extension_protocol_options: {
      [options]: any(options, {
        explicit_http_config: {
          // An adapter that vanished without a FIN is noticed, and another replica asked.
          http2_protocol_options: { connection_keepalive: { interval: "30s", timeout: "5s" } },
        },
      }),
    },
    load_assignment: {
      cluster_name: XDS_CLUSTER,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(host, port) } }] }],
    },
  };
}

/**
 * Takes a label out of a metric's name. Envoy tries an expression only on names with its literal beginning, so these cost
 * the statistics of 10,000 clusters nothing.
 */
function labelTag(label: string): JsonObject {
  return { tag_name: label, regex: `^wasmcustom\\.meltemi_.*?(;${label}=([^;]*))` };
}
