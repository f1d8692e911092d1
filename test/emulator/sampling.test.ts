import { describe, expect, it } from "vitest";
import { EmulatedEnvoy } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";

const CONFIG = JSON.stringify({
  virtual_hosts: [{ name: "all", services: ["demo.Greeter"], routes: [{ route: { cluster: "v1" } }] }],
});
const LABELS = "listener=dubbo;service=all;method=hello;cluster=v1;status=20";
const CALLS_PER_READ = 16;

function text(value: string): Buffer {
  return Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
}

function message(flags: number, status: number, id: number, body: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt16BE(0xdabb);
  head[2] = flags;
  head[3] = status;
  head.writeUInt32BE(id, 8);
  head.writeUInt32BE(body.length, 12);
  return Buffer.concat([head, body]);
}

/** Makes calls, all of which are answered, in one second of the filter. */
function client(): { envoy: EmulatedEnvoy; second: (calls: number) => number } {
  const envoy = new EmulatedEnvoy();
  expect(envoy.configure("dubbo", CONFIG)).toBe(true);
  let peer: Http2Peer | undefined;
  const connection = envoy.connect("dubbo", (made) => {
    peer = new Http2Peer(made, envoy.loop, DEFAULT_PEER);
    return peer;
  });
  const call = Buffer.concat(["2.0.2", "demo.Greeter", "1.0.0", "hello", ""].map(text));
  const ids = Array.from({ length: CALLS_PER_READ }, (_, i) => i);
  const calls = Buffer.concat(ids.map((id) => message(0xc2, 0, id, call)));
  const answers = Buffer.concat(ids.map((id) => message(0x02, 20, id, Buffer.of(0x94))));
  const second = (count: number): number => {
    const before = envoy.metrics.samples(`meltemi_request_duration_microseconds;${LABELS}`).length;
    for (let made = 0; made < count; made += CALLS_PER_READ) {
      connection.receive(calls);
      envoy.run();
      const tunnel = peer?.tunnel("v1");
      if (!tunnel) throw new Error("no tunnel");
      tunnel.received.drain(tunnel.received.length);
      peer?.sendBytes(tunnel, answers);
      envoy.run();
      connection.received.drain(connection.received.length);
    }
    envoy.vm.tick();
    return envoy.metrics.samples(`meltemi_request_duration_microseconds;${LABELS}`).length - before;
  };
  return { envoy, second };
}

describe("durations", () => {
  it("are measured of each call while they are few", () => {
    const { envoy, second } = client();
    expect([second(1008), second(1008), second(16)]).toEqual([1008, 1008, 16]);
    expect(envoy.metrics.value(`meltemi_requests_total;${LABELS}`)).toBe(2032);
  });

  it("are measured of some hundreds when there were many in the second before, and all calls are counted", () => {
    const { envoy, second } = client();
    second(40_000);
    const measured = second(40_000);
    expect(measured).toBeGreaterThan(500);
    expect(measured).toBeLessThan(520);
    // A quiet second, and each call counts again.
    second(16);
    expect(second(16)).toBe(16);
    expect(envoy.metrics.value(`meltemi_requests_total;${LABELS}`)).toBe(80_032);
  });
});
