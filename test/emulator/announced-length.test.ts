import { expect, it } from "vitest";
import { encodeCall } from "../support/dubbo.js";
import { EmulatedEnvoy } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";

const CONFIG = JSON.stringify({
  virtual_hosts: [
    {
      name: "all",
      services: ["demo.Greeter"],
      routes: [{ match: { attributes: [{ name: "user", exact_match: "jason" }] }, route: { cluster: "v1" } }],
    },
  ],
});
const CONNECTIONS = 1_000;
const ALLOWED_GROWTH_BYTES = 4 << 20;

// Together they announce 16 GB; a Wasm memory addresses 4.
it("a length that is announced takes no memory before its bytes come", () => {
  const envoy = new EmulatedEnvoy();
  expect(envoy.configure("dubbo", CONFIG)).toBe(true);
  const call = encodeCall({ id: 1, service: "demo.Greeter", method: "hello", args: ["x"] });
  call.writeUInt32BE(16_000_000, 12);
  const before_bytes = envoy.vm.memory.size;
  for (let i = 0; i < CONNECTIONS; i++) {
    const connection = envoy.connect("dubbo", (made) => new Http2Peer(made, envoy.loop, DEFAULT_PEER));
    connection.receive(call.subarray(0, call.length - 20));
    envoy.run();
    expect(connection.open).toBe(true);
  }
  expect(envoy.vm.memory.size - before_bytes).toBeLessThan(ALLOWED_GROWTH_BYTES);
});
