import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import protobuf from "protobufjs";

/**
 * Envoy's API as the gRPC project ships it with @grpc/grpc-js-xds. Only what hangs on these files is read: 350 files, 0.1 s
 * at start, less than a generated cache would cost to keep right.
 */
const FILES = [
  "envoy/service/discovery/v3/ads.proto",
  "envoy/service/extension/v3/config_discovery.proto",
  "envoy/config/cluster/v3/cluster.proto",
  "envoy/config/endpoint/v3/endpoint.proto",
  "envoy/config/listener/v3/listener.proto",
  "envoy/config/route/v3/route.proto",
  "envoy/extensions/filters/http/cors/v3/cors.proto",
  "envoy/extensions/filters/http/fault/v3/fault.proto",
  "envoy/extensions/filters/http/grpc_web/v3/grpc_web.proto",
  "envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.proto",
  "envoy/extensions/filters/http/ratelimit/v3/rate_limit.proto",
  "envoy/extensions/filters/http/router/v3/router.proto",
  "envoy/extensions/filters/http/set_metadata/v3/set_metadata.proto",
  "envoy/extensions/filters/http/stateful_session/v3/stateful_session.proto",
  "envoy/extensions/filters/listener/original_dst/v3/original_dst.proto",
  "envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.proto",
  "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto",
  "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto",
  "envoy/extensions/filters/network/wasm/v3/wasm.proto",
  "envoy/extensions/http/stateful_session/header/v3/header.proto",
  "envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.proto",
  "envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config.proto",
  "envoy/extensions/transport_sockets/tls/v3/tls.proto",
  "envoy/extensions/upstreams/http/v3/http_protocol_options.proto",
];

const INCLUDES = ["envoy-api", "xds", "googleapis", "protoc-gen-validate"];

export const root: protobuf.Root = load();

function load(): protobuf.Root {
  const require = createRequire(import.meta.url);
  const deps = join(dirname(require.resolve("@grpc/grpc-js-xds/package.json")), "deps");
  const directories = [
    ...INCLUDES.map((include) => join(deps, include)),
    dirname(require.resolve("protobufjs/package.json")),
  ];
  const loaded = new protobuf.Root();
  loaded.resolvePath = (_origin, file) =>
    directories.map((directory) => join(directory, file)).find((path) => existsSync(path)) ?? null;
  loaded.loadSync(FILES, { keepCase: true });
  addReload(loaded);
  addEarlyData(loaded);
  loaded.resolveAll();
  return loaded;
}

/** The package's Envoy API is from before Envoy 1.33 and does not know how a plugin whose VM has failed comes back. */
function addReload(loaded: protobuf.Root): void {
  const wasm = loaded.lookup("envoy.extensions.wasm.v3") as protobuf.Namespace;
  if (wasm.get("FailurePolicy") !== null) return;
  wasm.add(new protobuf.Enum("FailurePolicy", { UNSPECIFIED: 0, FAIL_RELOAD: 1, FAIL_CLOSED: 2, FAIL_OPEN: 3 }));
  const backoff = new protobuf.Field("backoff", 1, "config.core.v3.BackoffStrategy");
  wasm.add(new protobuf.Type("ReloadConfig").add(backoff));
  const plugin = wasm.lookupType("PluginConfig");
  plugin.add(new protobuf.Field("failure_policy", 7, "FailurePolicy"));
  plugin.add(new protobuf.Field("reload_config", 8, "ReloadConfig"));
}

/** Nor, for it is of Envoy 1.37, that tcp_proxy may read before it is connected. */
function addEarlyData(loaded: protobuf.Root): void {
  const tcpProxy = loaded.lookupType("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy");
  if (tcpProxy.fields.max_early_data_bytes !== undefined) return;
  tcpProxy.add(new protobuf.Field("max_early_data_bytes", 22, "google.protobuf.UInt32Value"));
}
