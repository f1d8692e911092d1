import { describe, expect, it } from "vitest";
import { decodeMessage, encodeAnswer, encodeCall } from "../support/dubbo.js";
import { EmulatedEnvoy } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";

const CONFIG = JSON.stringify({
  virtual_hosts: [
    {
      name: "all",
      services: ["*"],
      routes: [
        { match: { attributes: [{ name: "method", exact_match: "second" }] }, route: { cluster: "v2" } },
        { route: { cluster: "v1" } },
      ],
    },
  ],
});

function start() {
  const envoy = new EmulatedEnvoy();
  expect(envoy.configureWorker("dubbo", CONFIG)).toBe(true);
  const options = { ...DEFAULT_PEER, coalesce: true };
  const peers: Http2Peer[] = [];
  const connection = envoy.connect("dubbo", (made) => {
    const peer = new Http2Peer(made, envoy.loop, options);
    peers.push(peer);
    return peer;
  });
  const calls = [
    encodeCall({ id: 1, service: "a.B", method: "c" }),
    encodeCall({ id: 2, service: "a.B", method: "second" }),
  ];
  connection.receive(Buffer.concat(calls));
  envoy.run();
  return { envoy, connection, peer: peers[0] as Http2Peer };
}

describe("several frames of HCM in one write", () => {
  const first = encodeAnswer({ id: 1, value: "one-one-one-one-one" });
  const second = encodeAnswer({ id: 2, value: "two-two-two-two-two" });

  it("do not let a tunnel's bytes overtake those held back", () => {
    const { envoy, connection, peer } = start();
    const [v1, v2] = [peer.tunnel("v1"), peer.tunnel("v2")];
    peer.sendBytes(v1, first.subarray(0, 20));
    peer.sendBytes(v2, second.subarray(0, 25));
    envoy.run();
    peer.sendTogether([
      [v1, first.subarray(20)],
      [v2, second.subarray(25)],
    ]);
    envoy.run();
    expect(Buffer.from(connection.received.view())).toEqual(Buffer.concat([first, second]));
    expect(connection.open).toBe(true);
  });

  it("go on behind one that ends a tunnel whose answer is held back in part", () => {
    const { envoy, connection, peer } = start();
    const [v1, v2] = [peer.tunnel("v1"), peer.tunnel("v2")];
    peer.sendBytes(v1, first.subarray(0, 20));
    envoy.run();
    peer.sendTogether([[v2, second.subarray(0, 25)], [v2], [v1, first.subarray(20)]]);
    envoy.run();
    expect(connection.open).toBe(true);
    expect(Buffer.from(connection.received.take(first.length))).toEqual(first);
    // Of the answer that was cut the client has seen nothing, so its call gets an error.
    const error = decodeMessage(connection.received.view());
    expect([error?.id, error?.status]).toEqual([2n, 80]);
    expect(connection.received.length).toBe(error?.bytes.length);
  });

  it("go nowhere behind one that ends the tunnel whose answer the client has in part", () => {
    const { envoy, connection, peer } = start();
    const [v1, v2] = [peer.tunnel("v1"), peer.tunnel("v2")];
    peer.sendTogether([[v1, first.subarray(0, 20)], [v1], [v2, second]]);
    envoy.run();
    expect(connection.closedBy).toBe("filter");
    expect(Buffer.from(connection.received.view())).toEqual(first.subarray(0, 20));
    envoy.vm.tick();
    expect(envoy.metrics.value("meltemi_connections_closed_total;listener=dubbo;reason=answer_cut")).toBe(1);
  });

  it("are not read behind one that closes the connection", () => {
    const { envoy, connection, peer } = start();
    const [v1, v2] = [peer.tunnel("v1"), peer.tunnel("v2")];
    peer.sendTogether([
      [v1, Buffer.from("this is not the protocol at all")],
      [v2, second],
    ]);
    envoy.run();
    expect(connection.closedBy).toBe("filter");
    expect(connection.received.length).toBe(0);
  });
});
