import {
  answerText,
  type DubboMessage,
  decodeMessage,
  encodeAnswer,
  encodeCall,
  encodeEvent,
  encodeHeartbeat,
  isEvent,
  isRequest,
} from "../support/dubbo.js";
import { Random } from "../support/random.js";
import type { Connection } from "./connection.js";
import { EmulatedEnvoy } from "./envoy.js";
import { DEFAULT_PEER } from "./peer/options.js";
import { Http2Peer } from "./peer/peer.js";
import type { Tunnel } from "./peer/tunnel.js";

const CLUSTERS = ["v0", "v1", "v2", "v3"];
const CONFIG = {
  virtual_hosts: [
    {
      name: "all",
      services: ["a.B"],
      routes: CLUSTERS.map((cluster, i) => ({
        match: { attributes: [{ name: i % 2 ? "to" : "method", exact_match: cluster }] },
        route: { cluster },
      })),
    },
  ],
};
const STEPS = 40;
const UPSTREAM_HEARTBEAT = 0xffff_ffffn;

interface Sent {
  bytes: Uint8Array;
  cluster: string | undefined;
  answered: boolean;
}

/**
 * A client and four upstreams that do anything at any time: calls of all sizes cut anywhere, answers in any order and in
 * pieces, windows of any size, upstreams that refuse, end and die. Throws when a call arrives damaged, twice or elsewhere,
 * when an answer arrives damaged or twice, or when a call is left without an answer.
 */
export class RandomTraffic {
  private readonly random: Random;
  private readonly envoy = new EmulatedEnvoy();
  private readonly peer: Http2Peer;
  private readonly connection: Connection;
  private readonly sent = new Map<bigint, Sent>();
  /** What each tunnel's upstream has to answer, and what is left of the answer it is sending. */
  private readonly owed = new Map<Tunnel, bigint[]>();
  private readonly partial = new Map<Tunnel, Uint8Array>();
  private readonly connect: Record<string, "accept" | "UF" | "UH"> = {};
  private unsent: Uint8Array = new Uint8Array(0);
  private nextId = 1n;
  private answerMayBeCut = false;
  /** Heartbeats of upstreams that the filter may still answer. */
  private heartbeats = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    const { random, envoy } = this;
    envoy.readBufferLimit_bytes = random.pick([16_384, 65_536, 1 << 20]);
    const config = { ...CONFIG, read_buffer_bytes: envoy.readBufferLimit_bytes };
    if (!envoy.configureWorker("dubbo", JSON.stringify(config))) throw new Error("the configuration was refused");
    const options = {
      ...DEFAULT_PEER,
      streamWindow: random.pick([2000, 30_000, 65_535, 1 << 20]),
      connectionWindow: random.pick([65_535, 4 << 20]),
      maxFrameSize: random.pick([16_384, 1 << 20]),
      grant: random.pick(["at once", "half"] as const),
      headers: random.pick(["plain", "incremental"] as const),
      writeBytes: random.pick([3, 40, 1000, Number.POSITIVE_INFINITY]),
      maxConcurrentStreams: random.pick([2, 3, 1024]),
      coalesce: seed % 2 === 1,
      connect: this.connect,
    };
    let peer: Http2Peer | undefined;
    this.connection = envoy.connect("dubbo", (made) => {
      peer = new Http2Peer(made, envoy.loop, options);
      return peer;
    });
    this.peer = peer as unknown as Http2Peer;
  }

  run(): void {
    for (let i = 0; i < STEPS && this.connection.open; i++) this.step();
    for (const cluster of CLUSTERS) this.connect[cluster] = "accept";
    this.deliver(Number.POSITIVE_INFINITY);
    for (let i = 0; i < 10_000 && this.settle(); i++);
    this.readClient();
    if (!this.connection.open) {
      if (this.connection.closedBy === "filter" && this.answerMayBeCut) return;
      throw new Error(`closed by the ${this.connection.closedBy}: ${this.envoy.log.join("\n")}`);
    }
    const open = [...this.sent].filter(([, { answered }]) => !answered).map(([id]) => id);
    if (open.length > 0)
      throw new Error(`calls ${open.join(", ")} were never answered, ${this.connection.heldBytes} B held`);
    if (this.connection.received.length > 0) throw new Error("the client is left with half a message");
  }

  private step(): void {
    const { random } = this;
    const action = random.below(12);
    if (action < 4) this.compose();
    if (action < 6) this.deliver(random.pick([1, 10, 100, 5000, 100_000]));
    else if (action < 10) this.answer(random.pick(this.tunnels()), random.pick([1, 15, 20, 100, 1 << 20]));
    else if (action === 10 && random.oneIn(2)) this.notice(random.pick(this.tunnels()));
    else if (action === 10) this.connect[random.pick(CLUSTERS)] = random.pick(["accept", "UF", "UH"] as const);
    else if (random.oneIn(3)) this.kill(random.pick(this.tunnels()));
    if (random.oneIn(2)) this.envoy.run();
    this.readUpstreams();
    this.readClient();
  }

  private tunnels(): Array<Tunnel | undefined> {
    return [undefined, ...this.peer.tunnels.filter((tunnel) => tunnel.connected && !tunnel.ended)];
  }

  private compose(): void {
    const { random } = this;
    const id = this.nextId++;
    if (random.oneIn(8)) {
      const bytes = encodeHeartbeat(id);
      this.unsent = Buffer.concat([this.unsent, bytes]);
      this.sent.set(id, { bytes, cluster: "heartbeat", answered: false });
      return;
    }
    const cluster = random.oneIn(10) ? undefined : random.pick(CLUSTERS);
    const size = random.pick([0, 10, 300, 300, 5000, 40_000]);
    const even = cluster === "v0" || cluster === "v2";
    const attachments: Record<string, string> = cluster && !even ? { to: cluster } : {};
    const method = even ? cluster : "any";
    const oneWay = random.oneIn(10);
    const bytes = encodeCall({ id, service: "a.B", method, args: ["a".repeat(size)], attachments, oneWay });
    this.unsent = Buffer.concat([this.unsent, bytes]);
    this.sent.set(id, { bytes, cluster, answered: oneWay });
  }

  private deliver(length: number): void {
    const piece = this.unsent.subarray(0, Math.min(length, this.unsent.length));
    this.unsent = this.unsent.subarray(piece.length);
    if (piece.length > 0) this.connection.receive(piece);
  }

  private answer(tunnel: Tunnel | undefined, length: number): void {
    if (!tunnel || tunnel.ended || tunnel.ending) return;
    let bytes = this.partial.get(tunnel);
    if (!bytes) {
      const ids = this.owed.get(tunnel) ?? [];
      const [id] = ids.splice(this.random.below(ids.length), 1);
      if (id === undefined) return;
      bytes = encodeAnswer({ id, value: `${tunnel.cluster} ${"b".repeat(this.random.pick([0, 20, 3000, 70_000]))}` });
    }
    const piece = bytes.subarray(0, length);
    if (piece.length < bytes.length) this.partial.set(tunnel, bytes.subarray(piece.length));
    else this.partial.delete(tunnel);
    this.peer.sendBytes(tunnel, piece);
  }

  /** A heartbeat of the upstream's, or its word that it takes no new calls, between two answers. */
  private notice(tunnel: Tunnel | undefined): void {
    if (!tunnel || tunnel.ended || tunnel.ending || this.partial.has(tunnel)) return;
    const heartbeat = this.random.oneIn(2);
    if (heartbeat) this.heartbeats++;
    this.peer.sendBytes(tunnel, heartbeat ? encodeHeartbeat(UPSTREAM_HEARTBEAT) : encodeEvent(1, "R"));
  }

  private kill(tunnel: Tunnel | undefined): void {
    if (!tunnel || tunnel.ended) return;
    if (this.partial.has(tunnel) || tunnel.waiting.length > 0) this.answerMayBeCut = true;
    this.partial.delete(tunnel);
    this.owed.delete(tunnel);
    if (this.random.oneIn(2)) this.peer.reset(tunnel);
    else this.peer.finish(tunnel);
  }

  /** Lets everything come to an end; false when nothing is left to do. */
  private settle(): boolean {
    this.envoy.run();
    this.readUpstreams();
    this.readClient();
    if (!this.connection.open) return false;
    let busy = false;
    for (const tunnel of this.peer.tunnels) {
      if (tunnel.ended || tunnel.ending || (!this.partial.has(tunnel) && !this.owed.get(tunnel)?.length)) continue;
      busy = true;
      this.answer(tunnel, Number.POSITIVE_INFINITY);
    }
    return busy || !this.envoy.loop.idle;
  }

  private readUpstreams(): void {
    for (const tunnel of this.peer.tunnels) {
      for (let call = next(tunnel.received); call; call = next(tunnel.received)) {
        if (isEvent(call) && call.id === UPSTREAM_HEARTBEAT && this.heartbeats-- > 0) continue;
        const sent = this.sent.get(call.id);
        if (sent?.cluster !== tunnel.cluster)
          throw new Error(`call ${call.id} went to ${tunnel.cluster}, not ${sent?.cluster}`);
        if (Buffer.compare(sent.bytes, call.bytes) !== 0) throw new Error(`call ${call.id} arrived damaged`);
        if (sent.answered || tunnel.ended || tunnel.ending) continue;
        this.owed.set(tunnel, [...(this.owed.get(tunnel) ?? []), call.id]);
      }
    }
  }

  private readClient(): void {
    for (let message = next(this.connection.received); message; message = next(this.connection.received)) {
      const sent = this.sent.get(message.id);
      if (!sent || isRequest(message)) throw new Error(`the client received message ${message.id}, which is no answer`);
      if (sent.answered) throw new Error(`call ${message.id} was answered twice`);
      sent.answered = true;
      this.checkAnswer(message, sent);
    }
  }

  private checkAnswer(message: DubboMessage, { cluster }: Sent): void {
    if (cluster === "heartbeat" && isEvent(message) && message.status === 20) return;
    const text = answerText(message);
    if (message.status === 20 && /^v\d b*$/.test(text) && text.startsWith(`${cluster} `)) return;
    if (message.status === 60 && cluster === undefined) return;
    if (message.status === 100 && cluster !== undefined && text.includes(cluster)) return;
    if (message.status === 80 && cluster !== undefined && text.includes(cluster)) return;
    throw new Error(`answer ${message.id} for ${cluster}: status ${message.status}, ${text.slice(0, 60)}`);
  }
}

function next(queue: { view(): Uint8Array; drain(length: number): void }): DubboMessage | undefined {
  const message = decodeMessage(queue.view());
  if (!message) return undefined;
  const copy = { ...message, body: Buffer.from(message.body), bytes: Buffer.from(message.bytes) };
  queue.drain(message.bytes.length);
  return copy;
}
