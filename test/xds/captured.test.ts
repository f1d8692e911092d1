import { describe, expect, it } from "vitest";
import type { Mesh } from "../../adapter/model/model.js";
import { type NodeProfile, PLAIN_NODE } from "../../adapter/model/node-profile.js";
import { shapesIn } from "../../adapter/model/node-shape.js";
import { checkConsistency } from "../../adapter/snapshot/consistency.js";
import { makeSnapshot } from "../../adapter/snapshot/snapshot.js";
import { buildResources } from "../../adapter/xds/build-resources.js";
import { RESOURCE_TYPES, type ResourceType } from "../../adapter/xds/resource.js";
import { endpoint, meshOf, reviews, routeTo } from "./mesh.js";

const CODE = { kind: "inline", bytes: new TextEncoder().encode("the filter") } as const;
const OPTIONS = { code: CODE, versions: { of: () => "2026-01-01T00:00:00.000Z" }, listen: [] };

/** Services of two protocols at one port, one of them served by the node itself, and one that Envoy resolves. */
const MESH: Mesh = {
  services: [
    reviews({
      addresses: ["10.96.0.1", "fd00:96::1"],
      endpoints: [
        endpoint({ addresses: ["10.0.0.1", "fd00::1"], ports: { dubbo: 20890 }, labels: { version: "v1" } }),
        endpoint({ addresses: ["10.0.0.2", "fd00::2"], labels: { version: "v2" } }),
        endpoint({ addresses: ["10.0.0.3"], labels: { version: "v2" } }),
      ],
    }),
    reviews({ host: "pods.prod.svc.cluster.local", subsets: [] }),
    reviews({
      host: "prices.prod.svc.cluster.local",
      addresses: ["10.96.0.2", "fd00:96::2"],
      ports: [{ number: 20880, name: "thrift", protocol: "thrift" }],
      endpoints: [endpoint({ addresses: ["fd00:0:0::9"] })],
      subsets: [],
    }),
    reviews({
      host: "ratings.example.com",
      resolution: "DNS",
      endpoints: [endpoint({ addresses: ["ratings.example.com"] })],
      subsets: [],
    }),
  ],
  listeners: ["dubbo", "thrift"].flatMap((protocol) =>
    meshOf([], [routeTo("v2")]).listeners.map((listener) => ({ ...listener, protocol })),
  ),
};

function node(ips: readonly string[], rest: Partial<NodeProfile> = {}): NodeProfile {
  const addresses = ips.map((ip) => ({ ip, interface: undefined }));
  return { ...PLAIN_NODE, namespace: "prod", captured: true, addresses, ...rest };
}

function build(profile: NodeProfile, mesh = MESH) {
  const { resources, problems } = buildResources(mesh, { ...OPTIONS, shape: shapesIn(mesh)(profile) });
  const snapshot = makeSnapshot(resources);
  return {
    problems,
    snapshot,
    json: (type: ResourceType) => [...snapshot.types[type].resources.values()].map((resource) => resource.json),
    named: (type: ResourceType, name: string) => snapshot.types[type].resources.get(name)?.json,
    text: JSON.stringify(resources.map(({ json }) => json)),
  };
}

const BOTH = node(["10.0.0.1", "fd00::1"]);
const IPV4 = node(["10.0.0.1"]);
const IPV6 = node(["fd00::1"]);

describe.each([
  ["captured", BOTH],
  ["captured-ipv4", IPV4],
])("the resources of a node that is %s", (name, profile) => {
  const { json, snapshot, problems } = build(profile);

  it.each(["CDS", "EDS", "LDS"] as const)("are the known ones in %s", async (type) => {
    await expect(`${JSON.stringify(json(type), null, 2)}\n`).toMatchFileSnapshot(
      `__golden__/${name}.${type.toLowerCase()}.json`,
    );
  });

  it("refer to what exists, and to all of it", () => {
    expect(problems).toEqual([]);
    expect(checkConsistency(snapshot)).toEqual([]);
  });
});

it("of both families are not more than of one", () => {
  const names = [BOTH, IPV4, IPV6].map((profile) => {
    const { snapshot } = build(profile);
    return RESOURCE_TYPES.map((type) => [...snapshot.types[type].resources.keys()]);
  });
  expect(names[1]).toEqual(names[0]);
  expect(names[2]).toEqual(names[0]);
});

it("have no address of a family that the node lacks", () => {
  expect(build(IPV4).text).not.toMatch(/"(fd00|::)[^"]*"/);
  expect(build(IPV4).text).toContain('"V4_ONLY"');
  expect(build(IPV6).text).not.toMatch(/"address":"\d+\.(?!0\.0\.1")/);
  expect(build(IPV6).text).toContain('"V6_ONLY"');
  const single = build(node(["10.0.0.1", "fd00::1"], { dualStack: false }));
  expect(single.snapshot.version).toBe(build(IPV4).snapshot.version);
});

it("know an instance by any of the node's addresses, and are the same for all its replicas", () => {
  const inbound = (...ips: string[]) => {
    const { json } = build(node(ips));
    return json("CDS").flatMap(({ name }) => (String(name).startsWith("inbound|") ? [name] : []));
  };
  expect(inbound("10.9.9.9", "10.0.0.1")).toEqual(["inbound|20890||"]);
  expect(inbound("10.9.9.9", "fd00::9")).toEqual(["inbound|20880||"]);
  expect(inbound("10.9.9.9")).toEqual([]);
  const [one, other] = ["10.0.0.2", "10.0.0.3"].map((ip) => build(node([ip])).snapshot.version);
  expect(one).toBe(other);
});

it("end what is for nobody, where the mesh says so", () => {
  const mesh: Mesh = { ...MESH, policies: [{ namespace: undefined, unknownDestinations: "block" }] };
  const cluster = (profile: NodeProfile) => {
    const outbound = build(profile, mesh).named("LDS", "virtualOutbound") as unknown as {
      default_filter_chain: { filters: { typed_config: { cluster: string } }[] };
    };
    return outbound?.default_filter_chain.filters[0]?.typed_config.cluster;
  };
  expect(cluster(BOTH)).toBe("BlackHoleCluster");
  const own: Mesh = {
    ...mesh,
    policies: [...(mesh.policies ?? []), { namespace: "prod", unknownDestinations: "pass" }],
  };
  expect(build(BOTH, own).text).toContain("PassthroughCluster");
});

it("look at single calls that come in, where a policy asks for that", () => {
  const policy = { namespace: "prod", name: "none", action: "ALLOW", labels: {}, rules: [] } as const;
  const mesh: Mesh = { ...MESH, inbound: { rootNamespace: "istio-system", policies: [policy], listeners: [] } };
  const { json, snapshot } = build(BOTH, mesh);
  expect(json("ECDS").map(({ name }) => name)).toContain("inbound_dubbo_20890");
  expect(checkConsistency(snapshot)).toEqual([]);
  expect(
    build(BOTH)
      .json("ECDS")
      .map(({ name }) => name),
  ).toContain("inbound_dubbo_20890/observe");
});

it("leave a port to the protocol that needs all addresses, and the others those of their services", () => {
  const { named, problems } = build(BOTH);
  expect(problems).toEqual([]);
  expect(named("LDS", "outbound_dubbo_20880")).toMatchObject({ address: { socket_address: { address: "0.0.0.0" } } });
  expect(named("LDS", "outbound_thrift_20880")).toMatchObject({
    address: { socket_address: { address: "10.96.0.2" } },
    additional_addresses: [{ address: { socket_address: { address: "fd00:96::2" } } }],
  });
});

it("let what speaks nothing of ours pass, at a port of ours too", () => {
  const tcp = (nth: number, number: number) =>
    reviews({
      host: `tcp-${nth}.prod.svc.cluster.local`,
      addresses: [`10.96.1.${nth}`, `fd00:96:1::${nth}`],
      ports: [{ number, name: "tcp", protocol: undefined }],
      subsets: [],
    });
  const mesh: Mesh = { ...MESH, services: [...MESH.services, tcp(1, 3306)], opaque: [tcp(2, 20880), tcp(1, 3306)] };
  const { named, snapshot } = build(BOTH, mesh);
  for (const [nth, port] of [
    [1, 3306],
    [2, 20880],
  ]) {
    expect(named("LDS", `10.96.1.${nth}_${port}`)).toMatchObject({
      additional_addresses: [{ address: { socket_address: { address: `fd00:96:1::${nth}`, port_value: port } } }],
      filter_chains: [
        { filters: [{ typed_config: { cluster: `outbound|${port}||tcp-${nth}.prod.svc.cluster.local` } }] },
      ],
    });
  }
  expect(checkConsistency(snapshot)).toEqual([]);
  expect(build(IPV6, mesh).named("LDS", "fd00:96:1::2_20880")).not.toHaveProperty("additional_addresses.0");
  expect(build(node([], { captured: false }), mesh).named("LDS", "10.96.1.2_20880"), "not captured").toBeUndefined();
});
