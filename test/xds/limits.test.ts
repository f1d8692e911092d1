import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiscoveryServer } from "../../adapter/server/discovery-server.js";
import {
  MAX_NAME_CHARACTERS_PER_STREAM,
  MAX_NAMES_PER_STREAM,
  MAX_REQUEST_BYTES,
  MAX_STREAMS,
  MAX_STREAMS_PER_PEER,
} from "../../adapter/server/limits.js";
import { StreamQuota } from "../../adapter/server/stream-quota.js";
import { DeltaClient, openStreams, SotwClient } from "./ads-client.js";
import { eds, snapshotOf } from "./resources.js";

let server: DiscoveryServer;
let port: number;
let refusals: { readonly code: string; readonly reason: string }[];

beforeEach(async () => {
  server = new DiscoveryServer();
  refusals = [];
  server.events.on("refused", (_peer, code, reason) => refusals.push({ code, reason }));
  port = await server.listen({ address: "127.0.0.1", port: 0 });
  server.setSnapshot(snapshotOf(eds("a")));
});

afterEach(async () => {
  await server.close();
});

/** Another node is served as if nothing had happened. */
async function expectServed(): Promise<void> {
  const other = new DeltaClient(port);
  other.subscribe("EDS", ["a"]);
  expect((await other.next("EDS")).resources).toHaveLength(1);
  other.close();
}

function expectRefused(reason: string): void {
  expect(refusals).toEqual([{ code: "RESOURCE_EXHAUSTED", reason }]);
}

describe("a stream that asks for too much is ended, and told why", () => {
  it("by too many names, added little by little", async () => {
    const client = new DeltaClient(port);
    const names = (from: number, count: number) => Array.from({ length: count }, (_, i) => `n${from + i}`);
    client.subscribe("EDS", names(0, MAX_NAMES_PER_STREAM - 1));
    client.subscribe("RDS", ["x"]);
    await client.next("EDS");
    expect(refusals).toEqual([]);
    client.subscribe("RDS", ["y"]);
    const reason = `a stream may ask for ${MAX_NAMES_PER_STREAM} names, not for ${MAX_NAMES_PER_STREAM + 1}`;
    expect(await client.ended).toBe(`8 RESOURCE_EXHAUSTED: ${reason}`);
    expectRefused(reason);
    client.close();
    await expectServed();
  });

  it("by long names", async () => {
    const client = new SotwClient(port);
    client.subscribe("EDS", ["x".repeat(MAX_NAME_CHARACTERS_PER_STREAM + 1)]);
    expect(await client.ended).toMatch(/^8 RESOURCE_EXHAUSTED: the names that a stream asks for may have/);
    client.close();
    await expectServed();
  });

  it("by a request that is too long", async () => {
    const client = new SotwClient(port);
    client.subscribe("EDS", ["x".repeat(MAX_REQUEST_BYTES)]);
    expect(await client.ended).toMatch(/^8 RESOURCE_EXHAUSTED: Received message larger than max/);
    expect(refusals.map(({ code }) => code)).toEqual(["RESOURCE_EXHAUSTED"]);
    client.close();
    await expectServed();
  });
});

describe("streams", () => {
  it("are refused to a peer that has many, until it ends one", async () => {
    const streams = openStreams(port, MAX_STREAMS_PER_PEER);
    await streams.opened;
    const late = new DeltaClient(port);
    late.subscribe("EDS", ["a"]);
    const reason = `127.0.0.1 has ${MAX_STREAMS_PER_PEER} streams already`;
    expect(await late.ended).toBe(`8 RESOURCE_EXHAUSTED: ${reason}`);
    expectRefused(reason);
    late.close();
    const disconnected = once(server.events, "disconnected");
    streams.endOne();
    await disconnected;
    await sleep(0);
    await expectServed();
    streams.close();
  });

  it("are refused to all where there are many, and counted by peer until they end", () => {
    const quota = new StreamQuota();
    const peers = Array.from({ length: MAX_STREAMS / MAX_STREAMS_PER_PEER }, (_, i) => `peer-${i}`);
    for (const peer of peers) for (let i = 0; i < MAX_STREAMS_PER_PEER; i++) quota.take(peer);
    expect(() => quota.take("another")).toThrow(`there are ${MAX_STREAMS} streams already`);
    quota.giveBack("peer-0");
    quota.take("another");
    quota.giveBack("another");
    expect(() => quota.take("peer-1")).toThrow(`peer-1 has ${MAX_STREAMS_PER_PEER} streams already`);
    quota.take("peer-0");
    expect(() => quota.take("another")).toThrow(`there are ${MAX_STREAMS} streams already`);
  });
});
