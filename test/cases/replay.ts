import { parse } from "yaml";
import type { Connection } from "../emulator/connection.js";
import { EmulatedEnvoy } from "../emulator/envoy.js";
import { DEFAULT_PEER, type PeerOptions } from "../emulator/peer/options.js";
import { Http2Peer } from "../emulator/peer/peer.js";
import type { Connect, Refusal, Tunnel } from "../emulator/peer/tunnel.js";
import type { ByteQueue } from "../support/byte-queue.js";
import { answerText, decodeMessage, describeMessage } from "../support/dubbo.js";
import type { Case } from "./case-file.js";
import { type MessageText, parseMessage } from "./message-text.js";
import { parseScript, type Step } from "./script.js";

/** How finely a case is cut. */
export interface Cut {
  /** Most bytes of one read from the client. */
  client: number;
  /** Most bytes of one write of HCM, and of one piece that an upstream sends. */
  upstream: number;
  /** Whether what is due "soon" happens between two pieces, or only after the last. */
  turns: "between" | "after";
}

interface Client {
  connection: Connection;
  peer: Http2Peer;
  closed: boolean;
}

/** Runs a case from its first block to its last, and throws at the first thing that is not as it says. */
export class Replay {
  private readonly envoy = new EmulatedEnvoy();
  private readonly clients = new Map<string, Client>();
  private readonly connect: Record<string, Connect> = {};
  private readonly sent = new Map<string, Uint8Array>();
  private peerOptions: Partial<PeerOptions> = {};

  constructor(
    private readonly source: Case,
    private readonly cut: Cut,
  ) {}

  run(): void {
    for (const block of this.source.blocks) {
      if (block.kind === "peer") this.configurePeer(parse(block.text));
      else if (block.kind === "config") {
        const accepted = this.envoy.configureWorker(block.listener, JSON.stringify(parse(block.text)));
        if (accepted === block.refused) {
          const log = this.envoy.log.slice(-3).join("\n");
          throw new Error(`line ${block.line}: the configuration was ${accepted ? "accepted" : `refused:\n${log}`}`);
        }
      } else this.runScript(parseScript(block.text, block.line));
    }
    this.checkNothingLeft();
  }

  private configurePeer({ readBufferBytes, ...options }: Partial<PeerOptions> & { readBufferBytes?: number }): void {
    if (readBufferBytes !== undefined) this.envoy.readBufferLimit_bytes = readBufferBytes;
    this.peerOptions = { ...this.peerOptions, ...options };
  }

  private runScript(steps: Step[]): void {
    for (let i = 0; i < steps.length; ) {
      const step = steps[i] as Step;
      try {
        if (step.verb !== ">") {
          i++;
          this.runStep(step);
          continue;
        }
        let bytes: Uint8Array = new Uint8Array(0);
        for (let same = steps[i]; same?.verb === ">" && same.subject === step.subject; same = steps[++i]) {
          const message = parseMessage(same.rest);
          if (!/^(first|after)/.test(same.rest)) this.sent.set(message.key, message.bytes);
          else this.sent.set(message.key, parseMessage(same.rest.replace(/^\S+ \S+ of /, "")).bytes);
          bytes = Buffer.concat([bytes, message.bytes]);
        }
        this.send(step.subject, bytes);
      } catch (error) {
        const { message } = error as Error;
        throw new Error(`line ${step.line}, "${step.subject} ${step.verb} ${step.rest}": ${message}`, { cause: error });
      }
    }
  }

  private runStep(step: Step): void {
    const { subject, verb, words } = step;
    const [first = "", second = ""] = words;
    if (subject === "counter") equal(`counter ${verb}`, this.envoy.metrics.value(verb), Number(first));
    else if (subject === "log") {
      const text = `${verb} ${step.rest}`.trim().replaceAll('"', "");
      const { log } = this.envoy;
      holds(
        log.some((line) => line.includes(text)),
        `not in the log:\n${log.join("\n")}`,
      );
    } else if (subject === "tick") this.envoy.vm.tick();
    else if (verb === "connects") this.connectClient(subject, first || "dubbo");
    else if (verb === "<") this.expectMessage(subject, words);
    else if (verb === "<~") this.expectSomewhere(subject, words);
    else if (verb === "got") this.takeBytes(subject, first);
    else if (verb === "nothing") this.expectNothing(subject);
    else if (this.isClient(subject)) this.runClientStep(subject, verb, first, second);
    else this.runClusterStep(subject, verb, first);
    this.envoy.run();
  }

  private runClientStep(name: string, verb: string, first: string, second: string): void {
    const client = this.client(name);
    const { connection, peer } = client;
    if (verb === "closes") {
      client.closed = true;
      connection.closeByClient();
    } else if (verb === "closed") {
      client.closed = true;
      equal("closed by", connection.closedBy, "filter");
    } else if (verb === "grants") peer.grantWindow(Number(first));
    else if (verb === "held")
      within("bytes in the read buffer", connection.heldBytes, Number(first), Number(second || first));
    else if (verb === "goaway") peer.goAway();
    else if (verb === "ping") peer.ping();
    else throw new Error(`a client does not do "${verb}"`);
  }

  private runClusterStep(name: string, verb: string, first: string): void {
    const [cluster = "", clientName = "client"] = name.split("/");
    const tunnel = (): Tunnel => this.client(clientName).peer.tunnel(cluster);
    if (verb === "refuses") this.settleWaiting(cluster, first as Refusal);
    else if (verb === "waits") this.connect[cluster] = "wait";
    else if (verb === "accepts") this.settleWaiting(cluster, "accept");
    else if (verb === "ends") this.client(clientName).peer.finish(tunnel());
    else if (verb === "resets") this.client(clientName).peer.reset(tunnel());
    else if (verb === "grants") this.client(clientName).peer.grantWindow(Number(first), tunnel());
    else if (verb === "stuck")
      within("bytes held back", tunnel().waiting.length, Number(first), Number.POSITIVE_INFINITY);
    else if (verb === "opened") {
      const { tunnels } = this.client(clientName).peer;
      equal("tunnels", tunnels.filter((candidate) => candidate.cluster === cluster).length, Number(first));
    } else throw new Error(`a cluster does not do "${verb}"`);
  }

  private settleWaiting(cluster: string, outcome: "accept" | Refusal): void {
    this.connect[cluster] = outcome;
    for (const { peer } of this.clients.values()) {
      for (const tunnel of peer.tunnels) {
        if (tunnel.cluster !== cluster || tunnel.connected || tunnel.ended) continue;
        if (outcome === "accept") peer.accept(tunnel);
        else peer.refuse(tunnel, outcome);
      }
    }
  }

  private send(name: string, bytes: Uint8Array): void {
    const isClient = this.isClient(name);
    const size = isClient ? this.cut.client : this.cut.upstream;
    const [cluster = "", clientName = "client"] = name.split("/");
    for (let at = 0; at < bytes.length; at += size) {
      if (!this.client(isClient ? name : clientName).connection.open) return;
      const piece = bytes.subarray(at, Math.min(at + size, bytes.length));
      if (isClient) this.client(name).connection.receive(piece);
      else this.client(clientName).peer.sendBytes(this.client(clientName).peer.tunnel(cluster), piece);
      if (this.cut.turns === "between") this.envoy.run();
    }
    this.envoy.run();
  }

  private expectMessage(name: string, words: string[]): void {
    const [kind, id = "", status, text] = words;
    const queue = this.queue(name);
    const message = decodeMessage(queue.view());
    if (!message) throw new Error(`no whole message, ${queue.length} bytes; ${this.state()}`);
    const found = `${describeMessage(message)}; ${this.state()}`;
    if (kind === "reply") {
      equal("id", message.id, BigInt(id), found);
      equal("status", message.status, Number(status), found);
      const said = answerText(message);
      holds(said.includes(text ?? ""), `the reply says ${JSON.stringify(said)}, without ${JSON.stringify(text)}`);
    } else {
      const expected = this.named(words).bytes;
      holds(
        Buffer.compare(expected, message.bytes) === 0,
        `it is ${found}, ${Buffer.from(message.bytes.subarray(0, 64)).toString("hex")}`,
      );
    }
    queue.drain(message.bytes.length);
  }

  /** The same for a message whose place among the others is nobody's business. */
  private expectSomewhere(name: string, words: string[]): void {
    const queue = this.queue(name);
    const before: Uint8Array[] = [];
    for (let next = decodeMessage(queue.view()); next; next = decodeMessage(queue.view())) {
      const { key, bytes } = this.named(words);
      if (Buffer.compare(next.bytes, bytes) === 0) break;
      before.push(queue.take(next.bytes.length));
      if (queue.length === 0) throw new Error(`${key} is not among what it received; ${this.state()}`);
    }
    this.expectMessage(name, words);
    queue.prepend(Buffer.concat(before));
  }

  private takeBytes(name: string, length: string): void {
    const taken = this.queue(name).take();
    if (length !== "something") equal("bytes", taken.length, Number(length), this.state());
  }

  private named([kind = "", id = ""]: string[]): MessageText {
    const key = `${kind} ${id}`;
    return { key, bytes: this.sent.get(key) ?? parseMessage(key).bytes };
  }

  private expectNothing(name: string): void {
    const queue = this.queue(name);
    if (queue.length === 0) return;
    throw new Error(`${queue.length} bytes: ${Buffer.from(queue.view(0, 64)).toString("hex")}; ${this.state()}`);
  }

  private checkNothingLeft(): void {
    for (const [name, client] of this.clients) {
      this.expectNothing(name);
      for (const tunnel of client.peer.tunnels) {
        holds(
          tunnel.received.length === 0,
          `${tunnel.name} received ${tunnel.received.length} bytes that the case does not mention`,
        );
      }
      const { closedBy } = client.connection;
      if (!client.closed)
        holds(closedBy === undefined, `${name}'s connection was closed by the ${closedBy}; ${this.state()}`);
      if (client.connection.open) equal("unanswered PINGs", client.peer.unansweredPings, 0);
    }
    const critical = this.envoy.log.filter((line) => line.startsWith("critical"));
    equal("critical log lines", critical.join("\n"), "");
  }

  private queue(name: string): ByteQueue {
    if (this.isClient(name)) return this.client(name).connection.received;
    const [cluster = "", clientName = "client"] = name.split("/");
    return this.client(clientName).peer.tunnel(cluster).received;
  }

  private isClient(name: string): boolean {
    return name === "client" || this.clients.has(name);
  }

  private client(name: string): Client {
    return this.clients.get(name) ?? this.connectClient(name, "dubbo");
  }

  private connectClient(name: string, listener: string): Client {
    const options = { ...DEFAULT_PEER, writeBytes: this.cut.upstream, ...this.peerOptions, connect: this.connect };
    options.headers = this.cut.upstream % 2 === 0 ? "plain" : "incremental";
    let peer: Http2Peer | undefined;
    const connection = this.envoy.connect(listener, (made) => {
      peer = new Http2Peer(made, this.envoy.loop, options);
      return peer;
    });
    const client: Client = { connection, peer: peer as unknown as Http2Peer, closed: false };
    this.clients.set(name, client);
    return client;
  }

  private state(): string {
    const clients = [...this.clients].map(([name, { connection, peer }]) => {
      const tunnels = peer.tunnels.map((t) => `${t.name}${t.ended ? " ended" : ""} ${t.received.length} B`).join(", ");
      return `${name}: ${connection.closedBy ?? "open"}, ${connection.heldBytes} B held, ${connection.received.length} B received, tunnels ${tunnels || "none"}`;
    });
    return `${clients.join("; ")}; log ${JSON.stringify(this.envoy.log.slice(-3))}`;
  }
}

function holds(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

function equal(what: string, found: unknown, expected: unknown, context = ""): void {
  holds(found === expected, `${what}: expected ${String(expected)}, found ${String(found)} ${context}`.trim());
}

function within(what: string, found: number, least: number, most: number): void {
  holds(found >= least && found <= most, `${what}: expected ${least} to ${most}, found ${found}`);
}
