import { describe, expect, it } from "vitest";
import { EmulatedEnvoy } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";

const CONFIG = JSON.stringify({
  virtual_hosts: [{ name: "all", services: ["demo.Greeter"], routes: [{ route: { cluster: "v1" } }] }],
});
const CLOSED = "meltemi_connections_closed_total;listener=dubbo;reason=too_many_replies";
const HEARTBEATS = 10_000;
/** Of one answer: a head and a null. */
const ANSWER_BYTES = 17;
const LIMIT_BYTES = 8 << 20;

function heartbeats(): Buffer {
  const one = Buffer.from("dabbe2000000000000000001000000014e", "hex");
  return Buffer.concat(Array.from({ length: HEARTBEATS }, () => one));
}

describe("a client that gets nothing but the filter's own replies", () => {
  it("is closed when they are more than it can be expected to read, and not before", () => {
    const envoy = new EmulatedEnvoy();
    expect(envoy.configure("dubbo", CONFIG)).toBe(true);
    const connection = envoy.connect("dubbo", (made) => new Http2Peer(made, envoy.loop, DEFAULT_PEER));
    const read = heartbeats();
    const allowed = Math.floor(LIMIT_BYTES / (HEARTBEATS * ANSWER_BYTES));
    for (let i = 0; i < allowed; i++) {
      connection.receive(read);
      envoy.run();
      connection.received.drain(connection.received.length);
    }
    expect(connection.open).toBe(true);
    connection.receive(read);
    envoy.run();
    connection.receive(read);
    envoy.run();
    expect(connection.closedBy).toBe("filter");
    envoy.vm.tick();
    expect(envoy.metrics.value(CLOSED)).toBe(1);
  });
});

/** Errors that wait for one answer. To look for the place of each among all of them took seconds. */
const WAITING = 60_000;
const MAX_MS = 1_000;

describe("own replies where answers come in order", () => {
  it("wait for an answer in time that grows with their number, and follow it", () => {
    const config = {
      virtual_hosts: [
        {
          name: "all",
          services: ["*"],
          routes: [{ match: { attributes: [{ name: "command", exact_match: "GET" }] }, route: { cluster: "v1" } }],
        },
      ],
    };
    const envoy = new EmulatedEnvoy();
    expect(envoy.configureWorker("redis", JSON.stringify(config), "redis")).toBe(true);
    let peer: Http2Peer | undefined;
    const connection = envoy.connect("redis", (made) => {
      peer = new Http2Peer(made, envoy.loop, DEFAULT_PEER);
      return peer;
    });
    connection.receive(Buffer.from("GET a\r\n"));
    envoy.run();
    const began_ms = performance.now();
    connection.receive(Buffer.from("PING\r\n".repeat(WAITING)));
    envoy.run();
    expect(performance.now() - began_ms).toBeLessThan(MAX_MS);
    expect(connection.received.length).toBe(0);
    peer?.sendBytes(peer.tunnel("v1"), Buffer.from("$1\r\nx\r\n"));
    envoy.run();
    const [length, value, ...errors] = Buffer.from(connection.received.view()).toString("latin1").split("\r\n");
    expect([length, value]).toEqual(["$1", "x"]);
    expect(errors.pop()).toBe("");
    expect(errors.length).toBe(WAITING);
    expect(new Set(errors)).toEqual(new Set(["-ERR meltemi: no route of all matches this call of PING"]));
  });
});
