import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Codec, type Decoded, type Rule, SCAN_WINDOW_BYTES } from "./codec.js";
import { type LiterateCase, protocolFolders, readCases } from "./literate.js";
import { Random } from "./random.js";

/** For each protocol. */
const CASES = 20_000;
const MAX_SEED_BYTES = 700;
const MAX_MESSAGE_BYTES = 1 << 20;

/** Protocols whose heads have a length: writes the true one, so that mostly the body is what is wrong. */
const LENGTHS: Readonly<Record<string, (bytes: Buffer) => void>> = {
  brpc: (bytes) => bytes.length >= 12 && bytes.writeUInt32BE(bytes.length - 12, 4),
  tars: (bytes) => bytes.length >= 4 && bytes.writeUInt32BE(bytes.length, 0),
  trpc: (bytes) => bytes.length >= 16 && bytes.writeUInt32BE(bytes.length, 4),
  dubbo: (bytes) => bytes.length >= 16 && bytes.writeUInt32BE(bytes.length - 16, 12),
  thrift: (bytes) => bytes.length >= 4 && bytes[0] === 0 && bytes.writeUInt32BE(bytes.length - 4),
};

/** Changes of one message into another that is probably wrong. */
const MUTATIONS: ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => {
    const at = random.below(bytes.length);
    bytes[at] = random.below(256);
    return bytes;
  },
  (bytes, random) => {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    return bytes;
  },
  (bytes, random) => {
    const at = 16 + random.below(Math.max(1, bytes.length - 16));
    return Buffer.concat([bytes.subarray(0, at), random.bytes(random.below(6)), bytes.subarray(at + random.below(6))]);
  },
  (bytes, random) => {
    const at = random.below(bytes.length);
    bytes.fill(
      random.pick([0x00, 0x7f, 0x80, 0xff, 0x5a, 0x43, 0x52, 0x58]),
      at,
      Math.min(bytes.length, at + 1 + random.below(8)),
    );
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
];

function mutant(protocol: string, seed: Buffer, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  for (let i = 0; i <= random.below(4) && bytes.length; i++) bytes = random.pick(MUTATIONS)(bytes, random);
  if (random.below(4)) LENGTHS[protocol]?.(bytes);
  return bytes;
}

/** `Codec` shows bytes at the end of memory, so that reading behind them traps, and checks what MORE and SCAN ask for. */
function decode(codec: Codec, one: LiterateCase, bytes: Buffer, random: Random): void {
  const { direction, listening } = one;
  const way = { direction, listening, maxMessageBytes: MAX_MESSAGE_BYTES };
  const whole = codec.decode(bytes, { ...way, shown: bytes.length, window: SCAN_WINDOW_BYTES });
  if (whole.framed) expect(whole.total).toBeGreaterThan(0);
  if (whole.framed && direction === "request") expect(whole.total).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  if (whole.step === "MORE" || whole.step === "SCAN")
    expect(bytes.length).toBeLessThan(whole.total || MAX_SEED_BYTES * 2);
  const shown = 1 + random.below(bytes.length);
  const cut = codec.decode(bytes, { ...way, shown, window: 1 + random.below(bytes.length + 1) });
  expect(finished(cut)).toEqual(finished(whole));
  if (whole.step === "DONE" && /^(CALL|ONE_WAY|ANSWER)$/.test(whole.kind)) change(codec, one, bytes, whole, random);
}

const RULES: readonly Rule[] = [
  { how: "set", name: "user", value: "jason" },
  { how: "add", name: "tags", value: "blue" },
  { how: "remove", name: "secret" },
  { how: "set", name: "status.user", value: "x" },
];

/** Whatever is in a message, its attributes are changed so that it is as good a message as before, or not at all. */
function change(codec: Codec, one: LiterateCase, bytes: Buffer, whole: Decoded, random: Random): void {
  const { direction, listening } = one;
  const rules = RULES.filter(({ name }) => codec.isMutable(name));
  if (!rules.length || whole.total > bytes.length) return;
  const message = bytes.subarray(0, whole.total);
  const shown = Math.max(codec.leastShown(direction, message), 1 + random.below(message.length));
  const mutated = codec.mutate(direction, message, rules, shown);
  if ("reason" in mutated) return;
  const way = { direction, listening, maxMessageBytes: MAX_MESSAGE_BYTES };
  const again = codec.decode(mutated.bytes, { ...way, shown: mutated.bytes.length, window: SCAN_WINDOW_BYTES });
  expect(again).toMatchObject({ step: "DONE", total: mutated.bytes.length, id: whole.id, method: whole.method });
}

/** A message that is cut may end in MORE or SCAN, as it was shown; nothing else may depend on that. */
function finished(decoded: ReturnType<Codec["read"]>): unknown {
  const { step } = decoded;
  if (step === "MORE" || step === "SCAN") return "unfinished";
  return step === "BAD" ? { step, reason: decoded.reason, framed: decoded.framed, total: decoded.total } : decoded;
}

describe.each(protocolFolders())("mutants of the literate cases of %s", (protocol) => {
  it(`decodes ${CASES} of them without a trap, and the same however they arrive`, { timeout: 120_000 }, async () => {
    const codec = await Codec.load(protocol);
    const cases = readCases(join(import.meta.dirname, protocol));
    const seeds = cases.filter((one) => one.bytes.length <= MAX_SEED_BYTES && one.bytes.length);
    const random = new Random(20_261_121);
    for (let i = 0; i < CASES; i++) {
      const one = random.pick(seeds);
      const bytes = mutant(protocol, one.bytes, random);
      if (!bytes.length) continue;
      codec.demand(one.wanted);
      try {
        decode(codec, one, bytes, random);
      } catch (error) {
        throw new Error(`case ${i}, from "${one.title}": ${bytes.toString("hex")}`, { cause: error });
      }
    }
  });
});
