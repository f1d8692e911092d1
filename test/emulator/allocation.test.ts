import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import asc from "assemblyscript/asc";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeAnswer, encodeCall } from "../support/dubbo.js";
import { type CallGraph, parseCallGraph, pathTo, reachable } from "./call-graph.js";
import { EmulatedEnvoy } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";

/** What Envoy calls while traffic flows. */
const HOT = [
  "proxy_on_downstream_data",
  "proxy_on_upstream_data",
  "proxy_on_queue_ready",
  "proxy_on_tick",
  "proxy_on_grpc_receive",
  "proxy_on_grpc_close",
];

/** Where raw memory may grow while traffic flows, and by what: each keeps what it took for the next time, or gives it back. */
const GROWTH: Record<string, string> = {
  "filter/codec/edits": "what is put into messages of one read, bounded by the windows and MAX_RULES_BYTES",
  "filter/codec/thrift/skip": "where an unframed message stands, once for each direction of a connection",
  "filter/codec/redis/settled": "the user and the database of a connection that has set one, once for a connection",
  "filter/http2/receive": "a control frame that comes in parts, once for a connection",
  "filter/http2/tunnel": "tunnels, bounded by MAX_TUNNELS",
  "filter/memory/kept":
    "what waits: for a window, for the end of another's answer, for a place; bounded by MAX_KEPT_BYTES",
  "filter/memory/id-table": "the most requests to rate limit services ever under way",
  "filter/memory/key-table": "the most values ever of a rate limit, bounded by its greatest number of buckets",
  "filter/memory/name": "names of methods and hosts seen for the first time, bounded by the series",
  "filter/proxy/call": "the most calls ever in flight",
  "filter/proxy/emit": "the largest read ever rewritten",
  "filter/proxy/policies/authorize":
    "a bit for each rule of a table with authorization policies, once for a connection",
  "filter/proxy/policies/bucket-hosts": "what the buckets of a consistent hash lead to, bounded by MAX_BUCKET_ENTRIES",
  "filter/proxy/kept-call": "the most calls ever kept at a time, bounded by MAX_CALLS_PER_CONNECTION",
  "filter/proxy/plan": "the most messages ever in one read",
  "filter/proxy/policies/gate":
    "the most circuit breakers and methods ever with calls in flight, bounded by their numbers",
  "filter/proxy/policies/hosts": "clusters and hosts that tunnels have led to, bounded by their numbers",
  "filter/proxy/policies/outlier-counts": "metrics of clusters whose hosts are judged, bounded by their number",
  "filter/proxy/series": "metrics seen for the first time, bounded by their number",
  "filter/proxy/to-client": "the largest write ever made to a client",
  "filter/proxy/policies/ask":
    "questions to rate limit services, bounded by MAX_ASKS, and the most calls ever that wait for them",
  "filter/route/arena": "a table that comes with newer code, in place of the one before it",
  "filter/route/policies/buckets": "a bucket for a value of a rate limit, bounded by MAX_VALUE_BUCKETS",
  "filter/route/policies/retry": "retries of a table's routes, in place of those of the one before it",
  "filter/route/regex/workspace": "to compile that table's regexes; given back",
};

describe("the filter, unoptimised", () => {
  const directory = mkdtempSync(join(tmpdir(), "meltemi-wat-"));
  let graph: CallGraph;

  beforeAll(async () => {
    const text = join(directory, "meltemi.wat");
    const files = ["--outFile", join(directory, "meltemi.wasm"), "--textFile", text];
    const { error, stderr } = await asc.main(["filter/index.ts", "--target", "debug", ...files]);
    if (error) throw new Error(stderr.toString());
    graph = parseCallGraph(readFileSync(text, "utf8"));
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  it.each(HOT)("makes no managed object in %s", (callback) => {
    const start = graph.exports.get(callback);
    expect(start).toBeDefined();
    const reached = reachable(graph, start ?? "");
    expect(reached.size).toBeGreaterThan(1);
    const managed = [...reached.keys()].filter((name) => /~lib\/rt\/[^/]+\/__(new|renew)$/.test(name));
    expect(managed.map((name) => pathTo(reached, name))).toEqual([]);
  });

  it("grows raw memory in known places alone", () => {
    const hot = new Set(HOT.flatMap((callback) => [...reachable(graph, graph.exports.get(callback) ?? "").keys()]));
    const growing = [...hot].filter((name) => graph.calls.get(name)?.has("~lib/memory/heap.alloc"));
    const modules = new Set(growing.map((name) => name.slice(0, name.lastIndexOf("/"))));
    expect([...modules].sort()).toEqual(Object.keys(GROWTH).sort());
  });
});

const CONFIG = JSON.stringify({
  virtual_hosts: [
    {
      name: "all",
      services: ["demo.Greeter"],
      routes: [
        { match: { attributes: [{ name: "user", exact_match: "jason" }] }, route: { cluster: "v2" } },
        { route: { cluster: "v1" } },
      ],
    },
  ],
});

describe("the filter's memory", () => {
  it("does not grow over a million calls and their answers", () => {
    const envoy = new EmulatedEnvoy();
    expect(envoy.configure("dubbo", CONFIG)).toBe(true);
    let peer: Http2Peer | undefined;
    const connection = envoy.connect("dubbo", (made) => {
      peer = new Http2Peer(made, envoy.loop, DEFAULT_PEER);
      return peer;
    });
    const { calls, answers } = round();
    const exchange = (): void => {
      connection.receive(calls);
      envoy.run();
      for (const [cluster, bytes] of answers) {
        const tunnel = peer?.tunnel(cluster);
        if (!tunnel) throw new Error(`no tunnel to ${cluster}`);
        tunnel.received.drain(tunnel.received.length);
        peer?.sendBytes(tunnel, bytes);
      }
      envoy.run();
      connection.received.drain(connection.received.length);
    };
    for (let i = 0; i < 50; i++) exchange();
    envoy.vm.tick();
    const before_bytes = envoy.vm.memory.size;
    for (let i = 0; i < 1_000_000 / CALLS_PER_READ; i++) {
      exchange();
      if (i % 1000 === 0) envoy.vm.tick();
    }
    envoy.vm.tick();
    envoy.metrics.clearSamples();
    expect(envoy.vm.memory.size).toBe(before_bytes);
    expect(
      envoy.metrics.value("meltemi_requests_total;listener=dubbo;service=all;method=hello;cluster=v2;status=20"),
    ).toBe((1_000_000 + 50 * CALLS_PER_READ) / 4);
  }, 120_000);
});

const CALLS_PER_READ = 100;

/** One read full of calls, one in four for v2 by its attachment, some without a route; and what upstreams answer. */
function round(): { calls: Uint8Array; answers: Array<[cluster: string, bytes: Uint8Array]> } {
  const calls: Uint8Array[] = [];
  const answers: Record<string, Uint8Array[]> = { v1: [], v2: [] };
  for (let id = 0; id < CALLS_PER_READ; id++) {
    const service = id % 20 === 19 ? "demo.Missing" : "demo.Greeter";
    const forV2 = id % 4 === 0;
    calls.push(encodeCall({ id, service, method: "hello", attachments: forV2 ? { user: "jason" } : {} }));
    if (service === "demo.Greeter") answers[forV2 ? "v2" : "v1"]?.push(encodeAnswer({ id }));
  }
  const bytes = Object.entries(answers).map(([cluster, parts]): [string, Uint8Array] => [
    cluster,
    Buffer.concat(parts),
  ]);
  return { calls: Buffer.concat(calls), answers: bytes };
}
