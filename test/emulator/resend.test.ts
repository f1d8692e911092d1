import { expect, it } from "vitest";
import { encodeCall } from "../support/dubbo.js";
import { EmulatedEnvoy } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";
import type { Connect } from "./peer/tunnel.js";

const CONFIG = JSON.stringify({
  virtual_hosts: [{ name: "all", services: ["*"], routes: [{ route: { cluster: "v1" } }] }],
});

/** More than is kept for a tunnel that is being opened. */
const LONG = "a".repeat(70_000);

it("what a refused tunnel leaves to another is sent, though what comes behind it is too long to be kept", () => {
  const envoy = new EmulatedEnvoy();
  expect(envoy.configure("dubbo", CONFIG)).toBe(true);
  const connect: Record<string, Connect> = { v1: "UF" };
  const peers: Http2Peer[] = [];
  const connection = envoy.connect("dubbo", (made) => {
    const peer = new Http2Peer(made, envoy.loop, { ...DEFAULT_PEER, connect });
    peers.push(peer);
    return peer;
  });
  const first = encodeCall({ id: 1, service: "a.B", method: "c" });
  const long = encodeCall({ id: 2, service: "a.B", method: "c", args: [LONG] });
  connection.receive(first);
  // The turn after the refusal, and before the filter's own.
  envoy.loop.post(() => {
    connect.v1 = "accept";
    connection.receive(long);
  });
  envoy.run();
  expect(Buffer.from(peers[0]?.tunnel("v1").received.view() ?? []).equals(Buffer.concat([first, long]))).toBe(true);
});
