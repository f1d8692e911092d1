import { expect, it } from "vitest";
import type { Mesh } from "../../adapter/model/model.js";
import { PLAIN_NODE } from "../../adapter/model/node-profile.js";
import { shapesIn } from "../../adapter/model/node-shape.js";
import { type Listen, openPorts } from "../../adapter/xds/bind.js";
import { buildResources } from "../../adapter/xds/build-resources.js";
import { endpoint, meshOf, reviews, routeTo } from "./mesh.js";

const [FIRST, SECOND, OTHERS] = ["10.0.0.5", "fd00::5", "10.0.0.6"];
const EVERYWHERE = [{ protocol: "dubbo", addresses: [at("0.0.0.0"), at("::")] }] as const;
const ADDRESSES = [FIRST, SECOND].map((ip) => ({ ip, interface: undefined }));

function at(ip: string) {
  return { ip, port: 20880 };
}

interface Case {
  readonly listen: readonly Listen[];
  readonly bind?: string;
  readonly defaultEndpoint?: string;
  readonly node?: Partial<typeof PLAIN_NODE>;
  readonly registered?: readonly string[];
}

/** What a node is given of a service that is registered at its own addresses and at another's. */
function built({
  listen,
  bind,
  defaultEndpoint = "127.0.0.1:20890",
  node,
  registered = [FIRST, SECOND, OTHERS],
}: Case) {
  const endpoints = registered.map((address) => endpoint({ addresses: [address] }));
  const listener = {
    namespace: "prod",
    protocol: "dubbo",
    port: 20880,
    settings: {},
    tls: undefined,
    policy: undefined,
  };
  const mesh: Mesh = {
    ...meshOf([reviews({ endpoints, subsets: [] })], [routeTo(undefined)]),
    ...(bind && {
      inbound: { rootNamespace: "istio-system", policies: [], listeners: [{ ...listener, bind, defaultEndpoint }] },
    }),
  };
  const shape = shapesIn(mesh, openPorts(listen))({ ...PLAIN_NODE, addresses: ADDRESSES, ...node });
  const code = { kind: "inline", bytes: new Uint8Array(8) } as const;
  const { resources, problems } = buildResources(mesh, { listen, code, versions: { of: () => "1" }, shape });
  const text = (type: string, name = "") =>
    JSON.stringify(resources.filter((one) => one.type === type && one.name.startsWith(name)).map(({ json }) => json));
  const addresses = (json: string) => [...json.matchAll(/"socket_address":{"address":"([^"]+)"/g)].map(([, ip]) => ip);
  return { hosts: addresses(text("EDS")), inbound: addresses(text("LDS", "inbound_")), problems, own: shape.own };
}

it("what comes back is left out, and said", () => {
  const { hosts, problems } = built({ listen: EVERYWHERE });
  expect(hosts).toEqual([OTHERS]);
  expect(problems).toEqual([
    expect.stringMatching(
      /^endpoint 10\.0\.0\.5:20880 and \[fd00::5\]:20880 of reviews\.prod\.svc\.cluster\.local is left out/,
    ),
  ]);
});

it("an inbound listener is at all addresses at which an instance is registered, beside one that is at all", () => {
  const registered = [FIRST, SECOND, OTHERS];
  const none = { problems: [], hosts: registered };
  expect(built({ listen: EVERYWHERE, bind: "0.0.0.0" })).toMatchObject({ ...none, inbound: [FIRST, SECOND] });
  expect(built({ listen: EVERYWHERE, bind: FIRST })).toMatchObject({ ...none, inbound: [FIRST, SECOND] });
  expect(built({ listen: EVERYWHERE, bind: SECOND, registered: [OTHERS] }).inbound).toEqual([SECOND]);
});

it("nodes whose outbound listeners are at the loopback address alone have nothing of their own", () => {
  expect(built({ listen: [] })).toMatchObject({ hosts: [FIRST, SECOND, OTHERS], own: [], problems: [] });
  expect(built({ listen: [], registered: ["127.0.0.1", OTHERS] }).hosts).toEqual([OTHERS]);
  expect(built({ listen: [], registered: ["127.0.0.2", OTHERS] }).hosts).toEqual(["127.0.0.2", OTHERS]);
});

it("nodes to which connections are redirected tell them by the way that they come", () => {
  expect(built({ listen: EVERYWHERE, node: { captured: true } })).toMatchObject({
    hosts: [FIRST, SECOND, OTHERS],
    own: [],
    problems: [],
  });
});

it("a listener whose service is the node's outbound listener is left out", () => {
  const { inbound, problems } = built({ listen: EVERYWHERE, bind: "0.0.0.0", defaultEndpoint: "127.0.0.1:20880" });
  expect(inbound).toEqual([]);
  expect(problems).toContainEqual(
    expect.stringContaining("defaultEndpoint, 127.0.0.1:20880, is a listener of the node itself"),
  );
});

it("a gateway does not lead to itself", () => {
  const endpoints = [FIRST, OTHERS].map((address) => endpoint({ addresses: [address] }));
  const { services, listeners } = meshOf([reviews({ endpoints, subsets: [] })], [routeTo(undefined)]);
  const traffic = {
    kind: "rpc",
    protocol: "dubbo",
    mode: "call",
    virtualHosts: listeners[0]?.virtualHosts ?? [],
  } as const;
  const gateway = { namespace: "prod", name: "edge", origin: "Gateway prod/edge", nodes: { labels: {} } };
  const servers = [{ name: "dubbo", port: 20880, hosts: ["*"], traffic }];
  const mesh: Mesh = { services, listeners, edge: [{ ...gateway, servers }] };
  const shape = shapesIn(mesh)({ ...PLAIN_NODE, gateway: true, addresses: ADDRESSES });
  const code = { kind: "inline", bytes: new Uint8Array(8) } as const;
  const { resources, problems } = buildResources(mesh, { listen: [], code, versions: { of: () => "1" }, shape });
  expect(shape.own).toEqual([at(FIRST)]);
  expect(problems).toEqual([expect.stringMatching(/^endpoint 10\.0\.0\.5:20880 of reviews/)]);
  const hosts = JSON.stringify(resources.filter(({ type }) => type === "EDS"));
  expect([hosts.includes(OTHERS), hosts.includes(FIRST)]).toEqual([true, false]);
});
