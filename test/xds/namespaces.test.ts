import { afterEach, beforeEach, expect, it } from "vitest";
import { buildSidecarResources } from "../../adapter/istio/sidecars.js";
import { createLogger } from "../../adapter/log/logger.js";
import type { Mesh } from "../../adapter/model/model.js";
import { type NodeProfile, PLAIN_NODE } from "../../adapter/model/node-profile.js";
import type { NodeShape } from "../../adapter/model/node-shape.js";
import { type ControlPlane, startControlPlane } from "../../adapter/server/control-plane.js";
import { snapshotsByShape, type View } from "../../adapter/server/node-snapshots.js";
import { checkConsistency } from "../../adapter/snapshot/consistency.js";
import { makeSnapshot } from "../../adapter/snapshot/snapshot.js";
import { buildResources } from "../../adapter/xds/build-resources.js";
import { DeltaClient } from "./ads-client.js";
import { meshOf, reviews, routeTo } from "./mesh.js";

const CODE = { kind: "inline", bytes: Buffer.from("the filter") } as const;
const PRICES = "prices.prod.svc.cluster.local";
const OPTIONS = { listen: [], code: CODE, versions: { of: () => "1" } };

/** `prices` is for the namespaces that are named, `reviews` for all. */
function meshWith(exports?: readonly string[]): Mesh {
  const prices = reviews({ host: PRICES, subsets: [], ...(exports && { exports }) });
  const { services, listeners } = meshOf([reviews(), prices], [routeTo("v1")]);
  return { services, listeners };
}

let controlPlane: ControlPlane;
let clients: DeltaClient[];

beforeEach(async () => {
  clients = [];
  controlPlane = await startControlPlane({
    ...OPTIONS,
    xds: { address: "127.0.0.1", port: 0 },
    log: createLogger({ level: "silent" }),
  });
});

afterEach(async () => {
  for (const client of clients) client.close();
  await controlPlane.close();
});

function connect(namespace: string): DeltaClient {
  const metadata = { fields: { NAMESPACE: { stringValue: namespace } } };
  const client = new DeltaClient(controlPlane.xdsPort).withNode({ id: `in-${namespace}`, metadata });
  clients.push(client);
  client.subscribe("CDS");
  return client;
}

async function clusters(client: DeltaClient): Promise<{ readonly sent: number; readonly removed: number }> {
  const response = await client.next("CDS");
  client.ack(response);
  const sent = response.resources.filter(({ name }) => name.endsWith(PRICES));
  return { sent: sent.length, removed: response.removed_resources.filter((name) => name.endsWith(PRICES)).length };
}

it("gives a node what its namespace may see, and follows what that is", async () => {
  controlPlane.setMesh(meshWith(["shop"]));
  const shop = connect("shop");
  const office = connect("office");
  expect(await clusters(shop)).toEqual({ sent: 1, removed: 0 });
  expect(await clusters(office)).toEqual({ sent: 0, removed: 0 });
  controlPlane.setMesh(meshWith(["office"]));
  expect(await clusters(office), "is given it").toEqual({ sent: 1, removed: 0 });
  expect(await clusters(shop), "loses it").toEqual({ sent: 0, removed: 1 });
  controlPlane.setMesh(meshWith());
  expect(await clusters(shop)).toEqual({ sent: 1, removed: 0 });
});

it("gives a gateway what its namespace calls nothing of", async () => {
  const scopes = [{ namespace: undefined, egress: [] }];
  controlPlane.setMesh({ ...meshWith(), scopes });
  const connectAs = (id: string) => {
    const client = new DeltaClient(controlPlane.xdsPort).withNode({ id });
    clients.push(client);
    client.subscribe("CDS");
    return client;
  };
  const domain = "shop.svc.cluster.local";
  for (const id of [`router~10.0.0.1~gateway.shop~${domain}`, `waypoint~10.0.0.1~waypoint.shop~${domain}`])
    expect(await clusters(connectAs(id)), id).toEqual({ sent: 1, removed: 0 });
  expect(await clusters(connectAs(`sidecar~10.0.0.1~reviews-1.shop~${domain}`))).toEqual({ sent: 0, removed: 0 });
});

it("has what a sidecar serves, though its namespace calls nothing", () => {
  const mesh = { ...meshWith(), scopes: [{ namespace: undefined, egress: [] }] };
  const { snapshotFor } = snapshotsByShape(mesh, makeSnapshot([]), [], ({ mesh, served }) => {
    return buildSidecarResources(mesh, { ...OPTIONS, served }).resources;
  });
  const { resources } = snapshotFor({ ...PLAIN_NODE, namespace: "prod" }).types.ECDS;
  const tables = [...resources.values()].map(({ json }) => JSON.stringify(json));
  expect([...resources.keys()]).toEqual([
    "inbound_dubbo_30001/observe",
    "inbound_dubbo_30002/observe",
    "outbound_dubbo_20880",
  ]);
  expect(tables.map((table) => table.includes("reviews.prod.svc.cluster.local"))).toEqual([true, true, false]);
});

it("makes one snapshot where nothing is kept from anybody, else one for each namespace that is named", () => {
  const made: string[] = [];
  const build = ({ name, mesh, shape }: View) => {
    made.push(name);
    return buildResources(mesh, { ...OPTIONS, shape }).resources;
  };
  const all = makeSnapshot([]);
  const open = snapshotsByShape(meshWith(), all, [], build);
  expect(open.snapshotFor({ ...PLAIN_NODE, namespace: "shop" }).types).toBe(all.types);
  const scoped = snapshotsByShape(meshWith(["shop", "office"]), all, [], build);
  for (const namespace of ["shop", "other", "another", undefined, "shop"]) {
    const snapshot = scoped.snapshotFor({ ...PLAIN_NODE, namespace });
    expect(snapshot.version).toBe(scoped.version);
    expect(checkConsistency(snapshot)).toEqual([]);
  }
  expect(made).toEqual(["/shop", "/"]);
  expect(snapshotsByShape(meshWith(["shop"]), all, [], build).version).not.toBe(scoped.version);
});

it("gives nodes of one family or the other, captured or not, snapshots of their own, and equal nodes the same", () => {
  const made: NodeShape[] = [];
  const { snapshotFor } = snapshotsByShape(meshWith(), makeSnapshot([]), [], ({ mesh, shape }) => {
    made.push(shape);
    return buildResources(mesh, { ...OPTIONS, shape }).resources;
  });
  const nodeAt = (...ips: string[]): NodeProfile => {
    return { ...PLAIN_NODE, addresses: ips.map((ip) => ({ ip, interface: undefined })) };
  };
  const first = snapshotFor(nodeAt("10.0.0.1"));
  expect(snapshotFor(nodeAt("10.0.0.2"))).toBe(first);
  expect(snapshotFor({ ...nodeAt("fd00::1", "10.0.0.1"), captured: true })).not.toBe(first);
  expect(snapshotFor({ ...nodeAt("fd00::1", "10.0.0.3"), dualStack: false })).not.toBe(first);
  expect(made.map(({ captured, families }) => ({ captured, families }))).toEqual([
    { captured: false, families: ["IPv4"] },
    { captured: true, families: ["IPv6", "IPv4"] },
    { captured: false, families: ["IPv6"] },
  ]);
});
