import { describe, expect, it } from "vitest";
import { encodeAnswer, encodeCall, encodeHeartbeat } from "../support/dubbo.js";
import { Random } from "../support/random.js";
import { EmulatedEnvoy } from "./envoy.js";
import { TcpProxy } from "./tcp-proxy.js";

const RUNS = 12;
const seeds = Array.from({ length: 4 }, (_, i) => i * RUNS);

const CONFIG = JSON.stringify({
  virtual_hosts: [
    {
      name: "all",
      services: ["a.B"],
      routes: [
        { match: { attributes: [{ name: "user", exact_match: "jason" }] }, route: { cluster: "own" } },
        { route: { cluster: "own" } },
      ],
    },
  ],
});

/** A filter in this mode, and one client connection through it. */
function carried(mode: "connection" | "observe") {
  const envoy = new EmulatedEnvoy();
  expect(envoy.configureWorker("dubbo", CONFIG, `dubbo/${mode}`)).toBe(true);
  let proxy: TcpProxy | undefined;
  const connection = envoy.connect("dubbo", (made) => {
    proxy = new TcpProxy(made, "own");
    return proxy;
  });
  return { envoy, connection, proxy: proxy as TcpProxy };
}

interface Traffic {
  readonly requests: Buffer;
  readonly answers: Buffer;
  /** Answered calls, calls without an answer and one-way calls, by method. */
  readonly answered: Map<string, number>;
  readonly unanswered: Map<string, number>;
  readonly oneWay: Map<string, number>;
}

function traffic(random: Random): Traffic {
  const [answered, unanswered, oneWay] = [0, 1, 2].map(() => new Map<string, number>()) as Map<string, number>[];
  const requests: Uint8Array[] = [];
  const answers: Uint8Array[] = [];
  const add = (to: Map<string, number> | undefined, method: string) => to?.set(method, (to.get(method) ?? 0) + 1);
  for (let id = 1; id <= 20; id++) {
    const method = random.pick(["one", "two", "a-rather-long-method-name"]);
    const args = ["x".repeat(random.below(random.oneIn(8) ? 10_000 : 50))];
    const attachments: Record<string, string> = random.oneIn(2) ? { user: "jason" } : {};
    const isOneWay = random.oneIn(5);
    requests.push(encodeCall({ id, service: "a.B", method, args, attachments, oneWay: isOneWay }));
    if (random.oneIn(6)) requests.push(encodeHeartbeat(1000 + id));
    if (random.oneIn(6)) answers.push(encodeHeartbeat(2000 + id));
    if (isOneWay) add(oneWay, method);
    else if (random.oneIn(6)) add(unanswered, method);
    else {
      add(answered, method);
      answers.push(encodeAnswer({ id, value: "y".repeat(random.below(random.oneIn(8) ? 10_000 : 50)) }));
    }
  }
  return {
    requests: Buffer.concat(requests),
    answers: Buffer.concat(answers),
    answered: answered ?? new Map(),
    unanswered: unanswered ?? new Map(),
    oneWay: oneWay ?? new Map(),
  };
}

/** Pieces of random sizes, mostly a few bytes or a few kilobytes. */
function* pieces(random: Random, bytes: Uint8Array): Generator<Uint8Array> {
  const most = random.pick([3, 40, 3000, 100_000]);
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(most);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

describe("connections that tcp_proxy carries", () => {
  it.each(seeds)("are observed rightly however their bytes are cut, seeds from %i", (first) => {
    for (let seed = first; seed < first + RUNS; seed++) {
      const random = new Random(seed);
      const { envoy, connection, proxy } = carried("observe");
      const { requests, answers, ...counts } = traffic(random);
      let sent = 0;
      for (const piece of pieces(random, requests)) {
        connection.receive(piece);
        sent += piece.length;
        if (proxy.received.length !== sent) throw new Error(`seed ${seed}: bytes are held back`);
      }
      for (const piece of pieces(random, answers)) proxy.send(piece);
      expect(Buffer.compare(proxy.received.view(), requests), `seed ${seed}`).toBe(0);
      expect(Buffer.compare(connection.received.view(), answers), `seed ${seed}`).toBe(0);
      expect(connection.open).toBe(true);
      connection.closeByClient();
      envoy.vm.tick();
      for (const [name, status] of [
        ["answered", "20"],
        ["unanswered", "unanswered"],
        ["oneWay", "oneway"],
      ] as const) {
        for (const [method, count] of counts[name]) {
          const series = `meltemi_requests_total;listener=dubbo;service=all;method=${method};cluster=own;status=${status}`;
          expect(envoy.metrics.value(series), `seed ${seed}, ${series}`).toBe(count);
        }
      }
    }
  });

  it.each(seeds)("go on byte for byte once a cluster is chosen, seeds from %i", (first) => {
    for (let seed = first; seed < first + RUNS; seed++) {
      const random = new Random(seed);
      const { connection, proxy } = carried("connection");
      const { requests, answers } = traffic(random);
      for (const piece of pieces(random, requests)) connection.receive(piece);
      for (const piece of pieces(random, answers)) proxy.send(piece);
      expect(Buffer.compare(proxy.received.view(), requests), `seed ${seed}`).toBe(0);
      expect(Buffer.compare(connection.received.view(), answers), `seed ${seed}`).toBe(0);
    }
  });

  it.each(["connection", "observe"] as const)("never trap the VM by what they carry, in mode %s", (mode) => {
    for (let seed = 0; seed < 60; seed++) {
      const random = new Random(seed);
      const { envoy, connection, proxy } = carried(mode);
      const { requests, answers } = traffic(random);
      const damage = (bytes: Buffer) => {
        for (let i = 0; i < 1 + random.below(6); i++) bytes[random.below(bytes.length)] = random.below(256);
      };
      damage(requests);
      damage(answers);
      try {
        for (const piece of pieces(random, requests)) connection.receive(piece);
        if (proxy.cluster !== undefined) for (const piece of pieces(random, answers)) proxy.send(piece);
        envoy.run();
        connection.closeByClient();
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });

  it("may come and go without end and leave nothing behind", () => {
    const envoy = new EmulatedEnvoy();
    const call = encodeCall({ id: 1, service: "a.B", method: "c", args: ["a".repeat(100)] });
    const come = (mode: string) => {
      let proxy: TcpProxy | undefined;
      const connection = envoy.connect(mode, (made) => {
        proxy = new TcpProxy(made, "own");
        return proxy;
      });
      connection.receive(call.subarray(0, 60));
      connection.receive(call.subarray(60));
      proxy?.send(encodeAnswer({ id: 1 }));
      connection.receive(call.subarray(0, 70));
      connection.closeByClient();
    };
    for (const mode of ["connection", "observe"]) {
      expect(envoy.configureWorker(mode, CONFIG, `dubbo/${mode}`)).toBe(true);
      for (let i = 0; i < 2_000; i++) come(mode);
      const before = envoy.vm.memory.size;
      for (let i = 0; i < 20_000; i++) come(mode);
      expect(envoy.vm.memory.size).toBe(before);
    }
  });
});
