import { expect, it } from "vitest";
import { encodeAnswer, encodeCall, encodeEvent, encodeHeartbeat } from "../support/dubbo.js";
import { EmulatedEnvoy } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";

const CONFIG = JSON.stringify({
  virtual_hosts: [{ name: "all", services: ["*"], routes: [{ route: { cluster: "v1" } }] }],
});

/** Longer than what is looked at first (FIRST_FETCH_BYTES), in one frame with what stands before it. */
const LONG = Array.from({ length: 3000 }, (_, i) => String(i).padStart(5, "0")).join("");

function start() {
  const envoy = new EmulatedEnvoy();
  expect(envoy.configureWorker("dubbo", CONFIG)).toBe(true);
  const peers: Http2Peer[] = [];
  const connection = envoy.connect("dubbo", (made) => {
    const peer = new Http2Peer(made, envoy.loop, DEFAULT_PEER);
    peers.push(peer);
    return peer;
  });
  connection.receive(encodeCall({ id: 1, service: "a.B", method: "c" }));
  envoy.run();
  return { envoy, connection, peer: peers[0] as Http2Peer };
}

it("a call of an upstream's own, as long, comes through whole", () => {
  const { connection, peer, envoy } = start();
  const callback = encodeCall({ id: 5, service: "a.Callback", method: "c", args: [LONG], oneWay: true });
  peer.sendBytes(peer.tunnel("v1"), callback);
  envoy.run();
  expect(Buffer.from(connection.received.view()).equals(callback)).toBe(true);
});

it.each([
  ["an upstream's notice that it leaves", encodeEvent(5, "R")],
  ["an upstream's heartbeat", encodeHeartbeat(5)],
])("a long answer comes through whole behind %s in the same frame", (_, before) => {
  const { connection, peer, envoy } = start();
  const answer = encodeAnswer({ id: 1, value: LONG });
  peer.sendBytes(peer.tunnel("v1"), Buffer.concat([before, answer]));
  envoy.run();
  expect(Buffer.from(connection.received.view()).equals(answer)).toBe(true);
});
