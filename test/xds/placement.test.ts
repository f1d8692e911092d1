import { describe, expect, it } from "vitest";
import { type IpFamily, nodePlanes, type Plane } from "../../adapter/model/network.js";
import { PLAIN_NODE } from "../../adapter/model/node-profile.js";
import { hostsOf, placementsIn } from "../../adapter/xds/placement.js";
import { endpoint, meshOf, reviews } from "./mesh.js";

const PLANES: readonly Plane[] = [
  { name: "storage", interfaces: ["eth1"], cidrs: ["10.1.0.0/16", "fd00:1::/64"] },
  { name: "office", interfaces: [], cidrs: ["10.0.0.0/16"] },
];
const FAMILIES = ["IPv4", "IPv6"] as const;
const service = reviews();
const MESH = meshOf([service], []);
const MACHINE = endpoint({ addresses: ["10.0.0.5", "10.1.0.5", "fd00:1::5", "192.0.2.5"] });

function placed(one: typeof MACHINE, ips: readonly string[], allowed?: readonly string[], ipFamily?: IpFamily) {
  const node = {
    ...PLAIN_NODE,
    addresses: ips.map((ip) => ({ ip, interface: ip === "192.0.2.1" ? "eth1" : undefined })),
  };
  const own = { host: service.host, subset: undefined, port: 20880, ...(allowed && { planes: allowed }) };
  const placement = placementsIn(
    { ...MESH, networks: [own] },
    { families: FAMILIES, ipFamily, planes: nodePlanes(PLANES, node) },
  );
  const hosts = hostsOf(one, placement({ service, port: 20880, subset: undefined }));
  return hosts.map(({ addresses, rank, family }) => `${rank} ${family ?? ""} ${addresses.join(" ")}`);
}

describe("an endpoint on two planes, and one address on none", () => {
  it.each<[string, readonly string[], readonly string[] | undefined, readonly string[]]>([
    ["both", ["10.0.0.1", "10.1.0.1"], undefined, ["0  10.1.0.5 fd00:1::5", "1  10.0.0.5", "2  192.0.2.5"]],
    ["one", ["10.0.0.1"], undefined, ["0  10.0.0.5", "1  192.0.2.5"]],
    ["one, by its interface", ["192.0.2.1"], undefined, ["0  10.1.0.5 fd00:1::5", "1  192.0.2.5"]],
    ["none", ["198.51.100.1"], undefined, ["0  192.0.2.5"]],
    ["it is not known which", [], undefined, ["0  10.1.0.5 fd00:1::5", "1  10.0.0.5", "2  192.0.2.5"]],
    [
      "both, in another order",
      ["10.0.0.1", "10.1.0.1"],
      ["office", "storage"],
      ["0  10.0.0.5", "1  10.1.0.5 fd00:1::5"],
    ],
    ["both, of which one may be used", ["10.0.0.1", "10.1.0.1"], ["office"], ["0  10.0.0.5"]],
    ["not the one that may be used", ["10.1.0.1"], ["office"], []],
  ])("is, for nodes on %s", (_name, ips, allowed, hosts) => {
    expect(placed(MACHINE, ips, allowed)).toEqual(hosts);
  });
});

it("an endpoint's label says its plane, if that is one", () => {
  const labelled = (plane: string) => endpoint({ addresses: ["10.0.0.5"], labels: { plane } });
  expect(placed(labelled("storage"), [], ["storage"])).toEqual(["0  10.0.0.5"]);
  expect(placed(labelled("control"), [], ["storage"])).toEqual([]);
});

it("families are hosts of their own where clients' are preserved, and in front where they are preferred", () => {
  const both = endpoint({ addresses: ["10.0.0.5", "fd00::5"] });
  const of = (mode: IpFamily["mode"]) => placed(both, [], undefined, { mode, fallback: "other" });
  expect(of("preserve")).toEqual(["1 IPv4 10.0.0.5", "2 IPv6 fd00::5"]);
  expect(
    placed({ ...both, labels: { plane: "storage" } }, [], undefined, { mode: "prefer-ipv6", fallback: "other" }),
  ).toEqual(["0  fd00::5 10.0.0.5"]);
  expect(of("default")).toEqual(["1  10.0.0.5", "2  fd00::5"]);
});

it("what is said for all passes over services that cannot have it", () => {
  const preserve: IpFamily = { mode: "preserve", fallback: "other" };
  const at = { port: 20880, subset: undefined };
  const placement = placementsIn(MESH, { families: FAMILIES, ipFamily: preserve, planes: undefined });
  expect(placement({ service, ...at })).toEqual({ families: FAMILIES, ipFamily: preserve });
  expect(placement({ service: { ...service, resolution: "DNS" }, ...at })).toEqual({ families: FAMILIES });
  const loadBalancer = { kind: "RING_HASH", attribute: "user" } as const;
  expect(placement({ service: { ...service, trafficPolicy: { loadBalancer } }, ...at })).toEqual({
    families: FAMILIES,
  });
});
