import { describe, expect, it } from "vitest";
import { encodeAnswer, encodeCall, encodeHeartbeat } from "../support/dubbo.js";
import type { Connection } from "./connection.js";
import { EmulatedEnvoy } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";

const CONNECTIONS = 100_000;
const TABLE_CHANGES = 10_000;
/** After so many, each kind of visit has been made often enough for all that is kept for reuse to be there. */
const WARM_UP = 1_000;

const CONFIG = JSON.stringify({
  virtual_hosts: [
    {
      name: "all",
      services: ["demo.Greeter"],
      routes: [
        { match: { attributes: [{ name: "user", exact_match: "jason" }] }, route: { cluster: "v2" } },
        { match: { attributes: [{ name: "user", exact_match: "nobody" }] }, route: { cluster: "dead" } },
        { route: { cluster: "v1" } },
      ],
    },
  ],
});

const call = (id: number, user: string, size = 0) =>
  encodeCall({ id, service: "demo.Greeter", method: "hello", args: ["a".repeat(size)], attachments: { user } });
const V1 = call(1, "anna");
const V2 = call(2, "jason");
const DEAD = call(3, "nobody");
const UNKNOWN = encodeCall({ id: 4, service: "demo.Missing", method: "hello" });
const LONG = call(5, "anna", 5000);
const ANSWER_1 = encodeAnswer({ id: 1, value: "one-one-one-one-one-one" });
const ANSWER_2 = encodeAnswer({ id: 2, value: "two" });

interface Visit {
  envoy: EmulatedEnvoy;
  connection: Connection;
  peer: Http2Peer;
}

/** What a client does before it goes; each leaves something else behind. */
const VISITS: Array<(visit: Visit) => void> = [
  function isAnswered({ envoy, connection, peer }) {
    connection.receive(Buffer.concat([V1, V2]));
    envoy.run();
    peer.sendBytes(peer.tunnel("v1"), ANSWER_1);
    peer.sendBytes(peer.tunnel("v2"), ANSWER_2);
  },
  function leavesWithCallsInFlight({ connection }) {
    connection.receive(Buffer.concat([V1, V2, V1.subarray(0, 60)]));
  },
  function reachesNobody({ envoy, connection }) {
    connection.receive(Buffer.concat([DEAD, DEAD]));
    envoy.run();
  },
  function leavesAnAnswerHeld({ envoy, connection, peer }) {
    connection.receive(Buffer.concat([V1, V2]));
    envoy.run();
    peer.sendBytes(peer.tunnel("v1"), ANSWER_1.subarray(0, 30));
    peer.sendBytes(peer.tunnel("v2"), Buffer.concat([ANSWER_2, ANSWER_2]));
  },
  function losesItsUpstream({ envoy, connection, peer }) {
    connection.receive(Buffer.concat([V1, V2]));
    envoy.run();
    peer.reset(peer.tunnel("v1"));
    peer.finish(peer.tunnel("v2"));
    envoy.run();
  },
  function getsOwnReplies({ envoy, connection }) {
    connection.receive(Buffer.concat([encodeHeartbeat(9), UNKNOWN, UNKNOWN]));
    envoy.run();
  },
  function leavesOwnRepliesWaiting({ envoy, connection, peer }) {
    connection.receive(V1);
    envoy.run();
    peer.sendBytes(peer.tunnel("v1"), ANSWER_1.subarray(0, 30));
    connection.receive(Buffer.concat([UNKNOWN, UNKNOWN]));
    envoy.run();
  },
  function leavesBeforeItsUpstreamIsThere({ connection }) {
    connection.receive(Buffer.concat([V1, DEAD]));
  },
  function leavesALongCallUnfinished({ envoy, connection }) {
    connection.receive(LONG.subarray(0, 4000));
    envoy.run();
  },
  function saysNoDubbo({ connection }) {
    connection.receive(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  },
];

describe("the filter's memory", () => {
  it(`does not grow over ${CONNECTIONS} connections, whatever becomes of them`, { timeout: 120_000 }, () => {
    const envoy = new EmulatedEnvoy();
    envoy.readBufferLimit_bytes = 2048;
    expect(envoy.configure("dubbo", CONFIG.replace(/}$/, ',"read_buffer_bytes":2048}'))).toBe(true);
    const options = { ...DEFAULT_PEER, connect: { dead: "UF" as const } };
    const visit = (i: number): void => {
      const peers: Http2Peer[] = [];
      const connection = envoy.connect("dubbo", (made) => {
        peers.push(new Http2Peer(made, envoy.loop, options));
        return peers[0] as Http2Peer;
      });
      VISITS[i % VISITS.length]?.({ envoy, connection, peer: peers[0] as Http2Peer });
      connection.closeByClient();
      envoy.run();
    };
    for (let i = 0; i < WARM_UP; i++) visit(i);
    const before_bytes = envoy.vm.memory.size;
    for (let i = 0; i < CONNECTIONS; i++) {
      visit(i);
      if (i % 1000 === 0) envoy.vm.tick();
    }
    envoy.vm.tick();
    expect(envoy.vm.memory.size).toBe(before_bytes);
    expect(envoy.metrics.value("meltemi_connections_total;listener=dubbo")).toBe(WARM_UP + CONNECTIONS);
    expect(envoy.vm.contexts.size).toBe(1);
  });

  it(`does not grow over ${TABLE_CHANGES} changes of the table, while a connection lives`, { timeout: 120_000 }, () => {
    const envoy = new EmulatedEnvoy();
    const change = (i: number): void => {
      const table = CONFIG.replaceAll("v1", `cluster-${i % 7}`).replace(/}$/, `,"version":"${i}"}`);
      expect(envoy.configureWorker("dubbo", table)).toBe(true);
      if (i % 10 === 0) expect(envoy.configureWorker("dubbo", CONFIG.replace("user", "us\\u0000er\\"))).toBe(false);
    };
    change(0);
    const peers: Http2Peer[] = [];
    const connection = envoy.connect("dubbo", (made) => {
      peers.push(new Http2Peer(made, envoy.loop, DEFAULT_PEER));
      return peers[0] as Http2Peer;
    });
    for (let i = 1; i < WARM_UP; i++) change(i);
    const before_bytes = envoy.vm.memory.size;
    for (let i = 0; i < TABLE_CHANGES; i++) change(i);
    expect(envoy.vm.memory.size).toBe(before_bytes);
    connection.receive(V1);
    envoy.run();
    expect(peers[0]?.tunnel(`cluster-${(TABLE_CHANGES - 1) % 7}`).received.length).toBe(V1.length);
  });
});
