import { parse } from "yaml";
import { Http2Peer } from "../emulator/peer/peer.js";
import type { Refusal } from "../emulator/peer/tunnel.js";
import { TcpProxy } from "../emulator/tcp-proxy.js";
import {
  type CODES,
  decodeRequest,
  describeRequest,
  encodeResponse,
  RATE_LIMIT_SERVICE,
} from "../support/rate-limit-service.js";
import { Actors, peerOf } from "./actors.js";
import type { Block, Case } from "./case-file.js";
import { parseMessage } from "./message-text.js";
import type { ReceivedMessage } from "./messages/protocol-messages.js";
import { parseScript, type Step } from "./script.js";

/** A status of gRPC. */
const UNAVAILABLE = 14;

/** How finely a case is cut. */
export interface Cut {
  /** Most bytes of one read from the client. */
  client: number;
  /** Most bytes of one write of HCM, and of one piece that an upstream sends. */
  upstream: number;
  /** Whether what is due "soon" happens between two pieces, or only after the last. */
  turns: "between" | "after";
}

/** Runs a case from its first block to its last, and throws at the first thing that is not as it says. */
export class Replay {
  private readonly actors: Actors;
  /** Messages that were sent, by what the case calls them. */
  private readonly sent = new Map<string, Uint8Array>();

  constructor(
    private readonly source: Case,
    private readonly cut: Cut,
  ) {
    this.actors = new Actors(cut.upstream);
  }

  run(): void {
    for (const block of this.source.blocks) {
      if (block.kind === "peer") this.actors.configurePeer(parse(block.text));
      else if (block.kind === "config") this.configure(block);
      else this.runScript(parseScript(block.text, block.line));
    }
    this.checkNothingLeft();
  }

  private configure({ listener, rootId, text, refused, line }: Block): void {
    const { envoy } = this.actors;
    const accepted = this.actors.configure(listener, rootId, JSON.stringify(parse(text)));
    if (accepted !== refused) return;
    const how = accepted ? "accepted" : `refused:\n${envoy.log.slice(-3).join("\n")}`;
    throw new Error(`line ${line}: the configuration was ${how}`);
  }

  private runScript(steps: Step[]): void {
    for (let i = 0; i < steps.length; ) {
      const step = steps[i] as Step;
      let end = i + 1;
      while (step.verb === ">" && steps[end]?.verb === ">" && steps[end]?.subject === step.subject) end++;
      try {
        if (step.verb === ">") this.send(step.subject, steps.slice(i, end));
        else this.runStep(step);
      } catch (error) {
        const { message } = error as Error;
        throw new Error(`line ${step.line}, "${step.subject} ${step.verb} ${step.rest}": ${message}`, { cause: error });
      }
      i = end;
    }
  }

  /** What one actor sends in lines that follow each other is one run of bytes, cut without regard to messages. */
  private send(name: string, steps: Step[]): void {
    const bytes = Buffer.concat(steps.map(({ rest }) => this.remember(name, rest)));
    const { actors, cut } = this;
    const isClient = actors.isClient(name);
    const { connection } = isClient ? actors.client(name) : actors.upstream(name).client;
    const size = isClient ? cut.client : cut.upstream;
    for (let at = 0; at < bytes.length && connection.open; at += size) {
      const piece = bytes.subarray(at, Math.min(at + size, bytes.length));
      if (isClient) connection.receive(piece);
      else actors.answer(name, piece);
      if (cut.turns === "between") actors.envoy.run();
    }
    actors.envoy.run();
  }

  private remember(name: string, source: string): Uint8Array {
    const messages = this.actors.messages(name);
    const { key, bytes } = parseMessage(source, messages);
    this.sent.set(key, parseMessage(source.replace(/^(first|after) \S+ of /, ""), messages).bytes);
    return bytes;
  }

  private runStep(step: Step): void {
    const { subject, verb, words } = step;
    const { actors } = this;
    const [first = "", second = ""] = words;
    if (subject === "counter") equal(`counter ${verb}`, actors.envoy.metrics.value(verb), Number(first));
    else if (subject === "log") this.expectLog(`${verb} ${step.rest}`.trim().replaceAll('"', ""));
    else if (subject === "unlogged") this.expectNoLog(`${verb} ${step.rest}`.trim().replaceAll('"', ""));
    else if (subject === "service") this.runServiceStep(verb, step.rest);
    else if (subject === "loglevel") actors.envoy.logging.level = verb as "info" | "debug";
    else if (subject === "tick") this.passTime(Number(verb || 1000));
    else if (verb === "connects") actors.connectClient(subject, first || undefined, second || undefined);
    else if (verb === "<") this.expectMessage(subject, words, step.rest);
    else if (verb === "<~") this.expectSomewhere(subject, words, step.rest);
    else if (verb === "got") this.takeBytes(subject, first);
    else if (verb === "nothing") this.expectNothing(subject);
    else if (actors.isClient(subject)) this.runClientStep(subject, verb, first, second);
    else this.runClusterStep(subject, verb, first, second);
    actors.envoy.run();
  }

  private runClientStep(name: string, verb: string, first: string, second: string): void {
    const client = this.actors.client(name);
    const { connection } = client;
    if (verb === "closes" || verb === "closed") client.closed = true;
    if (verb === "dialled") connection.properties.set("destination.address", Buffer.from(first));
    else if (verb === "has") connection.properties.set(first, Buffer.from(second));
    else if (verb === "closes") connection.closeByClient();
    else if (verb === "ends") connection.endByClient();
    else if (verb === "closed") equal("closed by", connection.closedBy, "filter");
    else if (verb === "held") within("bytes held", connection.heldBytes, Number(first), Number(second || first));
    else if (verb === "grants") peerOf(client).grantWindow(Number(first));
    else if (verb === "goaway") peerOf(client).goAway(first === "final");
    else if (verb === "ping") peerOf(client).ping();
    else throw new Error(`a client does not do "${verb}"`);
  }

  private runServiceStep(verb: string, rest: string): void {
    const { grpc } = this.actors.envoy;
    const [code = "", remaining, reset] = rest.split(" ");
    if (verb === "asked") {
      const call = grpc.take();
      if (!call) throw new Error("nothing is asked");
      equal("asked", describeRequest(decodeRequest(call.request)), rest);
      equal("service", `${call.service}/${call.method}`, `${RATE_LIMIT_SERVICE}/ShouldRateLimit`);
    } else if (verb === "says") {
      grpc.answer(
        encodeResponse(code as keyof typeof CODES, remaining ? Number(remaining) : undefined, Number(reset ?? 0)),
      );
    } else if (verb === "fails") grpc.fail(UNAVAILABLE);
    else if (verb === "idle") equal("requests", grpc.asked.length, 0);
    else if (verb === "missing") grpc.unknown.add(code);
    else throw new Error(`a service does not do "${verb}"`);
  }

  private passTime(time_ms: number): void {
    const { envoy } = this.actors;
    // Only listeners tick: without one no time passes.
    let last_ns = -1n;
    for (const end_ns = envoy.loop.now_ns + BigInt(time_ms) * 1_000_000n; envoy.loop.now_ns < end_ns; ) {
      if (envoy.loop.now_ns === last_ns) return;
      last_ns = envoy.loop.now_ns;
      envoy.vm.tick();
      envoy.run();
    }
  }

  private runClusterStep(name: string, verb: string, first: string, second: string): void {
    const { actors } = this;
    const { client, cluster } = actors.upstream(name);
    const peer = peerOf(client);
    if (verb === "refuses") actors.decide(cluster, first as Refusal, second === "once");
    else if (verb === "waits") actors.decide(cluster, "wait");
    else if (verb === "accepts") actors.decide(cluster, "accept");
    else if (verb === "leads") actors.leads[cluster] = Number(first);
    else if (verb === "ring") actors.rings[cluster] = Number(first);
    else if (verb === "lingers") actors.lingering.add(cluster);
    else if (verb === "ended") equal("ended by", actors.tunnel(name).endedByFilter, first);
    else if (verb === "ends") peer.finish(actors.tunnel(name));
    else if (verb === "resets") peer.reset(actors.tunnel(name));
    else if (verb === "grants") peer.grantWindow(Number(first), actors.tunnel(name));
    else if (verb === "stuck") within("bytes held back", actors.tunnel(name).waiting.length, Number(first));
    else if (verb === "opened") {
      equal("tunnels", peer.tunnels.filter((tunnel) => tunnel.cluster === cluster).length, Number(first));
    } else throw new Error(`a cluster does not do "${verb}"`);
  }

  private expectLog(text: string): void {
    const { log } = this.actors.envoy;
    const found = log.some((line) => line.includes(text));
    holds(found, `not in the log:\n${log.join("\n")}`);
  }

  private expectNoLog(text: string): void {
    const found = this.actors.envoy.log.filter((line) => line.includes(text));
    holds(found.length === 0, `in the log:\n${found.join("\n")}`);
  }

  private expectMessage(name: string, words: string[], rest: string): void {
    const [kind, id = "", status, text = ""] = words;
    const queue = this.actors.queue(name);
    const message = this.next(name);
    if (!message) throw new Error(`no whole message, ${queue.length} bytes; ${this.actors.describe()}`);
    const found = `${message.description}; ${this.actors.describe()}`;
    if (kind === "reply") {
      if (message.id !== undefined) equal("id", message.id, BigInt(id), found);
      equal("status", message.status, Number(status), found);
      const said = JSON.stringify(message.text);
      holds(said?.includes(text) ?? false, `the reply says ${said}, without "${text}"`);
    } else {
      const expected = kind === "as" ? this.written(name, rest) : this.named(name, words);
      const same = Buffer.compare(expected, message.bytes) === 0;
      holds(same, `it is ${found}, ${Buffer.from(message.bytes.subarray(0, 64)).toString("hex")}`);
    }
    queue.drain(message.bytes.length);
  }

  /** What an actor receives next. */
  private next(name: string): ReceivedMessage | undefined {
    const { actors } = this;
    const direction = actors.isClient(name) ? "response" : "request";
    return actors.messages(name).decode(actors.queue(name).view(), direction);
  }

  /** The same for a message whose place among the others is nobody's business. */
  private expectSomewhere(name: string, words: string[], rest: string): void {
    const queue = this.actors.queue(name);
    const before: Uint8Array[] = [];
    for (let next = this.next(name); next; next = this.next(name)) {
      if (Buffer.compare(next.bytes, this.named(name, words)) === 0) break;
      before.push(queue.take(next.bytes.length));
    }
    this.expectMessage(name, words, rest);
    queue.prepend(Buffer.concat(before));
  }

  private takeBytes(name: string, length: string): void {
    const taken = this.actors.queue(name).take();
    if (length !== "something") equal("bytes", taken.length, Number(length), this.actors.describe());
  }

  /** A message that nobody has sent like this. */
  private written(name: string, rest: string): Uint8Array {
    return parseMessage(rest.replace(/^as /, ""), this.actors.messages(name)).bytes;
  }

  private named(name: string, [kind = "", id = ""]: string[]): Uint8Array {
    const key = `${kind} ${id}`;
    return this.sent.get(key) ?? parseMessage(key, this.actors.messages(name)).bytes;
  }

  private expectNothing(name: string): void {
    const queue = this.actors.queue(name);
    const bytes = Buffer.from(queue.view(0, 64)).toString("hex");
    holds(queue.length === 0, `${name} received ${queue.length} bytes: ${bytes}; ${this.actors.describe()}`);
  }

  private checkNothingLeft(): void {
    const { clients, envoy } = this.actors;
    for (const [name, { connection, behind, closed }] of clients) {
      this.expectNothing(name);
      const upstreams = behind instanceof TcpProxy ? [behind] : behind.tunnels;
      for (const { received } of upstreams) {
        equal(`bytes that the case does not mention, ${this.actors.describe()}`, received.length, 0);
      }
      const { closedBy } = connection;
      if (!closed) equal(`${name}'s connection was closed by`, closedBy, undefined, this.actors.describe());
      if (connection.open && behind instanceof Http2Peer) equal("unanswered PINGs", behind.unansweredPings, 0);
    }
    const critical = envoy.log.filter((line) => line.startsWith("critical"));
    equal("critical log lines", critical.join("\n"), "");
  }
}

function holds(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

function equal(what: string, found: unknown, expected: unknown, context = ""): void {
  holds(found === expected, `${what}: expected ${String(expected)}, found ${String(found)} ${context}`.trim());
}

function within(what: string, found: number, least: number, most = Number.POSITIVE_INFINITY): void {
  holds(found >= least && found <= most, `${what}: expected ${least} to ${most}, found ${found}`);
}
