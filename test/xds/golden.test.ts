import { describe, expect, it } from "vitest";
import type { Mesh, TrafficPolicy, UpstreamTls } from "../../adapter/model/model.js";
import { PLAIN_NODE } from "../../adapter/model/node-profile.js";
import { shapesIn } from "../../adapter/model/node-shape.js";
import { checkConsistency } from "../../adapter/snapshot/consistency.js";
import { makeSnapshot } from "../../adapter/snapshot/snapshot.js";
import { buildBootstrap } from "../../adapter/xds/bootstrap.js";
import { buildResources } from "../../adapter/xds/build-resources.js";
import { RESOURCE_TYPES } from "../../adapter/xds/resource.js";
import { endpoint, meshOf, reviews, routeTo } from "./mesh.js";

const EVERYTHING: TrafficPolicy = {
  loadBalancer: { kind: "RING_HASH", minimumRingSize: 1024 },
  connectionPool: {
    maxConnections: 10,
    connect_timeout_ms: 250,
    tcpKeepalive: { probes: 3, time_s: 60, interval_s: 10 },
  },
  outlierDetection: {
    consecutive5xx: 7,
    interval_ms: 1_500,
    baseEjectionTime_ms: 180_000,
    maxEjectionPercent: 50,
    minHealthPercent: 20,
  },
  tls: {
    mode: "MUTUAL",
    sni: "reviews.example",
    caCertificates: "/tls/ca.pem",
    clientCertificate: "/tls/client.pem",
    privateKey: "/tls/client.key",
    subjectAltNames: ["spiffe://cluster.local/ns/prod/sa/reviews", "reviews.example", "10.0.0.1"],
  },
  ports: { 20881: { loadBalancer: { kind: "MAGLEV", tableSize: 65537 } } },
};

const DEFAULTS = meshOf([reviews()], [routeTo("v2"), routeTo(undefined)]);

/** Every field of the model that Envoy's resources are made of. */
const FULL: Mesh = meshOf(
  [
    reviews({
      ports: [
        { number: 20880, name: "dubbo", protocol: "dubbo" },
        { number: 20881, name: "dubbo-admin", protocol: "dubbo" },
        { number: 8080, name: "http", protocol: undefined },
      ],
      endpoints: [
        endpoint({ addresses: ["10.0.0.1", "fd00::1"], labels: { version: "v1" }, weight: 3 }),
        endpoint({ addresses: ["10.0.0.2"], labels: { version: "v2" }, ports: { dubbo: 30002 } }),
        endpoint({
          addresses: ["10.0.0.3"],
          labels: { version: "v2", zone: "b" },
          locality: { region: "eu", zone: "b", subZone: "rack-1" },
        }),
      ],
      subsets: [
        { name: "v1", labels: { version: "v1" }, trafficPolicy: { loadBalancer: { kind: "ROUND_ROBIN" } } },
        { name: "v2", labels: { version: "v2" }, trafficPolicy: EVERYTHING },
        { name: "v3", labels: { version: "v3" }, trafficPolicy: { tls: { mode: "SIMPLE" } } },
      ],
      trafficPolicy: { tls: { mode: "SIMPLE", insecureSkipVerify: true } },
    }),
    reviews({
      host: "ratings.example.com",
      resolution: "DNS",
      ports: [{ number: 20880, name: "dubbo", protocol: "dubbo" }],
      endpoints: [endpoint({ addresses: ["ratings.example.com"] })],
      subsets: [],
    }),
  ],
  [
    routeTo("v2", {
      match: [
        { name: "user", invert: false, kind: "exact", value: "jason" },
        { name: "method", invert: true, kind: "prefix", value: "get" },
      ],
    }),
    routeTo(undefined, {
      name: "split",
      destinations: [
        { host: "reviews.prod.svc.cluster.local", subset: "v1", port: 20880, weight: 90 },
        { host: "ratings.example.com", subset: undefined, port: 20880, weight: 10 },
      ],
    }),
  ],
);

/** A listener of each mode, all behind the same service. */
const MODES: Mesh = {
  services: DEFAULTS.services,
  listeners: (["connection", "observe"] as const).map((mode, index) => {
    const [virtualHost] = meshOf([], [routeTo("v2")]).listeners.flatMap(({ virtualHosts }) => virtualHosts);
    return { protocol: "dubbo", port: 20881 + index, mode, virtualHosts: virtualHost ? [virtualHost] : [] };
  }),
};

/** TLS towards clients: of one listener and of both sides of another. */
const TLS: Mesh = {
  services: [reviews({ trafficPolicy: { tls: EVERYTHING.tls as UpstreamTls } })],
  listeners: meshOf([], [routeTo(undefined)]).listeners.flatMap((listener) => [
    {
      ...listener,
      tls: { mode: "SIMPLE", serverCertificate: "/tls/server.pem", privateKey: "/tls/keys/server.key" },
    },
    {
      ...listener,
      port: 20881,
      mode: "observe",
      settings: { idleTimeout_ms: 90_000 },
      tls: {
        mode: "MUTUAL",
        serverCertificate: "/tls/server.pem",
        privateKey: "/tls/server.key",
        caCertificates: "/tls/ca.pem",
        subjectAltNames: ["spiffe://cluster.local/ns/prod/sa/books"],
      },
    },
  ]),
};

/** Hosts by family and plane: of a machine on two planes with both families on one, of one that says its plane, of one on none. */
const NETWORKS: Mesh = {
  ...meshOf(
    [
      reviews({
        endpoints: [
          endpoint({ addresses: ["10.0.0.5", "fd00::5", "10.1.0.5"], labels: { version: "v1" } }),
          endpoint({ addresses: ["192.0.2.7"], labels: { version: "v2", plane: "office" } }),
          endpoint({ addresses: ["192.0.2.8"], labels: { version: "v2" } }),
        ],
      }),
    ],
    [routeTo(undefined)],
  ),
  policies: [
    {
      namespace: undefined,
      ipFamily: { mode: "preserve", fallback: "other" },
      planes: [
        { name: "storage", interfaces: ["eth1"], cidrs: ["10.1.0.0/16"] },
        { name: "office", interfaces: [], cidrs: ["10.0.0.0/16", "fd00::/64"] },
      ],
    },
  ],
  networks: [
    {
      host: "reviews.prod.svc.cluster.local",
      subset: "v2",
      port: 20880,
      ipFamily: { mode: "preserve", fallback: "error" },
      planes: ["office"],
    },
  ],
};

describe.each([
  ["defaults", DEFAULTS],
  ["networks", NETWORKS],
  ["tls", TLS],
  ["modes", MODES],
  ["full", FULL],
])("the resources of the mesh %s", (name, mesh) => {
  const { resources, problems } = buildResources(mesh, {
    shape: shapesIn(mesh)(PLAIN_NODE),
    code: { kind: "inline", bytes: new TextEncoder().encode("the filter") },
    versions: { of: () => "2026-01-01T00:00:00.000Z" },
    listen: [
      {
        protocol: "dubbo",
        port: 20880,
        addresses: [
          { ip: "127.0.0.1", port: 20880 },
          { ip: "::1", port: 20880 },
        ],
      },
    ],
  });
  const snapshot = makeSnapshot(resources);

  it.each(RESOURCE_TYPES)("are the known ones in %s", async (type) => {
    const json = [...snapshot.types[type].resources.values()].map((resource) => resource.json);
    const text = JSON.stringify(
      json,
      (_key, value) => (value instanceof Uint8Array ? `${value.length} bytes` : value),
      2,
    );
    await expect(`${text}\n`).toMatchFileSnapshot(`__golden__/${name}.${type.toLowerCase()}.json`);
  });

  it("refer to what exists, and to all of it", () => {
    expect(problems).toEqual([]);
    expect(checkConsistency(snapshot)).toEqual([]);
  });

  it("have the same version whatever the order they were made in", () => {
    expect(makeSnapshot([...resources].reverse()).version).toBe(snapshot.version);
  });
});

it("prints a bootstrap", async () => {
  const bootstrap = buildBootstrap({
    node: { id: "laptop", cluster: "meltemi" },
    xds: { host: "adapter.example", port: 18000 },
    admin: { ip: "127.0.0.1", port: 9901 },
    mode: "delta",
  });
  await expect(`${JSON.stringify(bootstrap, null, 2)}\n`).toMatchFileSnapshot("__golden__/bootstrap.json");
});
