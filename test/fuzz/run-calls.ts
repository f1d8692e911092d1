import type { Connection } from "../emulator/connection.js";
import { Http2Peer } from "../emulator/peer/peer.js";
import type { Connect, Refusal, Tunnel } from "../emulator/peer/tunnel.js";
import { inPieces } from "./cut.js";
import { ClientLedger, TunnelLedger } from "./ledger.js";
import { withLastId } from "./messages.js";
import type { Action, CallScript, Cut } from "./script.js";
import { CLUSTERS, hasAges, maxMessageBytes } from "./tables.js";
import type { World } from "./world.js";

/** Rounds after which everything must have come to its end. */
const SETTLING_ROUNDS = 200;

const UNCUT: Cut = { sizes: [], turns: false };
const ONE_HOST = Object.fromEntries(CLUSTERS.map((cluster) => [cluster, 1]));
const NONE_LINGER: ReadonlySet<string> = new Set();

type ActionOf<K> = Extract<Action, { do: K }>;

interface Client {
  connection: Connection;
  peer: Http2Peer;
  ledger: ClientLedger;
  left: boolean;
  partial: boolean;
}

/** What came of a case, for each client: to be the same however its bytes were cut. */
export interface Outcome {
  /**
   * A message was not whole when a send was over. It is begun as soon as enough of it is there, which may be then or only when it
   * is whole.
   */
  partial: boolean;
  closed: string | undefined;
  /** The messages that the client got, in no order, and those that each cluster got. */
  said: string;
}

/** Runs one script in a world, and throws at the first thing that must not be. */
export class CallRun {
  private readonly clients: Client[] = [];
  private readonly tunnels = new Map<Tunnel, TunnelLedger>();
  private readonly connect: Record<string, Connect> = {};
  private readonly closedBefore: Map<string, number>;
  private readonly connectionsBefore: number;

  constructor(
    private readonly world: World,
    private readonly script: CallScript,
    /** Bytes go as they come, whatever the script says of cuts. */
    private readonly whole = false,
  ) {
    this.closedBefore = world.closedBy(script.table);
    this.connectionsBefore = world.connections;
    for (let i = 0; i < script.clients; i++) this.clients.push(this.connectClient());
  }

  run(): Outcome[] {
    for (const action of this.script.actions) {
      this.act(action);
      if (this.script.calm) this.world.envoy.run();
      this.read();
    }
    this.settle();
    const outcomes = this.check();
    for (const { connection } of this.clients) connection.closeByClient();
    this.world.envoy.run();
    this.world.checkEmpty(this.connectionsBefore);
    return outcomes;
  }

  private connectClient(): Client {
    const { peer: options, table } = this.script;
    const limits = this.whole ? { writeBytes: 0, coalesce: false } : {};
    const { writeBytes, oneHost, ...rest } = { ...options, ...limits };
    let peer: Http2Peer | undefined;
    const connection = this.world.connect(table, (made) => {
      peer = new Http2Peer(made, this.world.envoy.loop, {
        ...rest,
        lingering: NONE_LINGER,
        leads: oneHost ? ONE_HOST : {},
        maxConcurrentStreams: 1024,
        writeBytes: writeBytes || Number.POSITIVE_INFINITY,
        connect: this.connect,
      });
      return peer;
    });
    const ledger = new ClientLedger(maxMessageBytes(table));
    return { connection, peer: peer as unknown as Http2Peer, ledger, left: false, partial: false };
  }

  private act(action: Action): void {
    if (action.do === "tick") this.tick(action.times);
    else if (action.do === "decide") this.decide(action.cluster, action.outcome);
    else this.actOfClient(action);
  }

  private actOfClient(action: Exclude<Action, ActionOf<"tick" | "decide">>): void {
    const client = this.clients[action.client % this.clients.length] as Client;
    if (!client.connection.open) return;
    if (action.do === "send") this.send(client, action.bytes, action.cut);
    else if (action.do === "leave") this.leave(client);
    else if (action.do === "grant" || action.do === "answer" || action.do === "end" || action.do === "reset") {
      this.actOfTunnel(client, action);
      // HCM has nothing to write before the filter has spoken.
    } else if (client.peer.tunnels.length > 0) this.actOfPeer(client, action);
  }

  private actOfPeer(client: Client, action: ActionOf<"ping" | "frame" | "settings" | "goaway">): void {
    const { peer } = client;
    switch (action.do) {
      case "ping":
        peer.ping();
        break;
      case "frame":
        peer.sendFrame(action.bytes);
        break;
      case "settings":
        peer.changeSettings(action);
        break;
      default:
        this.goAway(client, action.final);
    }
  }

  private actOfTunnel(client: Client, action: ActionOf<"grant" | "answer" | "end" | "reset">): void {
    const { peer } = client;
    const tunnel = action.tunnel < 0 ? undefined : this.tunnelOf(peer, action.tunnel);
    if (action.do === "grant") peer.grantWithheld(action.length, tunnel);
    else if (tunnel && action.do === "answer") this.answer(client, tunnel, action);
    else if (tunnel && action.do !== "answer") this.end(client, tunnel, action.do);
  }

  private tunnelOf(peer: Http2Peer, index: number): Tunnel | undefined {
    const live = peer.tunnels.filter((tunnel) => tunnel.connected && !tunnel.ended && !tunnel.ending);
    return live[index % live.length];
  }

  private send(client: Client, bytes: Buffer, cut: Cut): void {
    const { connection, ledger } = client;
    ledger.sent.append(bytes);
    if (ledger.sent.tail.length > 0 && !ledger.isRefused) client.partial = true;
    if (ledger.sent.broken) ledger.mayClose.add(ledger.sent.broken);
    this.pieces(bytes, cut, (piece) => connection.receive(piece));
  }

  private answer(client: Client, tunnel: Tunnel, { bytes, call, now, cut }: ActionOf<"answer">): void {
    const ledger = this.ledgerOf(client, tunnel);
    let said = ledger.rest;
    ledger.rest = undefined;
    if (!said) {
      if (call !== undefined && ledger.owed.length === 0) return;
      const [id] = call === undefined ? [] : ledger.owed.splice(call % ledger.owed.length, 1);
      said = id === undefined ? bytes : withLastId(bytes, id);
      // Of two that look alike nobody could tell whose the client got.
      if (client.ledger.wasSaid(said)) return;
      if (id !== undefined) ledger.expected.add(id);
      if (now !== undefined) {
        ledger.rest = said.subarray(now);
        said = said.subarray(0, now);
      }
    }
    this.say(client, tunnel, said, cut);
  }

  private say({ peer, ledger }: Client, tunnel: Tunnel, bytes: Buffer, cut: Cut): void {
    const { sent, expected } = this.tunnels.get(tunnel) as TunnelLedger;
    const before = sent.frames.length;
    sent.append(bytes);
    // What nobody asked for, be it that a mutant has split into messages or answers a call of its own choice.
    for (const { id } of sent.frames.slice(before)) if (!expected.delete(id)) ledger.unasked.add(id);
    const { begun } = sent;
    const last = begun.length > sent.frames.length ? begun.at(-1) : undefined;
    if (last && !expected.has(last.id)) ledger.unasked.add(last.id);
    if (sent.broken) {
      ledger.mayClose.add("bad_answer");
      // Behind what is no message, anything may be taken for one.
      for (const { id } of ledger.sent.frames) ledger.unasked.add(id);
    }
    this.pieces(bytes, cut, (piece) => {
      if (!tunnel.ended) peer.sendBytes(tunnel, piece);
    });
  }

  private end({ peer, ledger }: Client, tunnel: Tunnel, how: "end" | "reset"): void {
    // Only the filter knows how much of an answer the client has.
    const said = this.tunnels.get(tunnel);
    if (said) said.reached = true;
    if (tunnel.waiting.length > 0 || (said && said.sent.tail.length > 0)) ledger.mayClose.add("answer_cut");
    if (how === "end") peer.finish(tunnel);
    else peer.reset(tunnel);
  }

  private leave(client: Client): void {
    client.left = true;
    client.connection.closeByClient();
  }

  private goAway({ peer, ledger }: Client, final: boolean): void {
    ledger.mayClose.add("drained");
    peer.goAway(final);
  }

  private tick(times: number): void {
    for (let i = 0; i < times; i++) {
      this.world.envoy.vm.tick();
      this.world.envoy.run();
    }
    if (!hasAges(this.script.table)) return;
    for (const { ledger } of this.clients) {
      ledger.mayClose.add("drained");
      ledger.mayClose.add("idle_timeout");
    }
  }

  private decide(cluster: string, outcome: Connect): void {
    this.connect[cluster] = outcome;
    if (outcome === "wait") return;
    for (const { peer, connection } of this.clients) {
      if (!connection.open) continue;
      for (const tunnel of peer.tunnels) {
        if (tunnel.cluster === cluster && !tunnel.connected && !tunnel.ended && !tunnel.resetting)
          settled(peer, tunnel, outcome);
      }
    }
  }

  private pieces(bytes: Buffer, cut: Cut, give: (piece: Buffer) => void): void {
    inPieces(bytes, this.whole ? UNCUT : cut, (piece) => {
      give(piece);
      if (cut.turns && !this.whole) this.world.envoy.run();
    });
  }

  /** Upstreams and clients read what has come. */
  private read(): void {
    for (const client of this.clients) {
      for (const tunnel of client.peer.tunnels) {
        if (tunnel.received.length > 0) this.ledgerOf(client, tunnel).take(tunnel.received.take());
        if (tunnel.connected) this.ledgerOf(client, tunnel).reached = true;
      }
      const { received } = client.connection;
      if (received.length > 0) client.ledger.received.append(received.take());
    }
  }

  private ledgerOf({ ledger }: Client, tunnel: Tunnel): TunnelLedger {
    let known = this.tunnels.get(tunnel);
    if (!known) {
      known = new TunnelLedger(tunnel.cluster);
      this.tunnels.set(tunnel, known);
      ledger.tunnels.push(known);
    }
    return known;
  }

  /** Grants and accepts what was withheld, finishes answers, and ends upstream after upstream, until nothing is left to come. */
  private settle(): void {
    const { envoy } = this.world;
    for (const cluster of Object.keys(this.connect)) this.connect[cluster] = "accept";
    for (let round = 0; ; round++) {
      envoy.run();
      this.read();
      if (round === 0) this.openWindows();
      let busy = false;
      for (const client of this.clients) busy = (client.connection.open && this.settleClient(client)) || busy;
      if (!busy && envoy.loop.idle) return;
      if (round === SETTLING_ROUNDS) throw new Error("it does not come to an end");
    }
  }

  private openWindows(): void {
    for (const { connection, peer } of this.clients) {
      if (connection.open && peer.tunnels.length > 0)
        peer.changeSettings({ streamWindow: 1 << 20, maxFrameSize: 1 << 20 });
    }
  }

  private settleClient(client: Client): boolean {
    const { peer } = client;
    const live = peer.tunnels.filter((tunnel) => !tunnel.ended && !tunnel.ending && !tunnel.resetting);
    if ([undefined, ...live].filter((tunnel) => peer.grantWithheld(undefined, tunnel)).length > 0) return true;
    for (const tunnel of live) {
      const ledger = this.ledgerOf(client, tunnel);
      if (!tunnel.connected) peer.accept(tunnel);
      else if (ledger.rest) {
        this.say(client, tunnel, ledger.rest, UNCUT);
        ledger.rest = undefined;
      } else this.end(client, tunnel, "end");
      if (!client.connection.open) break;
    }
    return live.length > 0;
  }

  private check(): Outcome[] {
    this.world.tellCounts();
    this.read();
    const closed = this.checkReasons();
    return this.clients.map((client, i) => {
      const { ledger, connection, left, partial } = client;
      ledger.checkUpstreams();
      ledger.checkClient(connection.open);
      if (connection.open && ledger.isRefused) throw new Error(`${ledger.sent.broken}, and the connection is open`);
      const said = [
        ...ledger.received.frames.map(({ bytes }) => `client ${bytes.toString("latin1")}`).sort(),
        ...ledger.tunnels.flatMap(({ cluster, frames }) => frames.map((index) => `${cluster} ${index}`)).sort(),
      ];
      return { partial, closed: left ? "by the client" : closed[i], said: said.join("\n") };
    });
  }

  /** Each connection that the filter closed has a reason that it may have, and each is counted once. */
  private checkReasons(): Array<string | undefined> {
    const after = this.world.closedBy(this.script.table);
    const counted = [...after].flatMap(([reason, count]) =>
      Array.from({ length: count - (this.closedBefore.get(reason) ?? 0) }, () => reason),
    );
    const closed = this.clients.filter(({ connection, left }) => connection.closedBy === "filter" && !left);
    const all = `counted ${counted.join(", ") || "nothing"}`;
    // One that is about to be closed and whose client leaves before is counted, too.
    const departed = this.clients.filter(({ left }) => left).length;
    if (counted.length < closed.length || counted.length > closed.length + departed)
      throw new Error(`${closed.length} connections were closed by the filter; ${all}`);
    for (const { ledger } of closed) {
      if (counted.some((reason) => ledger.mayClose.has(reason))) continue;
      throw new Error(`closed without a reason; ${all}, expected ${[...ledger.mayClose].join(", ") || "nothing"}`);
    }
    const known = this.clients.length === 1 ? counted[0] : counted.sort().join();
    return this.clients.map(({ connection }) => (connection.closedBy === "filter" ? known : undefined));
  }
}

function settled(peer: Http2Peer, tunnel: Tunnel, outcome: "accept" | Refusal): void {
  if (outcome === "accept") peer.accept(tunnel);
  else peer.refuse(tunnel, outcome);
}
