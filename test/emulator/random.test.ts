import { describe, expect, it } from "vitest";
import { encodeAnswer, encodeCall, encodeHeartbeat } from "../support/dubbo.js";
import { Random } from "../support/random.js";
import { EmulatedEnvoy } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";
import { RandomTraffic } from "./random-traffic.js";

const RUNS = 25;
const seeds = Array.from({ length: 8 }, (_, i) => i * RUNS);

describe("random traffic", () => {
  it.each(seeds)("keeps every call and every answer whole, seeds from %i", (first) => {
    for (let seed = first; seed < first + RUNS; seed++) {
      try {
        new RandomTraffic(seed).run();
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});

const CONFIG = JSON.stringify({
  virtual_hosts: [
    {
      name: "all",
      services: ["*"],
      routes: [
        { match: { attributes: [{ name: "user", exact_match: "jason" }] }, route: { cluster: "v2" } },
        { route: { cluster: "v1" } },
      ],
    },
  ],
});

/** Some bytes changed, cut out or put in, where decoders look. */
function damage(random: Random, bytes: Uint8Array): Uint8Array {
  const damaged = Uint8Array.from(bytes);
  for (let i = 0; i <= random.below(4); i++) damaged[random.below(damaged.length)] = random.below(256);
  if (random.oneIn(4)) return damaged.subarray(0, random.below(damaged.length));
  return damaged;
}

describe("damaged bytes", () => {
  it.each(seeds)("never trap the VM or reach HCM as frames, seeds from %i", (first) => {
    const envoy = new EmulatedEnvoy();
    expect(envoy.configureWorker("dubbo", CONFIG)).toBe(true);
    for (let seed = first; seed < first + RUNS; seed++) {
      const random = new Random(seed);
      let peer: Http2Peer | undefined;
      const connection = envoy.connect("dubbo", (made) => {
        peer = new Http2Peer(made, envoy.loop, DEFAULT_PEER);
        return peer;
      });
      try {
        connection.receive(encodeCall({ id: 1, service: "a.B", method: "c" }));
        envoy.run();
        for (let i = 0; i < 6 && connection.open; i++) {
          const attachments: Record<string, string> = random.oneIn(2) ? { user: "jason" } : {};
          const args = [random.pick(["short", "a".repeat(2000), null, true, 12345, { k: { v: "nested" } }])];
          const call = encodeCall({
            id: i,
            service: "a.B",
            method: "c",
            args,
            types: "Ljava/lang/Object;",
            attachments,
          });
          const message = random.pick([call, call, encodeHeartbeat(i)]);
          connection.receive(random.oneIn(3) ? message : damage(random, message));
          envoy.run();
          const tunnel = peer?.tunnels.find((candidate) => !candidate.ended);
          if (tunnel && connection.open) peer?.sendBytes(tunnel, damage(random, encodeAnswer({ id: i })));
          envoy.run();
        }
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
      connection.closeByClient();
    }
  });
});
