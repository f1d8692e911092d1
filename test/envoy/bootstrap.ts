import { fileURLToPath } from "node:url";
import type { ListenerMode } from "../../adapter/model/model.js";
import { rootId } from "../../adapter/xds/filter-identity.js";
import { connectionFilter, observedFilter } from "../../adapter/xds/tcp-proxy.js";

const FILTER = fileURLToPath(new URL("../../dist/meltemi.wasm", import.meta.url));
const WASM = "type.googleapis.com/envoy.extensions.filters.network.wasm.v3.Wasm";
const LABELS = [
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

export interface TestListener {
  name: string;
  /** The filter's configuration; a path instead: it comes by ECDS from that file. */
  config: object | { ecdsFile: string };
  /** Settings of HTTP/2 that differ from what the adapter gives. */
  http2?: object;
  bufferLimit_bytes?: number;
  /** Hosts that a tunnel tries after the first. Default: 3. */
  connectRetries?: number;
  /** Another build of the filter. */
  filter?: string;
  /** Default: call. */
  mode?: ListenerMode;
  /** Default: dubbo. */
  protocol?: string;
  /** Of mode observe: where all connections go. */
  cluster?: string;
  /** Envoy's access log of its connections: a file, and what a line has. */
  accessLog?: { path: string; format: string };
}

export interface TestCluster {
  name: string;
  /** Ports on 127.0.0.1, none for a cluster without hosts; a path instead: they come by EDS from that file. */
  ports: number[] | { edsFile: string };
  /** Envoy's circuit breaker for connections. Default: 100,000. */
  maxConnections?: number;
  /** Default: LEAST_REQUEST, as the adapter gives it. */
  lbPolicy?: "LEAST_REQUEST" | "ROUND_ROBIN" | "RING_HASH" | "MAGLEV";
  /** It speaks HTTP/2, as gRPC services do. */
  http2?: boolean;
}

/** The plugin as it stands in a listener or in an ECDS resource. */
export function wasmConfig(
  listener: string,
  config: object,
  mode: ListenerMode = "call",
  filter = FILTER,
  protocol = "dubbo",
): object {
  return {
    "@type": WASM,
    config: {
      name: listener,
      root_id: rootId({ listener, protocol, mode }),
      configuration: { "@type": "type.googleapis.com/google.protobuf.StringValue", value: JSON.stringify(config) },
      failure_policy: "FAIL_RELOAD",
      vm_config: { vm_id: "meltemi", runtime: "envoy.wasm.runtime.v8", code: { local: { filename: filter } } },
    },
  };
}

/** The whole of an ECDS file. */
export function ecdsFile(listener: string, config: object, mode: ListenerMode = "call"): string {
  return JSON.stringify({
    resources: [
      {
        "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
        name: listener,
        typed_config: wasmConfig(listener, config, mode),
      },
    ],
  });
}

/** The whole of an EDS file: a cluster's hosts on 127.0.0.1. */
export function edsFile(cluster: string, ports: number[]): string {
  const type = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
  return JSON.stringify({ resources: [{ "@type": type, ...loadAssignment(cluster, ports) }] });
}

export function buildBootstrap(listeners: TestListener[], clusters: TestCluster[]): object {
  return {
    node: { id: "test", cluster: "test" },
    admin: { address: address(0) },
    static_resources: { listeners: listeners.map(listener), clusters: clusters.map(cluster) },
    stats_config: {
      use_all_default_tags: true,
      stats_tags: LABELS.map((label) => ({ tag_name: label, regex: `^wasmcustom\\.meltemi_.*?(;${label}=([^;]*))` })),
    },
  };
}

function listener(listener: TestListener): object {
  const { name, config, bufferLimit_bytes } = listener;
  const filter =
    "ecdsFile" in config
      ? {
          name,
          config_discovery: {
            config_source: { path_config_source: { path: config.ecdsFile } },
            type_urls: [WASM],
          },
        }
      : {
          name: "envoy.filters.network.wasm",
          typed_config: wasmConfig(name, config, listener.mode, listener.filter, listener.protocol),
        };
  return {
    name,
    address: address(0),
    stat_prefix: name,
    ...(bufferLimit_bytes !== undefined && { per_connection_buffer_limit_bytes: bufferLimit_bytes }),
    filter_chains: [{ filters: [filter, behind(listener)] }],
    ...(listener.accessLog && { access_log: [fileAccessLog(listener.accessLog)] }),
  };
}

function fileAccessLog({ path, format }: { path: string; format: string }): object {
  return {
    name: "envoy.access_loggers.file",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
      path,
      log_format: { text_format_source: { inline_string: `${format}\n` } },
    },
  };
}

/** What carries the calls. */
function behind({ name, http2, connectRetries = 3, mode = "call", cluster = "" }: TestListener): object {
  switch (mode) {
    case "call":
      return connectionManager(name, connectRetries, http2);
    case "connection":
      return connectionFilter(name);
    case "observe":
      return observedFilter(name, cluster);
  }
}

function connectionManager(name: string, connectRetries: number, http2: object = {}): object {
  const overwrite = { append_action: "OVERWRITE_IF_EXISTS_OR_ADD" };
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      stat_prefix: name,
      codec_type: "HTTP2",
      generate_request_id: false,
      stream_idle_timeout: "0s",
      common_http_protocol_options: { idle_timeout: "0s" },
      http2_protocol_options: {
        allow_connect: true,
        initial_stream_window_size: 1 << 20,
        initial_connection_window_size: 4 << 20,
        custom_settings_parameters: [{ identifier: 5, value: 1 << 20 }],
        ...http2,
      },
      upgrade_configs: [{ upgrade_type: "CONNECT" }],
      http_filters: [
        {
          name: "envoy.filters.http.stateful_session",
          typed_config: {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.stateful_session.v3.StatefulSession",
            session_state: {
              name: "envoy.http.stateful_session.header",
              typed_config: {
                "@type": "type.googleapis.com/envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState",
                name: "x-meltemi-host",
              },
            },
          },
        },
        {
          name: "envoy.filters.http.router",
          typed_config: {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
            suppress_envoy_headers: true,
          },
        },
      ],
      route_config: {
        response_headers_to_add: [
          { header: { key: "x-meltemi-upstream-host", value: "%UPSTREAM_HOST%" }, ...overwrite },
          { header: { key: "x-meltemi-response-flags", value: "%RESPONSE_FLAGS%" }, ...overwrite },
        ],
        virtual_hosts: [
          {
            name: "tunnels",
            domains: ["*"],
            routes: [
              {
                match: { connect_matcher: {} },
                route: {
                  cluster_header: "x-meltemi-cluster",
                  timeout: "0s",
                  upgrade_configs: [{ upgrade_type: "CONNECT", connect_config: {} }],
                  hash_policy: [{ header: { header_name: "x-meltemi-hash" }, terminal: true }],
                  retry_policy: {
                    retry_on: "connect-failure",
                    num_retries: connectRetries,
                    retry_host_predicate: [
                      {
                        name: "envoy.retry_host_predicates.previous_hosts",
                        typed_config: {
                          "@type":
                            "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
                        },
                      },
                    ],
                  },
                },
              },
            ],
          },
        ],
      },
    },
  };
}

const HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

function cluster({ name, ports, maxConnections = 100_000, lbPolicy = "LEAST_REQUEST", http2 }: TestCluster): object {
  const most = { max_connections: maxConnections, max_pending_requests: 100_000, max_requests: 100_000 };
  return {
    name,
    ...("edsFile" in ports
      ? { type: "EDS", eds_cluster_config: { eds_config: { path_config_source: { path: ports.edsFile } } } }
      : { type: "STATIC", load_assignment: loadAssignment(name, ports) }),
    lb_policy: lbPolicy,
    ...(lbPolicy === "LEAST_REQUEST" && { least_request_lb_config: { choice_count: 16 } }),
    connect_timeout: "2s",
    circuit_breakers: { thresholds: [most] },
    ...(http2 && {
      typed_extension_protocol_options: {
        [HTTP_OPTIONS]: {
          "@type": `type.googleapis.com/${HTTP_OPTIONS}`,
          explicit_http_config: { http2_protocol_options: {} },
        },
      },
    }),
  };
}

function loadAssignment(cluster: string, ports: number[]): object {
  const lb_endpoints = ports.map((port) => ({ endpoint: { address: address(port) } }));
  return { cluster_name: cluster, endpoints: [{ lb_endpoints }] };
}

function address(port: number): object {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
