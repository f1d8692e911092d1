import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { encodeAnswer, encodeCall } from "../support/dubbo.js";
import { buildFilter, type Patch, TELL_KEPT_BYTES } from "../support/filter-build.js";
import type { Connection } from "./connection.js";
import { EmulatedEnvoy } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";

const BUDGET_BYTES = 1 << 20;
const REPLY_BYTES_KEPT = 16 << 10;
/** 1 MiB in place of 1 GiB, and what a test asks of the VM. */
const PATCHES: Patch[] = [
  ...TELL_KEPT_BYTES,
  ["filter/memory/limits.ts", "MAX_KEPT_BYTES: u32 = 1 << 30", "MAX_KEPT_BYTES: u32 = 1 << 20"],
  [
    "filter/proxy/call.ts",
    "function grow(): void {",
    `/** Calls in the fullest bucket. */
export function fullestBucket(): u32 {
  let most: u32 = 0;
  for (let i: u32 = 0; i <= mask; i++) {
    let length: u32 = 0;
    let call = changetype<Call | null>(<usize>load<u32>(buckets + ((<usize>i) << 2)));
    while (call) {
      length++;
      call = call.nextInBucket;
    }
    most = max(most, length);
  }
  return most;
}

function grow(): void {`,
  ],
  ["filter/index.ts", "export { malloc }", 'export { fullestBucket } from "./proxy/call";\nexport { malloc }'],
];

const CONFIG = {
  virtual_hosts: [
    {
      name: "all",
      services: ["a.B"],
      routes: [
        { match: { attributes: [{ name: "user", exact_match: "jason" }] }, route: { cluster: "v2" } },
        { route: { cluster: "v1" } },
      ],
    },
  ],
  read_buffer_bytes: 4096,
};

const closedFor = (reason: string) => `meltemi_connections_closed_total;listener=dubbo;reason=${reason}`;
const call = (id: bigint | number, user = "anna", size = 0) =>
  encodeCall({ id, service: "a.B", method: "c", args: ["a".repeat(size)], attachments: { user } });

let module: WebAssembly.Module;
beforeAll(async () => {
  module = new WebAssembly.Module(readFileSync(await buildFilter(PATCHES)));
}, 240_000);

function start(config: object = CONFIG) {
  const envoy = new EmulatedEnvoy(module);
  envoy.readBufferLimit_bytes = 4096;
  expect(envoy.configureWorker("dubbo", JSON.stringify(config))).toBe(true);
  const exports = envoy.vm.exports as unknown as { keptBytes(): number; fullestBucket(): number };
  const connect = (): { connection: Connection; peer: Http2Peer } => {
    const peers: Http2Peer[] = [];
    const connection = envoy.connect("dubbo", (made) => {
      peers.push(new Http2Peer(made, envoy.loop, DEFAULT_PEER));
      return peers[0] as Http2Peer;
    });
    return { connection, peer: peers[0] as Http2Peer };
  };
  return { envoy, exports, connect };
}

describe("what all peers together make a VM keep", () => {
  it("is bounded: the client whose call would exceed it is closed, and no other", () => {
    const { envoy, exports, connect } = start();
    const long = call(1, "anna", 100_000);
    const clients = Array.from({ length: 20 }, connect);
    for (const { connection } of clients) {
      connection.receive(long.subarray(0, 90_000));
      envoy.run();
      expect(exports.keptBytes()).toBeLessThanOrEqual(BUDGET_BYTES);
    }
    const open = clients.filter(({ connection }) => connection.open);
    expect(open.length).toBeGreaterThan(3);
    expect(open.length).toBeLessThan(20);
    envoy.vm.tick();
    expect(envoy.metrics.value(closedFor("memory_limit"))).toBe(20 - open.length);
    // Those that could stay have lost nothing.
    for (const { connection, peer } of open) {
      connection.receive(long.subarray(90_000));
      envoy.run();
      expect(Buffer.from(peer.tunnel("v1").received.view()).equals(long)).toBe(true);
    }
    for (const { connection } of open) connection.closeByClient();
    envoy.run();
    expect(exports.keptBytes()).toBe(0);
  });

  it("counts answers that are held back", () => {
    const { envoy, exports, connect } = start();
    const { connection, peer } = connect();
    connection.receive(Buffer.concat([call(1), call(2, "jason")]));
    envoy.run();
    peer.sendBytes(peer.tunnel("v1"), encodeAnswer({ id: 1, value: "one" }).subarray(0, 18));
    peer.sendBytes(peer.tunnel("v2"), encodeAnswer({ id: 2, value: "b".repeat(200_000) }));
    envoy.run();
    expect(connection.open).toBe(true);
    expect(exports.keptBytes()).toBeGreaterThan(200_000);
    peer.sendBytes(peer.tunnel("v2"), encodeAnswer({ id: 3, value: "b".repeat(800_000) }));
    envoy.run();
    expect(connection.closedBy).toBe("filter");
    envoy.vm.tick();
    expect(envoy.metrics.value(closedFor("memory_limit"))).toBe(1);
    expect(exports.keptBytes()).toBe(0);
  });

  it("counts own replies, and gives them back when they have gone", () => {
    const { envoy, exports, connect } = start();
    const { connection, peer } = connect();
    connection.receive(call(1));
    envoy.run();
    const answer = encodeAnswer({ id: 1, value: "one" });
    peer.sendBytes(peer.tunnel("v1"), answer.subarray(0, 18));
    const unknown = Array.from({ length: 1000 }, (_, i) => encodeCall({ id: 10 + i, service: "no.Such", method: "c" }));
    connection.receive(Buffer.concat(unknown));
    envoy.run();
    expect(exports.keptBytes()).toBeGreaterThan(50_000);
    peer.sendBytes(peer.tunnel("v1"), answer.subarray(18));
    envoy.run();
    expect(exports.keptBytes()).toBeLessThanOrEqual(REPLY_BYTES_KEPT);
    connection.closeByClient();
    envoy.run();
    expect(exports.keptBytes()).toBe(0);
  });
});

describe("calls in flight", () => {
  const CALLS = 16_384;
  const IDS: Array<[string, (i: bigint) => bigint]> = [
    ["that count", (i) => i],
    ["with a distance of 65,536", (i) => i << 16n],
    ["that differ in the upper half", (i) => i << 32n],
    ["that differ at the very top", (i) => i << 50n],
    ["that the multiplier undoes", (i) => BigInt.asUintN(64, (i << 10n) * 0xf1de_83e1_9937_733dn)],
  ];

  it.each(IDS)("spread over the table, whatever ids a client chooses: %s", (_, id) => {
    const { envoy, exports, connect } = start({
      virtual_hosts: [{ name: "all", services: ["*"], routes: [{ route: { cluster: "v1" } }] }],
    });
    const { connection } = connect();
    for (let i = 0; i < CALLS; i += 64) {
      connection.receive(Buffer.concat(Array.from({ length: 64 }, (_, j) => call(id(BigInt(i + j))))));
      envoy.run();
    }
    // Of as many balls in as many bins the fullest has 8 or so.
    expect(exports.fullestBucket()).toBeLessThan(16);
  });

  it("beyond what a connection remembers are answered all the same", () => {
    const { envoy, exports, connect } = start({
      virtual_hosts: [{ name: "all", services: ["*"], routes: [{ route: { cluster: "v1" } }] }],
    });
    const { connection, peer } = connect();
    for (let i = 0; i < CALLS + 1000; i++) {
      connection.receive(call(i));
      envoy.run();
    }
    let answers = 0;
    for (let i = 0; i < CALLS + 1000; i++) {
      const tunnel = peer.tunnels[i % peer.tunnels.length];
      const answer = encodeAnswer({ id: i });
      if (tunnel) peer.sendBytes(tunnel, answer);
      envoy.run();
      answers += answer.length;
    }
    expect(connection.open).toBe(true);
    expect(connection.received.length).toBe(answers);
    connection.closeByClient();
    envoy.run();
    expect(exports.keptBytes()).toBe(0);
  });
});
