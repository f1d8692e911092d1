import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { buildEnvoyFilters } from "../../adapter/istio/sidecars.js";
import type { ListenerMode, Mesh, Service } from "../../adapter/model/model.js";
import type { WasmCode } from "../../adapter/xds/extension-configs.js";
import { meshOf, reviews, routeTo } from "../xds/mesh.js";

const INLINE: WasmCode = { kind: "inline", bytes: new Uint8Array(8) };
const FILE: WasmCode = { kind: "file", path: "/var/lib/meltemi/meltemi.wasm" };
const options = {
  namespace: "istio-system",
  adapter: { host: "meltemi.istio-system.svc", port: 18000 },
  tls: undefined,
};

const ratings = (overrides: Partial<Service> = {}) =>
  reviews({ host: "ratings.prod.svc.cluster.local", addresses: ["10.0.0.8"], ...overrides });

function mesh(services: readonly Service[], mode: ListenerMode = "call"): Mesh {
  const { listeners } = meshOf(services, [routeTo("v1")]);
  return { services, listeners: listeners.map((listener) => ({ ...listener, mode })) };
}

/** `SIDECAR_OUTBOUND 20880: INSERT_BEFORE outbound_dubbo_20880` */
function summary(built: ReturnType<typeof buildEnvoyFilters>): string[] {
  return built.flatMap(({ metadata, spec }) =>
    (spec.configPatches as unknown as Patch[]).map(({ match, patch }) => {
      const { name, portNumber, filterChain } = match.listener ?? {};
      const where = name ?? portNumber ?? filterChain?.destinationPort ?? "";
      return `${metadata.name}: ${match.context} ${where} ${patch.operation} ${patch.value.name ?? Object.keys(patch.value)}`;
    }),
  );
}

interface Patch {
  match: {
    context: string;
    listener?: { name?: string; portNumber?: number; filterChain?: { destinationPort: number } };
  };
  patch: { operation: string; value: { name?: string; config_discovery?: { default_config?: object } } };
}

describe("EnvoyFilters", () => {
  it("are these for a service of mode call, whose code is a file", async () => {
    const built = buildEnvoyFilters(mesh([reviews({ addresses: ["10.0.0.7", "fd00::7"] })]), {
      ...options,
      code: FILE,
    });
    await expect(built.map((one) => stringify(one)).join("---\n")).toMatchFileSnapshot("__golden__/call.yaml");
  });

  it("are one for each port and direction, whatever the number of services, where the code is inline", () => {
    const services = [reviews({ addresses: ["10.0.0.7"] }), ratings()];
    expect(summary(buildEnvoyFilters(mesh(services), { ...options, code: INLINE }))).toEqual([
      "meltemi-adapter: ANY  ADD meltemi_adapter",
      "meltemi-outbound-dubbo-20880: SIDECAR_OUTBOUND 20880 MERGE per_connection_buffer_limit_bytes",
      "meltemi-outbound-dubbo-20880: SIDECAR_OUTBOUND 20880 INSERT_BEFORE outbound_dubbo_20880",
      "meltemi-outbound-dubbo-20880: SIDECAR_OUTBOUND 20880 REPLACE envoy.filters.network.http_connection_manager",
      "meltemi-outbound-dubbo-20880: GATEWAY 20880 MERGE per_connection_buffer_limit_bytes",
      "meltemi-outbound-dubbo-20880: GATEWAY 20880 INSERT_BEFORE outbound_dubbo_20880",
      "meltemi-outbound-dubbo-20880: GATEWAY 20880 REPLACE envoy.filters.network.http_connection_manager",
      "meltemi-inbound-dubbo-30001: SIDECAR_INBOUND 30001 INSERT_BEFORE inbound_dubbo_30001/observe",
      "meltemi-inbound-dubbo-30002: SIDECAR_INBOUND 30002 INSERT_BEFORE inbound_dubbo_30002/observe",
    ]);
  });

  it("leave alone what speaks something else on the same port", () => {
    const other = ratings({ ports: [{ number: 20880, name: "tcp", protocol: undefined }] });
    const built = buildEnvoyFilters(mesh([reviews({ addresses: ["10.0.0.7", "fd00::7"] }), other]), {
      ...options,
      code: INLINE,
    });
    expect(summary(built).filter((line) => line.includes("OUTBOUND"))).toEqual([
      "meltemi-outbound-dubbo-20880-reviews.prod.svc.cluster.local: SIDECAR_OUTBOUND 10.0.0.7_20880 MERGE per_connection_buffer_limit_bytes",
      "meltemi-outbound-dubbo-20880-reviews.prod.svc.cluster.local: SIDECAR_OUTBOUND 10.0.0.7_20880 INSERT_BEFORE outbound_dubbo_20880",
      "meltemi-outbound-dubbo-20880-reviews.prod.svc.cluster.local: SIDECAR_OUTBOUND 10.0.0.7_20880 REPLACE envoy.filters.network.http_connection_manager",
      "meltemi-outbound-dubbo-20880-reviews.prod.svc.cluster.local: SIDECAR_OUTBOUND fd00::7_20880 MERGE per_connection_buffer_limit_bytes",
      "meltemi-outbound-dubbo-20880-reviews.prod.svc.cluster.local: SIDECAR_OUTBOUND fd00::7_20880 INSERT_BEFORE outbound_dubbo_20880",
      "meltemi-outbound-dubbo-20880-reviews.prod.svc.cluster.local: SIDECAR_OUTBOUND fd00::7_20880 REPLACE envoy.filters.network.http_connection_manager",
    ]);
  });

  it("are one more for each service where each has something else to serve while the adapter is away, applied before", () => {
    const services = [reviews({ addresses: ["10.0.0.7"] }), ratings()];
    const outbound = buildEnvoyFilters(mesh(services), { ...options, code: FILE }).filter(({ metadata }) =>
      metadata.name.includes("outbound"),
    );
    expect(outbound.map(({ metadata, spec }) => [metadata.name, spec.priority ?? 0])).toEqual([
      ["meltemi-outbound-dubbo-20880-reviews.prod.svc.cluster.local", -1],
      ["meltemi-outbound-dubbo-20880-ratings.prod.svc.cluster.local", -1],
      ["meltemi-outbound-dubbo-20880", 0],
    ]);
  });

  it("take a gateway's port that no service has, and leave one alone whose TLS it does not open", () => {
    const gateways = [
      { number: 9000, protocol: "dubbo", isPassedThrough: false },
      { number: 9001, protocol: undefined, isPassedThrough: false },
      { number: 20880, protocol: "dubbo", isPassedThrough: true },
    ];
    const built = buildEnvoyFilters({ ...mesh([reviews()]), gateways }, { ...options, code: INLINE });
    expect(summary(built).filter((line) => line.includes("GATEWAY"))).toEqual([
      "meltemi-outbound-dubbo-9000: GATEWAY 9000 MERGE per_connection_buffer_limit_bytes",
      "meltemi-outbound-dubbo-9000: GATEWAY 9000 INSERT_BEFORE outbound_dubbo_9000",
      "meltemi-outbound-dubbo-9000: GATEWAY 9000 REPLACE envoy.filters.network.http_connection_manager",
    ]);
  });

  it("keep istiod's tcp_proxy in the other modes", () => {
    const outbound = (mode: ListenerMode) =>
      summary(buildEnvoyFilters(mesh([reviews()], mode), { ...options, code: INLINE })).filter((line) =>
        line.includes("OUTBOUND"),
      );
    expect(outbound("connection")).toEqual([
      "meltemi-outbound-dubbo-20880: SIDECAR_OUTBOUND 20880 MERGE per_connection_buffer_limit_bytes",
      "meltemi-outbound-dubbo-20880: SIDECAR_OUTBOUND 20880 INSERT_BEFORE outbound_dubbo_20880/connection",
      "meltemi-outbound-dubbo-20880: SIDECAR_OUTBOUND 20880 MERGE envoy.filters.network.tcp_proxy",
    ]);
    expect(outbound("observe")).toEqual([
      "meltemi-outbound-dubbo-20880: SIDECAR_OUTBOUND 20880 INSERT_BEFORE outbound_dubbo_20880/observe",
      "meltemi-outbound-dubbo-20880: SIDECAR_OUTBOUND 20880 MERGE envoy.filters.network.tcp_proxy",
    ]);
  });

  it("are none without a protocol of ours", () =>
    expect(buildEnvoyFilters({ services: [ratings()], listeners: [] }, { ...options, code: INLINE })).toEqual([]));
});
