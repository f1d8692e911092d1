import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiscoveryServer } from "../../adapter/server/discovery-server.js";
import type { DiscoveryResponse } from "../../adapter/server/protocol.js";
import { resourceTypeOf } from "../../adapter/xds/resource.js";
import { SotwClient } from "./ads-client.js";
import { cds, ecds, eds, lds, rds, snapshotOf } from "./resources.js";

const V1 = snapshotOf(cds("a"), eds("a"), ecds("l"), lds("l"), rds("r"));

let server: DiscoveryServer;
let port: number;
let client: SotwClient;

beforeEach(async () => {
  server = new DiscoveryServer();
  port = await server.listen({ address: "127.0.0.1", port: 0 });
  client = new SotwClient(port);
});

afterEach(async () => {
  client.close();
  await server.close();
});

/** What the response carries, as bytes: equal to what the snapshot holds or not. */
function bytes(response: DiscoveryResponse): readonly Buffer[] {
  return response.resources.map(({ value }) => Buffer.from(value));
}

/** Subscribes to everything as Envoy does and accepts it all. */
async function synchronize(edsNames: readonly string[] = ["a"]): Promise<void> {
  const done = once(server.events, "synchronized");
  client.subscribe("CDS");
  client.ack(await client.next("CDS"));
  client.subscribe("EDS", edsNames);
  client.ack(await client.next("EDS"));
  client.subscribe("LDS");
  client.ack(await client.next("LDS"));
  client.subscribe("ECDS", ["l"]);
  client.ack(await client.next("ECDS"));
  client.subscribe("RDS", ["r"]);
  client.ack(await client.next("RDS"));
  await done;
}

/** A request whose arrival is seen by its answer, to know that nothing came before it. */
async function roundTrip(): Promise<void> {
  const acknowledged = once(server.events, "acknowledged");
  client.subscribe("EDS", ["fence"]);
  client.ack(await client.next("EDS"));
  await acknowledged;
}

describe("state of the world", () => {
  it("answers subscriptions with just the bytes of the snapshot", async () => {
    server.setSnapshot(V1);
    client.subscribe("CDS");
    const clusters = await client.next("CDS");
    expect(bytes(clusters)).toEqual([Buffer.from(cds("a").bytes)]);
    client.subscribe("EDS", ["a"]);
    expect(bytes(await client.next("EDS"))).toEqual([Buffer.from(eds("a").bytes)]);
  });

  it("lets a node that comes first wait for the first snapshot", async () => {
    client.subscribe("CDS");
    await once(server.events, "connected");
    expect(client.unread).toEqual([]);
    server.setSnapshot(V1);
    expect((await client.next("CDS")).resources).toHaveLength(1);
  });

  it("answers a wildcard without any resource, for Envoy waits for it", async () => {
    server.setSnapshot(snapshotOf());
    client.subscribe("CDS");
    client.ack(await client.next("CDS"));
    client.subscribe("LDS");
    expect((await client.next("LDS")).resources).toEqual([]);
  });

  it("says when a node has all of a snapshot", async () => {
    server.setSnapshot(V1);
    const synchronized = server.synchronized();
    await synchronize();
    await synchronized;
    expect(server.nodes()).toMatchObject([{ id: "test-node", synchronized: V1.version, refused: [] }]);
  });

  it("sends only what changed, where a response need not be whole", async () => {
    server.setSnapshot(snapshotOf(cds("a"), cds("b"), eds("a"), eds("b"), ecds("l"), lds("l"), rds("r")));
    await synchronize(["a", "b"]);
    server.setSnapshot(snapshotOf(cds("a"), cds("b"), eds("a"), eds("b", 2), ecds("l"), lds("l"), rds("r")));
    const response = await client.next("EDS");
    expect(bytes(response)).toEqual([Buffer.from(eds("b", 2).bytes)]);
  });

  it("makes before it breaks: each step waits for the answer to the one before, removals come last", async () => {
    server.setSnapshot(V1);
    await synchronize();
    server.setSnapshot(snapshotOf(cds("b"), eds("b"), ecds("l", "2"), lds("l", "2"), rds("r", "2")));
    const union = await client.next("CDS");
    expect(bytes(union)).toEqual([Buffer.from(cds("b").bytes), Buffer.from(cds("a").bytes)]);
    // Envoy answers CDS when its new clusters are warm, so endpoints must not wait for that.
    client.subscribe("EDS", ["a", "b"]);
    const endpoints = await client.next("EDS");
    client.ack(endpoints);
    await once(server.events, "acknowledged");
    expect(client.unread).toEqual([]);
    client.ack(union);
    for (const type of ["ECDS", "LDS", "RDS"] as const) {
      const response = await client.next(type);
      expect(client.unread).toEqual([]);
      client.ack(response);
    }
    const final = await client.next("CDS");
    expect(bytes(final)).toEqual([Buffer.from(cds("b").bytes)]);
    const done = once(server.events, "synchronized");
    client.ack(final);
    await done;
  });

  it("sends endpoints again when their cluster changed, for Envoy makes it anew", async () => {
    server.setSnapshot(V1);
    await synchronize();
    server.setSnapshot(snapshotOf(cds("a", "2"), eds("a"), ecds("l"), lds("l"), rds("r")));
    await client.next("CDS");
    expect(bytes(await client.next("EDS"))).toEqual([Buffer.from(eds("a").bytes)]);
  });

  it("reports what a node refuses and does not send it again", async () => {
    server.setSnapshot(V1);
    await synchronize();
    const rejected = once(server.events, "rejected");
    const bad = snapshotOf(cds("a"), eds("a"), ecds("l", "bad"), lds("l"), rds("r"));
    server.setSnapshot(bad);
    const synchronized = server.synchronized();
    client.nack(await client.next("ECDS"), "virtual_hosts[0].routes[0]: no");
    const rejection = { type: "ECDS", resources: ["l"], message: "virtual_hosts[0].routes[0]: no" };
    expect(await rejected).toEqual(["test-node", rejection, bad.version]);
    await expect(synchronized).rejects.toThrow("node test-node refuses ECDS l: virtual_hosts[0].routes[0]: no");
    expect(server.nodes()).toMatchObject([{ id: "test-node", synchronized: V1.version, refused: [rejection] }]);
    // The next good one goes out, also when it is the last good one.
    server.setSnapshot(V1);
    let isDone = false;
    const again = server.synchronized().then(() => {
      isDone = true;
    });
    const response = await client.next("ECDS");
    expect(bytes(response)).toEqual([Buffer.from(ecds("l").bytes)]);
    expect(client.unread).toEqual([]);
    expect(isDone, "it has accepted this version before, but does not have it now").toBe(false);
    client.ack(response);
    await again;
  });

  it("keeps the other extension configurations out of one that is refused", async () => {
    server.setSnapshot(snapshotOf(ecds("l1", "bad"), ecds("l2")));
    client.subscribe("ECDS", ["l1", "l2"]);
    client.nack(await client.next("ECDS"), "no");
    const second = await client.next("ECDS");
    expect(bytes(second)).toEqual([Buffer.from(ecds("l2").bytes)]);
    const acknowledged = once(server.events, "acknowledged");
    client.ack(second);
    await acknowledged;
    const refused = [{ type: "ECDS", resources: ["l1"], message: "no" }];
    expect(server.nodes(), "the others do not make up for it").toMatchObject([{ refused, synchronized: undefined }]);
    server.setSnapshot(snapshotOf(ecds("l2")));
    expect(server.nodes(), "what is no more is not refused").toMatchObject([{ refused: [] }]);
  });

  it("ignores requests about responses that were superseded", async () => {
    server.setSnapshot(V1);
    client.subscribe("CDS");
    const first = await client.next("CDS");
    client.ack(first);
    await once(server.events, "acknowledged");
    server.setSnapshot(snapshotOf(cds("a", "2"), eds("fence")));
    const second = await client.next("CDS");
    client.nack(first, "late");
    await roundTrip();
    expect(server.nodes()[0]).toMatchObject({ refused: [], lastRejection: undefined });
    client.ack(second);
    expect(await once(server.events, "acknowledged")).toEqual(["test-node", "CDS", expect.any(String)]);
  });

  it("coalesces snapshots for a node that is slow to answer", async () => {
    server.setSnapshot(V1);
    client.subscribe("CDS");
    const first = await client.next("CDS");
    for (const content of ["2", "3", "4"]) server.setSnapshot(snapshotOf(cds("a", content)));
    client.ack(first);
    expect(bytes(await client.next("CDS"))).toEqual([Buffer.from(cds("a", "4").bytes)]);
  });

  it("sends nothing to a node that comes back with the version it would get", async () => {
    server.setSnapshot(snapshotOf(cds("a"), cds("b"), eds("a"), eds("b"), eds("fence")));
    client.subscribe("CDS");
    const clusters = await client.next("CDS");
    client.ack(clusters);
    client.subscribe("EDS", ["b", "a"]);
    const endpoints = await client.next("EDS");
    client.close();
    client = new SotwClient(port);
    client.subscribe("CDS", [], clusters.version_info);
    client.subscribe("EDS", ["a", "b"], endpoints.version_info);
    client.subscribe("EDS", ["a", "b", "fence"]);
    expect(bytes(await client.next("EDS"))).toEqual([Buffer.from(eds("fence").bytes)]);
    expect(client.unread).toEqual([]);
  });

  it("sends all to a node that comes back with another version", async () => {
    server.setSnapshot(V1);
    client.subscribe("CDS", [], "0123456789abcdef");
    expect((await client.next("CDS")).resources).toHaveLength(1);
  });

  it("forgets what is no longer subscribed, and sends it when it is wanted again", async () => {
    server.setSnapshot(snapshotOf(eds("a"), eds("b")));
    client.subscribe("EDS", ["a", "b"]);
    client.ack(await client.next("EDS"));
    client.subscribe("EDS", ["b"]);
    client.subscribe("EDS", ["a", "b"]);
    expect(bytes(await client.next("EDS"))).toEqual([Buffer.from(eds("a").bytes)]);
  });

  it("lets types alone that it does not serve", async () => {
    server.setSnapshot(V1);
    client.send({ type_url: "type.googleapis.com/envoy.service.runtime.v3.Runtime", resource_names: ["x"] });
    client.subscribe("CDS");
    expect(resourceTypeOf((await client.next("CDS")).type_url)).toBe("CDS");
  });

  it("refuses a stream that does not name its node", async () => {
    client.withNode(undefined).subscribe("CDS");
    expect(await client.ended).toContain("the first request of a stream must name its node");
  });

  it("notices a node that goes", async () => {
    client.subscribe("CDS");
    await once(server.events, "connected");
    client.close();
    expect(await once(server.events, "disconnected")).toEqual(["test-node"]);
    expect(server.nodes()).toEqual([]);
  });

  it("ends streams in order when it is closed", async () => {
    server.setSnapshot(V1);
    client.subscribe("CDS");
    await client.next("CDS");
    await server.close();
    expect(await client.ended).toBe("end");
  });
});
