import { describe, expect, it } from "vitest";
import { encodeCall } from "../support/dubbo.js";
import { EmulatedEnvoy, filterModule } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";

function config(limit: object): string {
  const rate_limits = [{ id: "a", scope: "ENVOY", ...limit }];
  const routes = [{ route: { cluster: "v1" }, policy: { rate_limits } }];
  return JSON.stringify({ virtual_hosts: [{ name: "all", services: ["*"], routes }] });
}

/** One client of one worker: how many of its one-way calls come through. */
class Client {
  private readonly peer: Http2Peer;
  private readonly connection;
  private id = 0;
  private seen_bytes = 0;

  constructor(private readonly envoy: EmulatedEnvoy) {
    let peer: Http2Peer | undefined;
    this.connection = envoy.connect("dubbo", (made) => {
      peer = new Http2Peer(made, envoy.loop, DEFAULT_PEER);
      return peer;
    });
    this.peer = peer as unknown as Http2Peer;
  }

  passed(count: number, user = "jason"): number {
    const call = () => encodeCall({ id: ++this.id, service: "a.B", method: "c", oneWay: true, attachments: { user } });
    const calls = Array.from({ length: count }, call);
    this.connection.receive(Buffer.concat(calls));
    this.envoy.run();
    const received_bytes = this.peer.tunnels.reduce((sum, { received }) => sum + received.length, 0);
    const bytes = received_bytes - this.seen_bytes;
    this.seen_bytes += bytes;
    return bytes / (calls[0]?.length ?? 1);
  }
}

function workers(count: number, json: string): { envoys: EmulatedEnvoy[]; clients: Client[] } {
  const first = new EmulatedEnvoy();
  const envoys = [first, ...Array.from({ length: count - 1 }, () => new EmulatedEnvoy(filterModule(), first))];
  for (const envoy of envoys) expect(envoy.configure("dubbo", json)).toBe(true);
  return { envoys, clients: envoys.map((envoy) => new Client(envoy)) };
}

function pass(envoy: EmulatedEnvoy, ms: number): void {
  envoy.loop.now_ns += BigInt(ms) * 1_000_000n;
}

describe("a rate limit for all of Envoy", () => {
  const bucket = { max_tokens: 1000, tokens_per_fill: 10, fill_interval_ms: 10 };

  it("lets through what its bucket holds, whichever workers the calls come to", () => {
    const { envoys, clients } = workers(3, config({ token_bucket: bucket }));
    const [first, second, third] = clients as [Client, Client, Client];
    expect(first.passed(305)).toBe(305);
    expect(second.passed(1000)).toBe(690);
    // What the first has taken in advance, a hundredth of a second's at most, is its own.
    expect(third.passed(100)).toBe(0);
    expect(first.passed(100)).toBe(5);
    pass(envoys[0] as EmulatedEnvoy, 50);
    expect(third.passed(30)).toBe(30);
    expect(first.passed(30)).toBe(20);
    expect(second.passed(30)).toBe(0);
  });

  it("asks the host no more often than a hundred times a second, at whatever rate calls come", () => {
    const { envoys, clients } = workers(1, config({ token_bucket: bucket }));
    const [envoy, client] = [envoys[0], clients[0]] as [EmulatedEnvoy, Client];
    client.passed(1000);
    const written = envoy.data.writes;
    const read = envoy.data.reads;
    for (let i = 0; i < 100; i++) {
      pass(envoy, 10);
      expect(client.passed(100)).toBe(10);
    }
    expect(envoy.data.writes - written).toBeLessThanOrEqual(100);
    expect(envoy.data.reads - read).toBeLessThanOrEqual(100);
  });

  it("keeps a bucket for each value, in a bounded number of shared data", () => {
    const limit = { attributes: ["user"], max_buckets: 64, token_bucket: { ...bucket, max_tokens: 2 } };
    const { envoys, clients } = workers(2, config(limit));
    const [first, second] = clients as [Client, Client];
    expect(first.passed(1, "jane")).toBe(1);
    expect(second.passed(5, "jane")).toBe(1);
    expect(second.passed(5, "jason")).toBe(2);
    const before = envoys[0]?.data.size ?? 0;
    for (let i = 0; i < 5_000; i++) first.passed(1, `user-${i}`);
    expect((envoys[0]?.data.size ?? 0) - before).toBeLessThanOrEqual(64 / 8 + 1);
    // All places are taken by values that have just come: what comes now shares one bucket, which is empty.
    expect(first.passed(5, "late")).toBe(0);
    pass(envoys[0] as EmulatedEnvoy, 20);
    expect(second.passed(5, "later")).toBe(2);
  });

  it("does not fill buckets again when a new table comes", () => {
    const limit = { max_tokens: 10, tokens_per_fill: 10, fill_interval_ms: 3_600_000 };
    const { envoys, clients } = workers(2, config({ token_bucket: limit }));
    const [first, second] = clients as [Client, Client];
    expect(first.passed(6)).toBe(6);
    for (const envoy of envoys) expect(envoy.configure("dubbo", `${config({ token_bucket: limit })} `)).toBe(true);
    expect(second.passed(10)).toBe(4);
    expect(first.passed(10)).toBe(0);
  });

  it("goes on when the clock is set back", () => {
    const { envoys, clients } = workers(1, config({ token_bucket: { ...bucket, max_tokens: 10 } }));
    const [envoy, client] = [envoys[0], clients[0]] as [EmulatedEnvoy, Client];
    expect(client.passed(20)).toBe(10);
    pass(envoy, -3_600_000);
    expect(client.passed(1)).toBe(0);
    pass(envoy, 10);
    expect(client.passed(20)).toBe(10);
  });
});
