import { describe, expect, it } from "vitest";
import { decodeMessage, encodeAnswer, encodeCall } from "../support/dubbo.js";
import { Random } from "../support/random.js";
import type { Connection } from "./connection.js";
import { EmulatedEnvoy } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";

const MOST = 12;
const MOST_PER_METHOD = 4;
const METHODS = ["get", "put", "list", "slow"];
const OVERFLOW = 100;
/** Of every other run. */
const MOST_PENDING = 3;
const IN_FLIGHT = "meltemi_circuit_breaker_requests_in_flight;listener=dubbo;service=v";
const PENDING = "meltemi_circuit_breaker_requests_pending;listener=dubbo;service=v";

function policy(pending: number, timeout_ms?: number): object {
  const most = { max_requests: MOST, max_requests_per_method: MOST_PER_METHOD };
  return {
    ...(timeout_ms !== undefined && { timeout_ms }),
    circuit_breaker: { name: "v", ...most, max_pending_requests: pending, pending_timeout_ms: 300 },
  };
}

/** Tables differ by their versions alone: calls go on when one takes the other's place. */
function config(version: number, pending: number): string {
  return JSON.stringify({
    version: String(version),
    virtual_hosts: [
      {
        name: "v",
        services: ["*"],
        routes: [
          {
            match: { attributes: [{ name: "method", exact_match: "slow" }] },
            route: { cluster: "v2" },
            policy: policy(pending, 50),
          },
          { route: { cluster: "v1" }, policy: policy(pending) },
        ],
      },
    ],
  });
}

interface Client {
  connection: Connection;
  peer: Http2Peer;
  /** Calls that were sent, by id; their methods. */
  open: Map<bigint, string>;
}

/** Calls that end in every way there is, and what the circuit breaker counts meanwhile. */
class Traffic {
  private readonly random: Random;
  private readonly envoy = new EmulatedEnvoy();
  private readonly clients: Client[] = [];
  private readonly connect: Record<string, "accept" | "wait" | "UF" | "UH"> = {};
  private nextId = 1n;
  private version = 1;
  private readonly pending: number;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.pending = seed % 2 ? MOST_PENDING : 0;
    if (!this.envoy.configureWorker("dubbo", config(this.version, this.pending))) throw new Error("refused");
  }

  run(steps: number): void {
    for (let i = 0; i < steps; i++) {
      this.step();
      this.envoy.run();
      this.read();
    }
    this.answerAll();
    for (const { connection } of this.clients) if (connection.open) connection.closeByClient();
    this.envoy.run();
    this.check();
    expect(this.envoy.metrics.value(IN_FLIGHT)).toBe(0);
    expect(this.envoy.metrics.value(PENDING)).toBe(0);
  }

  /** Whoever waits has an answer, or an error, as long as upstreams answer. */
  private answerAll(): void {
    for (const cluster of ["v1", "v2"]) this.connect[cluster] = "accept";
    for (let i = 0; i < 50 && this.waiting().length > 0; i++) {
      for (const client of this.clients.filter(({ connection }) => connection.open)) {
        for (const tunnel of client.peer.tunnels) {
          if (!tunnel.connected && !tunnel.ended && !tunnel.resetting && !tunnel.endedByFilter)
            client.peer.accept(tunnel);
        }
        this.envoy.run();
        this.answer(client, 0);
        this.envoy.run();
      }
      this.read();
    }
    // What was left unanswered before waits for good.
    this.check();
    expect(this.envoy.metrics.value(PENDING)).toBe(0);
  }

  private step(): void {
    const { random } = this;
    const action = random.below(20);
    const client = this.client();
    const tunnel = random.pick([...client.peer.tunnels.filter((one) => one.connected && !one.ended), undefined]);
    if (action < 9) this.call(client, 1 + random.below(4));
    else if (action < 14) this.answer(client, random.below(3));
    else if (action === 14 && random.oneIn(3)) this.check();
    else if (action === 14) this.passTime(random.pick([20, 60]));
    else if (action === 15) this.connect[random.pick(["v1", "v2"])] = random.pick(["accept", "wait", "UF", "UH"]);
    else if (action === 16) this.settleWaiting(client);
    else if (action === 17 && tunnel) client.peer.reset(tunnel);
    else if (action === 18 && tunnel) client.peer.finish(tunnel);
    else if (random.oneIn(2)) client.connection.closeByClient();
    else expect(this.envoy.configureWorker("dubbo", config(++this.version, this.pending))).toBe(true);
  }

  private client(): Client {
    const { random, envoy } = this;
    const open = this.clients.filter(({ connection }) => connection.open);
    if (open.length > 2 || (open.length > 0 && random.oneIn(2))) return random.pick(open);
    let peer: Http2Peer | undefined;
    const connection = envoy.connect("dubbo", (made) => {
      peer = new Http2Peer(made, envoy.loop, { ...DEFAULT_PEER, connect: this.connect });
      return peer;
    });
    const client = { connection, peer: peer as unknown as Http2Peer, open: new Map<bigint, string>() };
    this.clients.push(client);
    return client;
  }

  private call(client: Client, calls: number): void {
    const all = Array.from({ length: calls }, () => {
      const id = this.nextId++;
      const method = this.random.pick(METHODS);
      const oneWay = this.random.oneIn(8);
      if (!oneWay) client.open.set(id, method);
      return encodeCall({ id, service: "a.B", method, oneWay });
    });
    client.connection.receive(Buffer.concat(all));
  }

  /** Answers all calls that the tunnels' upstreams have but for some. */
  private answer({ peer }: Client, but: number): void {
    for (const tunnel of peer.tunnels) {
      if (!tunnel.connected || tunnel.ended || tunnel.ending) continue;
      const ids: bigint[] = [];
      for (let call = decodeMessage(tunnel.received.view()); call; call = decodeMessage(tunnel.received.view())) {
        ids.push(call.id);
        tunnel.received.drain(call.bytes.length);
      }
      for (const id of ids.slice(but)) peer.sendBytes(tunnel, encodeAnswer({ id, value: "a" }));
    }
  }

  private settleWaiting({ peer }: Client): void {
    for (const tunnel of peer.tunnels) {
      if (tunnel.connected || tunnel.ended || tunnel.resetting || tunnel.endedByFilter) continue;
      if (this.connect[tunnel.cluster] === "wait") peer.accept(tunnel);
    }
  }

  private passTime(time_ms: number): void {
    const end_ns = this.envoy.loop.now_ns + BigInt(time_ms) * 1_000_000n;
    while (this.envoy.loop.now_ns < end_ns) {
      this.envoy.vm.tick();
      this.envoy.run();
    }
    this.read();
  }

  /** What every client has had, and how many of its calls are in flight then. */
  private read(): void {
    for (const { connection, open } of this.clients) {
      for (let one = decodeMessage(connection.received.view()); one; one = decodeMessage(connection.received.view())) {
        open.delete(one.id);
        if (one.status === OVERFLOW) expect(this.waiting().length).toBeGreaterThanOrEqual(MOST_PER_METHOD - 1);
        connection.received.drain(one.bytes.length);
      }
      if (!connection.open) open.clear();
    }
    expect(this.waiting().length).toBeLessThanOrEqual(MOST + this.pending);
    for (const method of METHODS) {
      expect(this.waiting().filter((one) => one === method).length).toBeLessThanOrEqual(MOST_PER_METHOD + this.pending);
    }
  }

  private waiting(): string[] {
    return this.clients.flatMap(({ open }) => [...open.values()]);
  }

  /** Exact: each call that its client waits for has a place, and no other has. */
  private check(): void {
    // Once for what comes to its end with time, once to be told of what there is then.
    this.passTime(1100);
    this.passTime(1100);
    const { metrics } = this.envoy;
    expect(metrics.value(IN_FLIGHT)).toBeLessThanOrEqual(MOST);
    expect(metrics.value(IN_FLIGHT) + metrics.value(PENDING)).toBe(this.waiting().length);
  }
}

describe("the places of a circuit breaker", () => {
  it.each(Array.from({ length: 6 }, (_, i) => i * 20))("are all given back, seeds from %i", (first) => {
    for (let seed = first; seed < first + 20; seed++) {
      try {
        new Traffic(seed).run(150);
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});
