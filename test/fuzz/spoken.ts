import { EmulatedEnvoy } from "../emulator/envoy.js";
import { DEFAULT_PEER, type PeerOptions } from "../emulator/peer/options.js";
import { Http2Peer } from "../emulator/peer/peer.js";
import type { Connect, Tunnel } from "../emulator/peer/tunnel.js";
import { asConfigured } from "../filter/codec/declared.js";
import { Random } from "../support/random.js";
import { inPieces, makeCut } from "./cut.js";
import { anyPolicy, anySettings } from "./policies.js";
import type { Seeds } from "./spoken-seeds.js";

const CLUSTERS = ["v1", "v2", "v3"];
const CASES_PER_VM = 5_000;
/** Of those with policies: each VM has others. */
const CASES_PER_POLICIES = 50;
const MAX_WASM_BYTES = 48 << 20;
const MAX_TURNS = 200;

/** What is done to a message to make it another one, probably a bad one. */
const MUTATIONS: ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => {
    bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  },
  (bytes, random) => {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, 1 + random.below(bytes.length)),
  (bytes, random) => Buffer.concat([bytes.subarray(0, random.below(bytes.length)), bytes]),
];

/**
 * Cases of any protocol, from the messages that its codec's literate cases show: one client and the upstreams of its tunnels say good and bad
 * ones, cut anywhere, and upstreams fail. Unlike the campaigns of Dubbo's (run-calls.ts) it reads no messages itself; what must hold:
 *
 * - The VM does not trap, the event loop comes to rest, HCM gets good HTTP/2 (`../emulator/peer` throws at anything else).
 * - Of a client that says only good messages, each tunnel carries some of them, whole, in their order.
 * - However its bytes are cut, each cluster gets the same bytes, where nothing fails.
 * - When the connection is gone nothing is kept of it, and the VM's memory stays within a bound.
 *
 * Where routes have policies, messages may be sent in another order, twice, changed or not at all: the first and the last hold.
 */
export class SpokenCampaign {
  private envoy: EmulatedEnvoy;

  constructor(
    private readonly module: WebAssembly.Module,
    private readonly seeds: Seeds,
    private readonly seed: number,
    /** Routes ask for more than a cluster (policies.ts): calls wait, are sent twice, elsewhere, changed or not at all. */
    private readonly governed = false,
  ) {
    this.envoy = this.freshEnvoy(0);
  }

  run(from: number, to: number): void {
    for (let index = from; index < to; index++) {
      if (index === from || index % (this.governed ? CASES_PER_POLICIES : CASES_PER_VM) === 0) {
        this.envoy = this.freshEnvoy(index);
      }
      try {
        this.runCase(index);
      } catch (error) {
        const { message } = error as Error;
        throw new Error(
          `case ${index} of seed ${this.seed}, ${this.seeds.protocol}${this.governed ? ", with policies" : ""}: ${message}`,
          { cause: error },
        );
      }
    }
  }

  private freshEnvoy(index: number): EmulatedEnvoy {
    const envoy = new EmulatedEnvoy(this.module);
    const { protocol, attributes } = this.seeds;
    const random = new Random(Math.imul(this.seed, 0x9e37_79b1) + Math.floor(index / CASES_PER_POLICIES));
    const policy = (name: string) => this.governed && { policy: anyPolicy(random, protocol, name, CLUSTERS) };
    const routes = attributes.slice(0, CLUSTERS.length).map((name, i) => ({
      match: { attributes: [{ name, present_match: true }] },
      route: { cluster: CLUSTERS[i] },
      ...policy(name),
    }));
    const { rootId, ...program } = asConfigured(protocol);
    const config = {
      ...program,
      virtual_hosts: [
        { name: "all", services: ["*"], routes: [...routes, { route: { cluster: "v3" }, ...policy("user") }] },
      ],
      ...(this.governed && { clusters: CLUSTERS.map((name) => anySettings(random, name)) }),
    };
    if (!envoy.configureWorker(protocol, JSON.stringify(config), rootId)) throw new Error(envoy.log.join("\n"));
    return envoy;
  }

  private runCase(index: number): void {
    const seed = Math.imul(this.seed ^ 0x5bd1_e995, 0x9e37_79b1) + Math.imul(index, 0x85eb_ca6b);
    const [clean, fails] = [index % 3 === 0, index % 5 === 0];
    const cut = this.play(seed, { clean, fails, whole: false });
    if (!clean || fails || this.governed) return;
    const whole = this.play(seed, { clean, fails, whole: true });
    for (const cluster of CLUSTERS) {
      const [a, b] = [cut.get(cluster) ?? "", whole.get(cluster) ?? ""];
      if (a !== b)
        throw new Error(`${cluster} got ${a.length / 2} bytes of a client that is cut, ${b.length / 2} uncut: ${b}`);
    }
  }

  /** Plays the case of a seed, and returns what each cluster got, in hexadecimal digits. */
  private play(seed: number, how: { clean: boolean; fails: boolean; whole: boolean }): Map<string, string> {
    const random = new Random(seed);
    const { envoy, seeds } = this;
    const connect: Record<string, Connect> = {};
    const options: PeerOptions = { ...DEFAULT_PEER, connect };
    const sizes = random.oneIn(3) ? random.pick([7, 40, 300]) : Number.POSITIVE_INFINITY;
    if (!how.whole) options.writeBytes = sizes;
    let peer: Http2Peer | undefined;
    const connection = envoy.connect(seeds.protocol, (made) => {
      peer = new Http2Peer(made, envoy.loop, options);
      return peer;
    });
    const { tunnels } = peer as unknown as Http2Peer;
    const sent: Buffer[] = [];
    const received = new Map<Tunnel, Uint8Array[]>();
    const say = (bytes: Buffer, give: (piece: Buffer) => void): void => {
      const cut = makeCut(random, bytes.length);
      if (how.whole) give(bytes);
      else inPieces(bytes, cut, give);
      envoy.run();
      for (const tunnel of tunnels) {
        if (tunnel.received.length > 0) received.set(tunnel, [...(received.get(tunnel) ?? []), tunnel.received.take()]);
      }
    };
    for (let step = 0; step < 3 + random.below(8); step++) {
      const kind = random.below(how.fails ? 12 : 9);
      const live = tunnels.filter((tunnel) => tunnel.connected && !tunnel.ended && !tunnel.ending && !tunnel.resetting);
      if (kind < 5) {
        const messages = Array.from({ length: 1 + random.below(4) }, () => this.request(random, how.clean));
        sent.push(...messages);
        say(Buffer.concat(messages), (piece) => connection.open && connection.receive(piece));
      } else if (kind < 9) {
        const said = Buffer.concat(Array.from({ length: 1 + random.below(3) }, () => this.response(random, how.clean)));
        const tunnel = live[random.below(Math.max(1, live.length))];
        say(said, (piece) => {
          if (tunnel && !tunnel.ended && !tunnel.resetting && connection.open) peer?.sendBytes(tunnel, piece);
        });
      } else this.fail(random, peer as unknown as Http2Peer, live, connect);
      envoy.run();
      if (this.governed) this.passTime(random.below(8));
    }
    for (let turn = 0; !envoy.loop.idle; turn++) {
      if (turn === MAX_TURNS) throw new Error("it does not come to an end");
      envoy.run();
    }
    if (how.clean && !this.governed) for (const parts of received.values()) checkCarried(Buffer.concat(parts), sent);
    if (this.governed && random.oneIn(2)) this.passTime(100);
    connection.closeByClient();
    envoy.run();
    if (this.governed) this.passTime(3);
    this.checkEmpty();
    const got = new Map<string, string>();
    for (const [{ cluster }, parts] of received) {
      got.set(cluster, (got.get(cluster) ?? "") + Buffer.concat(parts).toString("hex"));
    }
    return got;
  }

  /** So many ticks, which are of 10 ms where calls have deadlines. */
  private passTime(ticks: number): void {
    for (let i = 0; i < ticks; i++) {
      this.envoy.vm.tick();
      this.envoy.run();
    }
  }

  private request(random: Random, clean: boolean): Buffer {
    const { requests, any } = this.seeds;
    return clean || !random.oneIn(3) ? random.pick(requests) : mutant(random.pick(any), random);
  }

  private response(random: Random, clean: boolean): Buffer {
    const { responses, any } = this.seeds;
    return clean || !random.oneIn(3) ? random.pick(responses) : mutant(random.pick(any), random);
  }

  private fail(random: Random, peer: Http2Peer, live: Tunnel[], connect: Record<string, Connect>): void {
    const tunnel = live[random.below(Math.max(1, live.length))];
    if (tunnel && random.oneIn(2)) peer.finish(tunnel);
    else if (tunnel) peer.reset(tunnel);
    else connect[random.pick(CLUSTERS)] = random.pick(["accept", "UF", "UH"] as const);
  }

  private checkEmpty(): void {
    const { vm, log } = this.envoy;
    for (const { connection } of vm.contexts.values())
      if (connection) throw new Error("the VM still has the connection");
    const kept = (vm.exports as { keptBytes?(): number }).keptBytes?.();
    if (kept) throw new Error(`${kept} bytes are kept, and no connection is there`);
    if (vm.memory.size > MAX_WASM_BYTES) throw new Error(`the VM has ${vm.memory.size} bytes`);
    const critical = log.find((line) => line.startsWith("critical"));
    if (critical) throw new Error(critical);
  }
}

function mutant(seed: Buffer, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  for (let i = 0; i <= random.below(3) && bytes.length > 0; i++) bytes = random.pick(MUTATIONS)(bytes, random);
  return bytes;
}

/** The bytes are some of the messages that were sent, in their order. */
function checkCarried(bytes: Buffer, sent: readonly Buffer[]): void {
  // Where messages begin alike the first that fits need not be the one.
  let ends = new Set([0]);
  for (const message of sent) {
    const next = new Set(ends);
    for (const at of ends) {
      if (bytes.subarray(at, at + message.length).equals(message)) next.add(at + message.length);
    }
    ends = next;
  }
  if (!ends.has(bytes.length)) throw new Error(`a tunnel carried what was not sent so: ${bytes.toString("hex")}`);
}
