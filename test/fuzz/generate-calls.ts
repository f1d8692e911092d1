import { encodeFrame, FrameType } from "../emulator/peer/frame.js";
import type { Random } from "../support/random.js";
import { makeCut } from "./cut.js";
import { goodRequest, goodResponse, mutant, noise, notice } from "./messages.js";
import type { Action, CallScript } from "./script.js";
import { CALL_TABLES, CLUSTERS } from "./tables.js";

/** How often something out of the ordinary is done, once in so many times; 0 for never. */
interface Temper {
  badRequest: number;
  badResponse: number;
  failure: number;
  flow: number;
  frames: number;
}

const TEMPERS: Temper[] = [
  { badRequest: 0, badResponse: 0, failure: 0, flow: 3, frames: 0 },
  { badRequest: 2, badResponse: 0, failure: 0, flow: 0, frames: 0 },
  { badRequest: 0, badResponse: 3, failure: 0, flow: 0, frames: 0 },
  { badRequest: 0, badResponse: 0, failure: 4, flow: 0, frames: 6 },
  { badRequest: 6, badResponse: 8, failure: 8, flow: 8, frames: 8 },
];

/** Makes one case. */
export class CallGenerator {
  private readonly temper: Temper;
  private readonly actions: Action[] = [];
  /** Of each client: what it has composed and not sent. */
  private readonly pending: Buffer[];
  private nextId = 0;

  constructor(private readonly random: Random) {
    this.temper = this.random.pick(TEMPERS);
    const clients = this.random.oneIn(4) ? 1 + this.random.below(3) : 1;
    this.pending = Array.from({ length: clients }, () => Buffer.alloc(0));
  }

  make(): CallScript {
    const { random, temper } = this;
    const flow = this.sometimes(temper.flow);
    const script: CallScript = {
      kind: "calls",
      table: random.pick(CALL_TABLES),
      clients: this.pending.length,
      peer: {
        streamWindow: flow ? random.pick([100, 2000, 30_000]) : 1 << 20,
        connectionWindow: random.pick([65_535, 4 << 20]),
        maxFrameSize: random.pick([16_384, 1 << 20]),
        grant: flow ? random.pick(["at once", "half", "withheld"] as const) : "half",
        headers: random.pick(["plain", "incremental"] as const),
        writeBytes: random.oneIn(4) ? random.pick([7, 10, 40, 300, 1000]) : 0,
        coalesce: random.oneIn(4),
        oneHost: random.oneIn(4),
      },
      calm: !random.oneIn(3),
      actions: this.actions,
    };
    const steps = 3 + random.below(10);
    this.send(0);
    for (let i = 0; i < steps; i++) this.step();
    return script;
  }

  private step(): void {
    const { random, temper } = this;
    const client = random.below(this.pending.length);
    const tunnel = random.below(4);
    if (this.sometimes(temper.failure)) this.fail(client, tunnel);
    else if (this.sometimes(temper.frames)) this.actions.push({ do: "frame", client, bytes: unusualFrame(random) });
    else if (this.sometimes(temper.flow)) this.change(client, tunnel);
    else if (random.oneIn(25)) this.actions.push({ do: "tick", times: random.pick([1, 1, 15, 45]) });
    else if (random.oneIn(40)) this.actions.push({ do: "ping", client });
    else if (random.oneIn(2)) this.send(client);
    else this.answer(client, tunnel);
  }

  private sometimes(times: number): boolean {
    return times > 0 && this.random.oneIn(times);
  }

  private send(client: number): void {
    const { random } = this;
    const messages = random.oneIn(30) ? 30 + random.below(60) : random.below(4);
    const parts = [this.pending[client] ?? Buffer.alloc(0)];
    for (let i = 0; i < messages; i++) parts.push(this.request(client, messages > 4));
    const bytes = Buffer.concat(parts);
    const whole = !random.oneIn(4);
    const now = whole ? bytes.length : random.below(bytes.length + 1);
    // What is left comes next, or never: what comes then stands in the middle of a message.
    this.pending[client] = this.sometimes(this.temper.badRequest * 2) ? Buffer.alloc(0) : bytes.subarray(now);
    this.actions.push({ do: "send", client, bytes: bytes.subarray(0, now), cut: makeCut(random, now) });
  }

  private request(client: number, small: boolean): Buffer {
    const { random } = this;
    const id = this.id(client);
    const message = small && !random.oneIn(5) ? notice(random, id) : goodRequest(random, id);
    if (!this.sometimes(this.temper.badRequest)) return message;
    return random.oneIn(12) ? noise(random, 1 + random.below(30)) : mutant(random, message);
  }

  /** Most are new; the client's number stands in front, so that no two clients send the same. */
  private id(client: number): bigint {
    const number = this.random.oneIn(8) ? this.random.below(4) : ++this.nextId;
    return (BigInt(client + 1) << 56n) | BigInt(number);
  }

  private answer(client: number, tunnel: number): void {
    const { random } = this;
    const call = random.below(4);
    const bad = this.sometimes(this.temper.badResponse);
    const unasked = bad && random.oneIn(3);
    const said = random.oneIn(8) ? notice(random, BigInt(random.below(8))) : goodResponse(random, this.id(client));
    const alone = bad && !random.oneIn(3) ? mutant(random, said) : said;
    // In one frame with what stands in front of it, which is not for the client.
    const bytes = random.oneIn(8) ? Buffer.concat([notice(random, BigInt(random.below(8))), alone]) : alone;
    const asked = !unasked && said.length > 0 && ((said[2] ?? 0) & 0x80) === 0;
    this.actions.push({
      do: "answer",
      client,
      tunnel,
      bytes,
      ...(asked && { call }),
      ...(random.oneIn(4) && { now: random.below(bytes.length + 1) }),
      cut: makeCut(random, bytes.length),
    });
  }

  private fail(client: number, tunnel: number): void {
    const { random } = this;
    const kind = random.below(8);
    if (kind < 2) this.actions.push({ do: "end", client, tunnel });
    else if (kind < 4) this.actions.push({ do: "reset", client, tunnel });
    else if (kind === 4 && random.oneIn(2)) this.actions.push({ do: "goaway", client, final: random.oneIn(2) });
    else if (kind === 5 && random.oneIn(3)) this.actions.push({ do: "leave", client });
    else {
      const outcome = random.pick(["accept", "wait", "UF", "UH", "UO", "NC"] as const);
      this.actions.push({ do: "decide", cluster: random.pick(CLUSTERS), outcome });
    }
  }

  private change(client: number, tunnel: number): void {
    const { random } = this;
    if (random.oneIn(2)) {
      const length = random.pick([1, 100, 5000]);
      this.actions.push({ do: "grant", client, tunnel: random.oneIn(3) ? -1 : tunnel, length });
    } else {
      // Not below what a refused tunnel may leave to another: that is charged before it is written.
      const streamWindow = random.pick(this.temper.failure ? [65_535, 1 << 20] : [0, 100, 5000, 65_535, 1 << 20]);
      this.actions.push({ do: "settings", client, streamWindow, maxFrameSize: random.pick([16_384, 1 << 20]) });
    }
  }
}

/** Frames that HTTP/2 allows, that HCM does not send today, and that change nothing. */
function unusualFrame(random: Random): Buffer {
  return random.pick([
    () => encodeFrame(FrameType.PRIORITY, 0, 1 + 2 * random.below(3), Buffer.from("0000000010", "hex")),
    () => encodeFrame(0x0a + random.below(200), random.below(256), random.below(8), noise(random, random.below(40))),
    () => encodeFrame(FrameType.DATA, 0, 1 + 2 * random.below(3)),
    () => encodeFrame(FrameType.WINDOW_UPDATE, 0, 99, Buffer.from("00000001", "hex")),
    () => encodeFrame(FrameType.RST_STREAM, 0, 99, Buffer.from("00000008", "hex")),
  ])();
}
