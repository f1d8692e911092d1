import { compileCodec } from "./compile.js";
import { declaredProgram } from "./declared.js";

export const STEPS = ["DONE", "MORE", "SCAN", "BAD"] as const;
export const KINDS = [
  "CALL",
  "ONE_WAY",
  "HEARTBEAT",
  "EVENT",
  "GOING_AWAY",
  "ANSWER",
  "PART",
  "STREAM",
  "STREAM_END",
] as const;
/** Those that any call may have; others are of protocols whose calls belong together. */
export const REPLY_CODES = [
  "NOT_FOUND",
  "BAD_REQUEST",
  "UPSTREAM_FAILURE",
  "OVERLOADED",
  "TIMEOUT",
  "RATE_LIMITED",
  "ABORTED",
  "DENIED",
] as const;
/** Their numbers, where they are not those of the list: between them are some that not all protocols have. */
const OTHER_NUMBERS: Partial<Record<ReplyCode, number>> = { DENIED: 10 };
export const ACTS = [
  "NONE",
  "REFUSE",
  "SETTLE",
  "BEGIN",
  "COMMIT",
  "DROP",
  "WATCH",
  "UNWATCH",
  "LISTEN",
  "LEAVE",
] as const;
export type Step = (typeof STEPS)[number];
export type Kind = (typeof KINDS)[number];
export type ReplyCode = (typeof REPLY_CODES)[number];

export function replyNumber(code: ReplyCode): number {
  return OTHER_NUMBERS[code] ?? REPLY_CODES.indexOf(code);
}

/** What the windows of a scan hold at least, unless the message ends before. */
export const SCAN_WINDOW_BYTES = 64 << 10;
const PAGE_BYTES = 64 << 10;
const POISON = 0xa5;

interface Exports {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  replyOverheadBytes: { readonly value: number };
  speak(bytes: number): number;
  program: { readonly value: number };
  speakProgram(bytes: number): number;
  beginDirection(): void;
  clearDemand(): void;
  nextName(): number;
  demandName(bytes: number): number;
  decodeRequest(p: number, n: number, maxMessageBytes: number): number;
  scanRequest(p: number, n: number): number;
  decodeResponse(p: number, n: number): number;
  decodeRequestTimes(p: number, n: number, times: number): void;
  writeError(
    out: number,
    id: bigint,
    dialect: number,
    echo: number,
    echoBytes: number,
    code: number,
    text: number,
    textBytes: number,
  ): number;
  replyStatus(code: number): number;
  writeHeartbeatAnswer(out: number, id: bigint, dialect: number): number;
  writeGoingAway(out: number): number;
  rules: { readonly value: number };
  mutateRequest(p: number, n: number, total: number): number;
  mutateResponse(p: number, n: number, total: number): number;
  canMutateAnswer(p: number, n: number): number;
  isMutable(bytes: number): number;
  editReason(): number;
  editNeed(): number;
  editCount(): number;
  editedBytes(): number;
  editedLength(bytes: number): number;
  writeEdited(out: number, p: number, bytes: number): number;
  reason(): number;
  reasonLabel(reason: number): number;
  reasonLabelBytes(reason: number): number;
  slotAddress(slot: number): number;
  slotLength(slot: number): number;
  id(): bigint;
  kind(): number;
  total(): number;
  need(): number;
  scanAt(): number;
  framed(): number;
  dialect(): number;
  status(): number;
  ok(): number;
  service(): number;
  serviceBytes(): number;
  method(): number;
  methodBytes(): number;
  open(): number;
  ordered(): number;
  act(): number;
  holds(): number;
  several(): number;
  ends(): number;
  nextKey(): number;
  listen(): void;
  echo(): number;
  echoBytes(): number;
}

/** What a decode says, as plain values. */
export interface Decoded {
  step: Step;
  kind: Kind;
  total: number;
  id: bigint;
  dialect: number;
  status: number;
  ok: boolean;
  ordered: boolean;
  act: (typeof ACTS)[number];
  /** Number of what the call sets for its connection, 0: nothing. */
  holds: number;
  /** Of a call that speaks of several: the attributes of the second and later ones, in order. */
  others: string;
  ends: boolean;
  framed: boolean;
  reason: string;
  service: string;
  method: string;
  /** What the codec has the proxy keep for an error reply. */
  echo: string;
  attributes: Record<string, string | undefined>;
}

/** What is done to an attribute. */
export interface Rule {
  how: "set" | "add" | "remove";
  name: string;
  value?: string;
}

/** The message, or why it cannot be changed. */
export type Mutated = { bytes: Buffer; edits: number } | { reason: string };

/** As the filter's configuration has them in memory (filter/codec/rules.ts). */
function encodeRules(rules: readonly Rule[]): Buffer {
  const parts = rules.map(({ how, name, value = "" }) => {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(["set", "add", "remove"].indexOf(how), 0);
    head.writeUInt32LE(Buffer.byteLength(name), 4);
    head.writeUInt32LE(Buffer.byteLength(value), 8);
    return Buffer.concat([head, Buffer.from(name), Buffer.from(value)]);
  });
  const count = Buffer.alloc(4);
  count.writeUInt32LE(rules.length);
  return Buffer.concat([count, ...parts]);
}

/** Options of a whole decode. */
export interface Way {
  direction: "request" | "response";
  maxMessageBytes: number;
  /** Bytes of the message that the decoder is shown first. */
  shown: number;
  /** Bytes of each window of a scan. */
  window: number;
  /** What the upstream sends is not answers. */
  listening?: boolean;
}

/**
 * The compiled codec. Whatever it is shown ends with the last byte of its memory, so that a read behind it is a trap; what lies
 * before it is poison.
 */
export class Codec {
  readonly #wasm: Exports;
  #names: string[] = [];

  static async load(protocol = "dubbo"): Promise<Codec> {
    const imports = { env: { abort: () => {} } };
    const instance = new WebAssembly.Instance(await compileCodec(), imports);
    const codec = new Codec(instance.exports as unknown as Exports);
    const program = declaredProgram(protocol);
    if (program === undefined) codec.speak(protocol);
    else if (!codec.speakProgram(program)) throw new Error(`the filter refuses the program of ${protocol}`);
    return codec;
  }

  /** Speaks what a program declares. False: it is refused. */
  speakProgram(program: Uint8Array): boolean {
    new Uint8Array(this.#wasm.memory.buffer).set(program, this.#wasm.program.value);
    return this.#wasm.speakProgram(program.length) !== 0;
  }

  private speak(protocol: string): void {
    const name = Buffer.from(protocol);
    new Uint8Array(this.#wasm.memory.buffer).set(name, this.#wasm.nextName());
    if (!this.#wasm.speak(name.length)) throw new Error(`the filter has no codec "${protocol}"`);
  }

  private constructor(wasm: Exports) {
    this.#wasm = wasm;
    wasm.clearDemand();
    wasm.memory.grow((2 << 20) / PAGE_BYTES);
  }

  get wasm(): Exports {
    return this.#wasm;
  }

  demand(names: readonly string[]): void {
    this.#names = [...names];
    this.#wasm.clearDemand();
    for (const name of names) {
      const bytes = Buffer.from(name);
      new Uint8Array(this.#wasm.memory.buffer).set(bytes, this.#wasm.nextName());
      this.#wasm.demandName(bytes.length);
    }
  }

  /** Puts bytes at the end of memory and returns their address. */
  place(bytes: Uint8Array): number {
    const memory = new Uint8Array(this.#wasm.memory.buffer);
    const p = memory.length - bytes.length;
    memory.fill(POISON, p - Math.min(bytes.length, 4096), p);
    memory.set(bytes, p);
    return p;
  }

  decodeRequest(shown: Uint8Array, maxMessageBytes = 16 << 20): Step {
    return stepOf(this.#wasm.decodeRequest(this.place(shown), shown.length, maxMessageBytes));
  }

  decodeResponse(shown: Uint8Array): Step {
    return stepOf(this.#wasm.decodeResponse(this.place(shown), shown.length));
  }

  scanRequest(window: Uint8Array): Step {
    return stepOf(this.#wasm.scanRequest(this.place(window), window.length));
  }

  /**
   * Decodes a message as the proxy does: shows more when asked for it, scans on, window by window, and goes on with the next part of a
   * message that is open. A window that the contract allows must get further; a smaller one may be refused and is widened.
   */
  decode(bytes: Uint8Array, way: Way): Decoded {
    this.#wasm.beginDirection();
    if (way.listening) this.#wasm.listen();
    const first = this.#decodePart(bytes, way);
    let total = first.total;
    let last = first;
    while (last.step === "DONE" && this.#wasm.open()) {
      if (total >= bytes.length) return { ...first, step: "MORE", framed: false, total: 0 };
      last = this.#decodePart(bytes.subarray(total), way);
      if (last.step === "MORE") return { ...first, step: "MORE", framed: false, total: 0 };
      if (last.step === "BAD") return { ...last, framed: false, total: 0 };
      if (last.step !== "DONE" || last.kind !== "PART") throw new Error(`${last.step} ${last.kind} is no next part`);
      if (!last.total) throw new Error("a part without bytes");
      total += last.total;
    }
    return { ...first, total };
  }

  #decodePart(bytes: Uint8Array, way: Way): Decoded {
    let shown = Math.min(way.shown, bytes.length);
    for (;;) {
      const prefix = bytes.subarray(0, shown);
      const step =
        way.direction === "request" ? this.decodeRequest(prefix, way.maxMessageBytes) : this.decodeResponse(prefix);
      if (step === "SCAN") return this.#scan(bytes, way);
      if (step !== "MORE") return this.read(step);
      const need = this.#wasm.need() >>> 0;
      const total = this.#wasm.total() >>> 0;
      if (need <= shown) throw new Error(`shown ${shown} bytes, it asks for ${need}`);
      if (total && need > total) throw new Error(`it asks for ${need} bytes of a message of ${total}`);
      if (shown >= bytes.length) return this.read(step);
      shown += Math.ceil((shown + 1) / 256);
    }
  }

  #scan(bytes: Uint8Array, way: Way): Decoded {
    let window = way.window;
    for (;;) {
      const at = this.#wasm.scanAt();
      const rest = this.#wasm.total() - at;
      const step = this.scanRequest(bytes.subarray(at, Math.min(at + window, bytes.length)));
      if (step !== "SCAN") return this.read(step);
      const next = this.#wasm.scanAt();
      if (next > at) {
        window = way.window;
        continue;
      }
      if (next < at) throw new Error(`the scan went back from ${at} to ${next}`);
      if (at + window >= bytes.length) return this.read(step);
      if (window >= Math.min(SCAN_WINDOW_BYTES, rest))
        throw new Error(`${window} bytes at ${at} of ${rest} left: no further`);
      window += Math.ceil(window / 64);
    }
  }

  read(step: Step): Decoded {
    const wasm = this.#wasm;
    const attributes: Record<string, string | undefined> = {};
    this.#names.forEach((name, slot) => {
      const address = wasm.slotAddress(slot);
      attributes[name] = address ? this.text(address, wasm.slotLength(slot)) : undefined;
    });
    const decoded: Decoded = {
      step,
      kind: KINDS[wasm.kind()] as Kind,
      total: wasm.total() >>> 0,
      id: BigInt.asUintN(64, wasm.id()),
      dialect: wasm.dialect(),
      status: wasm.status(),
      ok: wasm.ok() !== 0,
      ordered: wasm.ordered() !== 0,
      act: ACTS[wasm.act()] ?? "NONE",
      holds: wasm.holds(),
      others: "",
      ends: wasm.ends() !== 0,
      framed: wasm.framed() !== 0,
      reason: this.text(wasm.reasonLabel(wasm.reason()), wasm.reasonLabelBytes(wasm.reason())),
      service: this.text(wasm.service(), wasm.serviceBytes()),
      method: this.text(wasm.method(), wasm.methodBytes()),
      echo: this.text(wasm.echo(), wasm.echoBytes()),
      attributes,
    };
    const others: string[] = [];
    while (step === "DONE" && wasm.several() && wasm.nextKey()) {
      others.push(...this.#names.map((_, slot) => this.text(wasm.slotAddress(slot), wasm.slotLength(slot))));
    }
    return { ...decoded, others: others.join(" ") };
  }

  /**
   * What becomes of a message by rules, as the proxy has it done: it shows `shown` bytes, and more when asked. What lies behind the last edit
   * passes as it is.
   */
  mutate(direction: "request" | "response", bytes: Uint8Array, rules: readonly Rule[], shown = bytes.length): Mutated {
    const wasm = this.#wasm;
    new Uint8Array(wasm.memory.buffer).set(encodeRules(rules), wasm.rules.value);
    for (let n = Math.min(shown, bytes.length); ; ) {
      const p = this.place(bytes.subarray(0, n));
      const step = stepOf(
        direction === "request" ? wasm.mutateRequest(p, n, bytes.length) : wasm.mutateResponse(p, n, bytes.length),
      );
      if (step === "MORE") {
        const need = wasm.editNeed() >>> 0;
        if (need <= n || need > bytes.length) throw new Error(`shown ${n} of ${bytes.length}, it asks for ${need}`);
        n = need;
        continue;
      }
      const reason = wasm.editReason();
      if (step !== "DONE") return { reason: this.text(wasm.reasonLabel(reason), wasm.reasonLabelBytes(reason)) };
      const edited = wasm.editedBytes() >>> 0;
      if (edited > n) throw new Error(`it changes ${edited} bytes of the ${n} that it was shown`);
      const front = new Uint8Array(wasm.editedLength(edited) >>> 0);
      const out = (wasm.memory.buffer.byteLength - (1 << 20)) >>> 0;
      const written = wasm.writeEdited(out, p, edited) >>> 0;
      if (written !== front.length) throw new Error(`${written} bytes where ${front.length} were said`);
      front.set(new Uint8Array(wasm.memory.buffer, out, written));
      return { bytes: Buffer.concat([front, bytes.subarray(edited)]), edits: wasm.editCount() };
    }
  }

  /** Bytes of a message that its decoder has to be shown before it knows what it is: with less nobody changes it. */
  leastShown(direction: "request" | "response", bytes: Uint8Array): number {
    this.demand([]);
    for (let shown = 1; shown < bytes.length; shown++) {
      this.#wasm.beginDirection();
      const prefix = bytes.subarray(0, shown);
      const step = direction === "request" ? this.decodeRequest(prefix) : this.decodeResponse(prefix);
      if (step === "DONE") return shown;
    }
    return bytes.length;
  }

  canMutateAnswer(call: Uint8Array, rules: readonly Rule[]): boolean {
    new Uint8Array(this.#wasm.memory.buffer).set(encodeRules(rules), this.#wasm.rules.value);
    return this.#wasm.canMutateAnswer(this.place(call), call.length) !== 0;
  }

  isMutable(name: string): boolean {
    const bytes = Buffer.from(name);
    new Uint8Array(this.#wasm.memory.buffer).set(bytes, this.#wasm.nextName());
    return this.#wasm.isMutable(bytes.length) !== 0;
  }

  text(address: number, bytes: number): string {
    return Buffer.from(this.#wasm.memory.buffer, address, bytes).toString("utf8");
  }

  /** Calls a writer with the address it is to write to, which has exactly `room` bytes. */
  written(room: number, write: (out: number) => number): Buffer {
    const out = this.place(new Uint8Array(room).fill(POISON));
    const length = write(out);
    const memory = new Uint8Array(this.#wasm.memory.buffer);
    if (memory[out - 1] !== POISON) throw new Error("wrote before its room");
    return Buffer.from(memory.slice(out, out + length));
  }

  writeError(id: bigint, dialect: number, code: ReplyCode, text: Uint8Array, echo = new Uint8Array()): Buffer {
    const address = (this.#wasm.memory.buffer.byteLength - (1 << 20)) >>> 0;
    new Uint8Array(this.#wasm.memory.buffer).set(text, address);
    const echoed = address + text.length;
    new Uint8Array(this.#wasm.memory.buffer).set(echo, echoed);
    const room = text.length + echo.length + this.#wasm.replyOverheadBytes.value;
    const number = replyNumber(code);
    return this.written(room, (out) =>
      this.#wasm.writeError(out, id, dialect, echoed, echo.length, number, address, text.length),
    );
  }
}

function stepOf(number: number): Step {
  const step = STEPS[number];
  if (!step) throw new Error(`no step has the number ${number}`);
  return step;
}
