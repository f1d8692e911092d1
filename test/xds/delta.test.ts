import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiscoveryServer } from "../../adapter/server/discovery-server.js";
import type { DeltaDiscoveryResponse } from "../../adapter/server/protocol.js";
import type { Resource } from "../../adapter/xds/resource.js";
import { DeltaClient } from "./ads-client.js";
import { cds, ecds, eds, lds, rds, snapshotOf } from "./resources.js";

const V1 = snapshotOf(cds("a"), eds("a"), ecds("l"), lds("l"), rds("r"));

let server: DiscoveryServer;
let port: number;
let client: DeltaClient;

beforeEach(async () => {
  server = new DiscoveryServer();
  port = await server.listen({ address: "127.0.0.1", port: 0 });
  client = new DeltaClient(port);
});

afterEach(async () => {
  client.close();
  await server.close();
});

function content(response: DeltaDiscoveryResponse): object {
  const sent = response.resources.map(({ name, version, resource }) => [name, version, Buffer.from(resource.value)]);
  return { sent, removed: response.removed_resources };
}

function expected(resources: readonly Resource[], removed: readonly string[] = []): object {
  return { sent: resources.map(({ name, version, bytes }) => [name, version, Buffer.from(bytes)]), removed };
}

async function synchronize(): Promise<void> {
  const done = once(server.events, "synchronized");
  client.subscribe("CDS");
  client.ack(await client.next("CDS"));
  client.subscribe("EDS", ["a"]);
  client.ack(await client.next("EDS"));
  client.subscribe("LDS", ["*"]);
  client.ack(await client.next("LDS"));
  client.subscribe("ECDS", ["l"]);
  client.ack(await client.next("ECDS"));
  client.subscribe("RDS", ["r"]);
  client.ack(await client.next("RDS"));
  await done;
}

describe("incremental", () => {
  it("sends each resource with its version", async () => {
    server.setSnapshot(V1);
    client.subscribe("CDS");
    expect(content(await client.next("CDS"))).toEqual(expected([cds("a")]));
  });

  it("sends only what changed, and removals by name", async () => {
    server.setSnapshot(snapshotOf(cds("a"), cds("b"), cds("c")));
    client.subscribe("CDS");
    client.ack(await client.next("CDS"));
    server.setSnapshot(snapshotOf(cds("a"), cds("b", "2"), cds("d")));
    const changes = await client.next("CDS");
    expect(content(changes)).toEqual(expected([cds("b", "2"), cds("d")]));
    client.ack(changes);
    expect(content(await client.next("CDS"))).toEqual(expected([], ["c"]));
  });

  it("makes before it breaks, and breaks backwards", async () => {
    server.setSnapshot(V1);
    await synchronize();
    server.setSnapshot(snapshotOf(cds("b"), eds("b"), ecds("l2"), lds("l2"), rds("r2")));
    const clusters = await client.next("CDS");
    expect(content(clusters)).toEqual(expected([cds("b")]));
    client.subscribe("EDS", ["b"]);
    const endpoints = await client.next("EDS");
    client.ack(endpoints);
    await once(server.events, "acknowledged");
    expect(client.unread).toEqual([]);
    client.ack(clusters);
    const listeners = await client.next("LDS");
    // The new listener may need the old one's address.
    expect(content(listeners)).toEqual(expected([lds("l2")], ["l"]));
    client.subscribe("ECDS", ["l2"]);
    client.ack(await client.next("ECDS"));
    client.subscribe("RDS", ["r2"]);
    client.ack(await client.next("RDS"));
    client.ack(listeners);
    for (const [type, name] of [
      ["RDS", "r"],
      ["ECDS", "l"],
      ["EDS", "a"],
      ["CDS", "a"],
    ] as const) {
      const removal = await client.next(type);
      expect(content(removal)).toEqual(expected([], [name]));
      expect(client.unread).toEqual([]);
      client.ack(removal);
    }
    expect(await once(server.events, "synchronized")).toEqual(["test-node", expect.any(String)]);
  });

  it("reports what a node refuses and does not send it again", async () => {
    server.setSnapshot(V1);
    await synchronize();
    server.setSnapshot(snapshotOf(cds("a"), eds("a"), ecds("l", "bad"), lds("l"), rds("r")));
    const rejected = once(server.events, "rejected");
    client.nack(await client.next("ECDS"), "bad table");
    expect((await rejected)[1]).toEqual({ type: "ECDS", resources: ["l"], message: "bad table" });
    server.setSnapshot(V1);
    expect(content(await client.next("ECDS"))).toEqual(expected([ecds("l")]));
    expect(client.unread).toEqual([]);
  });

  it("sends a node that comes back what changed meanwhile, and only that", async () => {
    server.setSnapshot(snapshotOf(cds("a"), cds("b", "2"), eds("a")));
    client.subscribe("CDS", [], { a: cds("a").version, b: cds("b").version, gone: "1" });
    const changes = await client.next("CDS");
    expect(content(changes)).toEqual(expected([cds("b", "2")]));
    client.ack(changes);
    expect(content(await client.next("CDS"))).toEqual(expected([], ["gone"]));
    client.subscribe("EDS", ["a"], { a: eds("a").version });
    client.subscribe("EDS", ["a"]);
    expect(content(await client.next("EDS")), "subscribing again asks for it again").toEqual(expected([eds("a")]));
    expect(client.unread).toEqual([]);
  });

  it("says that a resource which was asked for does not exist, once, and sends it when it does", async () => {
    server.setSnapshot(snapshotOf(eds("a")));
    client.subscribe("EDS", ["a", "b"]);
    const first = await client.next("EDS");
    expect(content(first)).toEqual(expected([eds("a")], ["b"]));
    client.ack(first);
    server.setSnapshot(snapshotOf(eds("a"), eds("b")));
    expect(content(await client.next("EDS"))).toEqual(expected([eds("b")]));
  });

  it("takes names away from and adds names to a subscription", async () => {
    server.setSnapshot(snapshotOf(eds("a"), eds("b"), eds("c")));
    client.subscribe("EDS", ["a", "b"]);
    client.ack(await client.next("EDS"));
    client.unsubscribe("EDS", ["a"]);
    client.subscribe("EDS", ["c"]);
    client.ack(await client.next("EDS"));
    server.setSnapshot(snapshotOf(eds("a", 2), eds("b", 2), eds("c")));
    expect(content(await client.next("EDS"))).toEqual(expected([eds("b", 2)]));
  });

  it("knows a wildcard beside names, and sends again what loses its name", async () => {
    server.setSnapshot(snapshotOf(cds("a"), cds("b")));
    client.subscribe("CDS", ["*", "a"]);
    const all = await client.next("CDS");
    expect(content(all)).toEqual(expected([cds("a"), cds("b")]));
    client.ack(all);
    client.unsubscribe("CDS", ["a"]);
    const again = await client.next("CDS");
    expect(content(again)).toEqual(expected([cds("a")]));
    client.ack(again);
    client.unsubscribe("CDS", ["*"]);
    client.subscribe("CDS", ["b"]);
    expect(content(await client.next("CDS"))).toEqual(expected([cds("b")]));
    server.setSnapshot(snapshotOf(cds("a", "2"), cds("b", "2")));
    expect(client.unread).toEqual([]);
  });

  it("changes the subscription also by a request whose nonce is old", async () => {
    server.setSnapshot(snapshotOf(eds("a"), eds("b")));
    client.subscribe("EDS", ["a"]);
    const first = await client.next("EDS");
    client.ack(first);
    client.send({ type_url: first.type_url, response_nonce: "long ago", resource_names_subscribe: ["b"] });
    expect(content(await client.next("EDS"))).toEqual(expected([eds("b")]));
  });
});
