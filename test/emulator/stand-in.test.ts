import { expect, it } from "vitest";
import { encodeCall } from "../support/dubbo.js";
import { EmulatedEnvoy } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";

function table(cluster: string, more: object = {}): string {
  return JSON.stringify({
    virtual_hosts: [{ name: "all", services: ["*"], routes: [{ route: { cluster } }] }],
    ...more,
  });
}

function connect(envoy: EmulatedEnvoy, listener: string) {
  let peer: Http2Peer | undefined;
  const connection = envoy.connect(listener, (made) => {
    peer = new Http2Peer(made, envoy.loop, DEFAULT_PEER);
    return peer;
  });
  return (id: number): string | undefined => {
    connection.receive(encodeCall({ id, service: "a.B", method: "c" }));
    envoy.run();
    return (peer as Http2Peer).tunnels.at(-1)?.cluster;
  };
}

it("listeners in another's place have a table each, until that one's comes", () => {
  const envoy = new EmulatedEnvoy();
  for (const cluster of ["a", "b"]) {
    expect(envoy.configure(`dubbo/${cluster}`, table(cluster, { stands_in_for: "dubbo" }))).toBe(true);
  }
  const [a, b] = ["dubbo/a", "dubbo/b"].map((listener) => connect(envoy, listener)) as [Call, Call];
  expect([a(1), b(1)]).toEqual(["a", "b"]);
  expect(envoy.configure("other", table("other"))).toBe(true);
  expect([a(2), b(2)]).toEqual(["a", "b"]);
  expect(envoy.configure("dubbo", table("routed"))).toBe(true);
  expect([a(3), b(3), connect(envoy, "dubbo")(1)]).toEqual(["routed", "routed", "routed"]);
});

type Call = ReturnType<typeof connect>;
