import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { MeshPolicy } from "../../adapter/model/mesh-policy.js";
import { type NodeProfile, PLAIN_NODE } from "../../adapter/model/node-profile.js";
import { shapesIn } from "../../adapter/model/node-shape.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { checkConsistency } from "../../adapter/snapshot/consistency.js";
import { makeSnapshot } from "../../adapter/snapshot/snapshot.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { Translator } from "../../adapter/translate/translator.js";
import type { Listen } from "../../adapter/xds/bind.js";
import { buildResources } from "../../adapter/xds/build-resources.js";

const TRANSLATION = join(import.meta.dirname, "../translation");

interface Case {
  readonly listen?: readonly Listen[];
  readonly node?: NodeProfile;
  readonly policies?: readonly MeshPolicy[];
}

function resourcesOf(folder: string, { listen = [], node = PLAIN_NODE, policies }: Case = {}) {
  const state = parseFile(readFileSync(join(TRANSLATION, folder, "input.yaml"), "utf8"), "input.yaml", recognise);
  const translated = new Translator().translate(state).mesh;
  const mesh = { ...translated, ...(policies && { policies }) };
  return buildResources(mesh, {
    shape: shapesIn(mesh)(node),
    code: { kind: "inline", bytes: new TextEncoder().encode("the filter") },
    versions: { of: () => "2026-01-01T00:00:00.000Z" },
    listen,
  });
}

const ALL_IN_ONE: readonly Listen[] = [
  {
    protocol: "http",
    addresses: [
      { ip: "127.0.0.1", port: 15080 },
      { ip: "::1", port: 15080 },
    ],
  },
];

/** Each port at an address of its own. */
const BY_PORT: readonly Listen[] = [80, 8080, 9080, 9081, 9082, 9083, 9084, 9085, 20881].map((port) => {
  return { protocol: "http", port, addresses: [{ ip: "127.0.0.1", port }] };
});

/** Clients' families are kept, and machines are on two networks. */
const NETWORKS: readonly MeshPolicy[] = [
  {
    namespace: undefined,
    ipFamily: { mode: "preserve", fallback: "other" },
    planes: [
      { name: "storage", interfaces: ["eth1"], cidrs: ["192.0.2.2/32"] },
      { name: "office", interfaces: [], cidrs: ["192.0.2.0/24"] },
    ],
  },
];

describe.each<[string, string, Case]>([
  ["http-services", "http-services", { listen: BY_PORT }],
  ["http-istio", "http-istio", { listen: BY_PORT }],
  ["http-meltemi", "http-meltemi", { listen: ALL_IN_ONE }],
  ["http-networks", "http-meltemi", { listen: ALL_IN_ONE, policies: NETWORKS }],
])("the resources of HTTP of the case %s", (name, folder, given) => {
  const { resources, problems } = resourcesOf(folder, given);
  const snapshot = makeSnapshot(resources);

  it.each(["LDS", "RDS", "CDS"] as const)("%s", async (type) => {
    const json = [...snapshot.types[type].resources.values()].map((resource) => resource.json);
    const file = join(import.meta.dirname, "__golden__", `${name}.${type.toLowerCase()}.json`);
    await expect(`${JSON.stringify(json, undefined, 2)}\n`).toMatchFileSnapshot(file);
  });

  it("refer to nothing that is not there", () => {
    expect(problems).toEqual([]);
    expect(checkConsistency(snapshot)).toEqual([]);
  });
});

it("hosts of HTTP say their family, and wait for those on the plane before theirs", () => {
  const { EDS } = makeSnapshot(resourcesOf("http-meltemi", { policies: NETWORKS }).resources).types;
  const reviews = EDS.resources.get("outbound|9080||reviews.prod.svc.cluster.local")?.json;
  const host = (ip: string) => ({
    lb_endpoints: [
      {
        endpoint: { address: { socket_address: { address: ip } } },
        metadata: { filter_metadata: { "envoy.lb": { family: "IPv4", stands_in: true } } },
      },
    ],
  });
  expect(reviews).toMatchObject({ endpoints: [host("192.0.2.2"), { ...host("192.0.2.1"), priority: 1 }] });
});

it("nodes have a chain for each family where clients' are kept, redirected or not, and no resource more", () => {
  const addresses = ["10.5.0.1", "fd05::1"].map((ip) => ({ ip, interface: undefined }));
  for (const captured of [false, true]) {
    const of = (node: NodeProfile, policies?: typeof NETWORKS) =>
      makeSnapshot(
        resourcesOf("http-services", { listen: BY_PORT, node: { ...node, captured }, ...(policies && { policies }) })
          .resources,
      ).types;
    const chains = ({ LDS }: ReturnType<typeof of>) => {
      const made = LDS.resources.get("outbound_http_9080")?.json.filter_chains as readonly { name?: string }[];
      return made.map(({ name }) => name);
    };
    const names = (types: ReturnType<typeof of>) => Object.values(types).map(({ resources }) => [...resources.keys()]);
    const both = { ...PLAIN_NODE, addresses };
    const before = of(both);
    const kept = of(both, NETWORKS);
    expect(chains(before)).toEqual([undefined]);
    expect(chains(kept)).toEqual(["IPv4", "IPv6"]);
    expect(names(kept)).toEqual(names(before));
    expect(chains(of({ ...both, addresses: addresses.slice(0, 1) }, NETWORKS))).toEqual([undefined]);
  }
});

it("a node that connections are redirected to has one listener for a port, at all addresses of its families", () => {
  const addresses = [{ ip: "10.5.0.1", interface: "eth0" }];
  const ofFamilies = (...more: typeof addresses) => {
    const node = { ...PLAIN_NODE, captured: true, addresses: [...addresses, ...more] };
    const { LDS, RDS } = makeSnapshot(resourcesOf("http-services", { node }).resources).types;
    return { listeners: LDS.resources, routes: RDS.resources };
  };
  const both = ofFamilies({ ip: "fd05::1", interface: "eth0" });
  expect(both.listeners.get("outbound_http_9080")?.json).toMatchObject({
    address: { socket_address: { address: "0.0.0.0", port_value: 9080 } },
    additional_addresses: [{ address: { socket_address: { address: "::", port_value: 9080 } } }],
    bind_to_port: false,
  });
  const one = ofFamilies();
  expect([...one.listeners.keys()]).toEqual([...both.listeners.keys()]);
  expect([...one.routes.keys()]).toEqual([...both.routes.keys()]);
  const text = (routes: typeof one.routes) => JSON.stringify(routes.get("9080")?.json);
  expect(text(both.routes)).toContain("[fd00::1]");
  expect(text(one.routes)).not.toContain("fd00");
  expect(text(one.routes)).toContain('"cluster":"PassthroughCluster"');
});
