import { describe, expect, it } from "vitest";
import { encodeAnswer, encodeCall } from "../support/dubbo.js";
import { EmulatedEnvoy, filterModule } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";

function config(clusters: Record<string, number>): string {
  const weighted_clusters = { clusters: Object.entries(clusters).map(([name, weight]) => ({ name, weight })) };
  return JSON.stringify({
    virtual_hosts: [{ name: "all", services: ["*"], routes: [{ route: { weighted_clusters } }] }],
  });
}

function connect(envoy: EmulatedEnvoy) {
  let peer: Http2Peer | undefined;
  const connection = envoy.connect("dubbo", (made) => {
    peer = new Http2Peer(made, envoy.loop, { ...DEFAULT_PEER, streamWindow: 65_535, grant: "withheld" });
    return peer;
  });
  return { connection, peer: peer as unknown as Http2Peer };
}

describe("several workers of one process", () => {
  it("are woken each by its own queue", () => {
    const first = new EmulatedEnvoy();
    const second = new EmulatedEnvoy(filterModule(), first);
    const workers = [first, second].map((envoy) => {
      expect(envoy.configure("dubbo", config({ v1: 1 }))).toBe(true);
      return connect(envoy);
    });
    // Longer than the window: the rest goes out by the queue when the window grows.
    const call = encodeCall({ id: 1, service: "a.B", method: "c", args: ["a".repeat(100_000)] });
    for (const { connection } of workers) connection.receive(call);
    first.run();
    for (const { peer } of workers) {
      expect(peer.tunnel("v1").received.length).toBeLessThan(call.length);
      peer.grantWindow(100_000, peer.tunnel("v1"));
    }
    first.run();
    for (const { connection, peer } of workers) {
      expect(Buffer.from(peer.tunnel("v1").received.view()).equals(call)).toBe(true);
      const answer = encodeAnswer({ id: 1 });
      peer.sendBytes(peer.tunnel("v1"), answer);
      expect(Buffer.from(connection.received.view()).equals(answer)).toBe(true);
    }
  });

  it("keep their queue when the root context that registered it goes", () => {
    const envoy = new EmulatedEnvoy();
    expect(envoy.configureWorker("dubbo", config({ v1: 1 }))).toBe(true);
    const old = connect(envoy);
    old.connection.receive(encodeCall({ id: 1, service: "a.B", method: "c" }));
    envoy.run();
    expect(envoy.configureWorker("other", config({ v1: 1 }))).toBe(true);
    expect(envoy.configureWorker("dubbo", config({ v2: 1 }))).toBe(true);
    const { connection, peer } = connect(envoy);
    old.connection.closeByClient();
    const call = encodeCall({ id: 2, service: "a.B", method: "c", args: ["a".repeat(100_000)] });
    connection.receive(call);
    envoy.run();
    peer.grantWindow(100_000, peer.tunnel("v2"));
    envoy.run();
    expect(peer.tunnel("v2").received.length).toBe(call.length);
  });
});

describe("weighted clusters", () => {
  it("share the calls of one connection by their weights, drawn anew for each", () => {
    const envoy = new EmulatedEnvoy();
    expect(envoy.configure("dubbo", config({ v1: 70, v2: 29, v3: 1, never: 0 }))).toBe(true);
    let peer: Http2Peer | undefined;
    const connection = envoy.connect("dubbo", (made) => {
      peer = new Http2Peer(made, envoy.loop, DEFAULT_PEER);
      return peer;
    });
    const CALLS = 20_000;
    const one = encodeCall({ id: 1, service: "a.B", method: "c", oneWay: true });
    const hundred = Buffer.concat(Array.from({ length: 100 }, () => one));
    for (let i = 0; i < CALLS; i += 100) {
      connection.receive(hundred);
      envoy.run();
    }
    const share = (cluster: string) => (peer?.tunnel(cluster).received.length ?? 0) / one.length / CALLS;
    // Five standard deviations: sqrt(0.7 * 0.3 / 20,000) is 0.0032.
    expect(share("v1")).toBeGreaterThan(0.7 - 0.0162);
    expect(share("v1")).toBeLessThan(0.7 + 0.0162);
    expect(share("v2")).toBeGreaterThan(0.29 - 0.0161);
    expect(share("v2")).toBeLessThan(0.29 + 0.0161);
    expect(share("v3")).toBeGreaterThan(0.01 - 0.0035);
    expect(share("v3")).toBeLessThan(0.01 + 0.0036);
    expect(() => peer?.tunnel("never")).toThrow("no tunnel to never");
  });
});
