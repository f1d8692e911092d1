import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { MeshPolicy } from "../../adapter/model/mesh-policy.js";
import { type NodeProfile, PLAIN_NODE } from "../../adapter/model/node-profile.js";
import { shapesIn } from "../../adapter/model/node-shape.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { checkConsistency } from "../../adapter/snapshot/consistency.js";
import { makeSnapshot } from "../../adapter/snapshot/snapshot.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { Translator } from "../../adapter/translate/translator.js";
import { buildResources } from "../../adapter/xds/build-resources.js";

const here = import.meta.dirname;
const CODE = { kind: "file", path: "/meltemi.wasm" } as const;

/** What nodes get of the resources of a case of test/translation. */
function caseOf(name: string, policies?: readonly MeshPolicy[]) {
  const file = join(here, "../translation", name, "input.yaml");
  const translated = new Translator().translate(parseFile(readFileSync(file, "utf8"), "input.yaml", recognise)).mesh;
  const mesh = { ...translated, ...(policies && { policies }) };
  return (node: Partial<NodeProfile>) => {
    const shape = shapesIn(mesh)({ ...PLAIN_NODE, ...node });
    return makeSnapshot(buildResources(mesh, { listen: [], code: CODE, versions: { of: () => "1" }, shape }).resources);
  };
}

const EDGE = { gateway: true, namespace: "prod", labels: { app: "edge", zone: "east" } };

function names(of: ReturnType<ReturnType<typeof caseOf>>, type: "LDS" | "CDS" | "ECDS"): readonly string[] {
  return [...of.types[type].resources.keys()];
}

it("a gateway has its servers at all addresses of both families, and clusters that these lead to alone", async () => {
  const snapshot = caseOf("gateways")({ ...EDGE, addresses: [address("10.0.0.9"), address("fd00::9")] });
  expect(checkConsistency(snapshot)).toEqual([]);
  for (const type of ["LDS", "RDS", "ECDS", "CDS", "SDS"] as const) {
    const found = Object.fromEntries([...snapshot.types[type].resources].map(([name, { json }]) => [name, json]));
    const golden = join(here, "__golden__", `gateways-${type.toLowerCase()}.json`);
    await expect(`${JSON.stringify(found, null, 2)}\n`).toMatchFileSnapshot(golden);
  }
});

it("a gateway of one family listens there alone, and at no address that it lacks", () => {
  const snapshot = caseOf("gateways")({ ...EDGE, addresses: [address("fd00::1")] });
  const listeners = [...snapshot.types.LDS.resources.values()].map(({ json }) => json);
  expect(listeners.map(({ address }) => address)).not.toContainEqual(
    expect.objectContaining({ socket_address: expect.objectContaining({ address: "0.0.0.0" }) }),
  );
  expect(listeners.every((one) => one.additional_addresses === undefined)).toBe(true);
  const ports = [20880, 30881, 3306, 443, 80, 8080, 8443];
  expect(names(snapshot, "LDS")).toEqual(ports.map((port) => `0.0.0.0_${port}`));
});

it("a gateway has each chain once for each family where clients' are kept, and its routes try the next plane", () => {
  const planes = [{ name: "storage", interfaces: [], cidrs: ["10.1.0.0/16"] }];
  const kept: MeshPolicy = { namespace: undefined, ipFamily: { mode: "preserve", fallback: "other" }, planes };
  const node = { ...EDGE, addresses: [address("10.0.0.9"), address("fd00::9")] };
  const [before, after] = [caseOf("gateways")(node), caseOf("gateways", [kept])(node)];
  for (const type of ["LDS", "CDS", "ECDS"] as const) expect(names(after, type)).toEqual(names(before, type));
  const plain = JSON.stringify(before.types.LDS.resources.get("0.0.0.0_8080")?.json);
  const text = JSON.stringify(after.types.LDS.resources.get("0.0.0.0_8080")?.json);
  expect([count(plain, "http.set_metadata.v3"), count(text, "http.set_metadata.v3")]).toEqual([0, 2]);
  expect(count(text, "HttpConnectionManager")).toBe(2 * count(plain, "HttpConnectionManager"));
  const routes = [before, after].map(({ types }) => JSON.stringify(types.RDS.resources.get("gateway_http_8080")?.json));
  expect(routes.map((one) => count(one, "previous_priorities"))).toEqual([
    0,
    2 * count(routes[0] ?? "", "num_retries"),
  ]);
});

it("a gateway that no Gateway selects has nothing, and a sidecar what it ever had", () => {
  const snapshotOf = caseOf("gateways");
  expect(names(snapshotOf({ ...EDGE, labels: { app: "other" } }), "LDS")).toEqual([]);
  const sidecar = snapshotOf({ ...EDGE, gateway: false });
  expect(names(sidecar, "LDS")).toEqual(["outbound_dubbo_20880", "outbound_thrift_9090"]);
  const table = JSON.stringify(sidecar.types.ECDS.resources.get("outbound_dubbo_20880")?.json);
  expect(table).toContain("hello.example");
  expect(table, "of a VirtualService that names a gateway alone").not.toContain("com.example.Hello");
});

it("of two gateways that want one port of a node the first has it, and where the second is alone it has its own", () => {
  const snapshotOf = caseOf("gateway-conflicts");
  const both = snapshotOf(EDGE);
  expect(names(both, "ECDS")).toEqual(["gateway_dubbo_20880"]);
  const sni = JSON.stringify(both.types.LDS.resources.get("0.0.0.0_443")?.json).match(/"server_names":\[[^\]]*\]/g);
  expect(sni).toEqual(['"server_names":["a.example.com","b.example.com"]', '"server_names":["c.example.com"]']);
});

function address(ip: string) {
  return { ip, interface: "eth0" };
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
