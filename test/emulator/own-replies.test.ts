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
