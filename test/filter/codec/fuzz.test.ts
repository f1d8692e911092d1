import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Codec, SCAN_WINDOW_BYTES } from "./codec.js";
import { type LiterateCase, readCases } from "./literate.js";
import { Random } from "./random.js";

const CASES = 20_000;
const MAX_SEED_BYTES = 700;
const MAX_MESSAGE_BYTES = 1 << 20;
let codec: Codec;

beforeAll(async () => {
  codec = await Codec.load();
});

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

/** Mostly with a length that is true again, so that the body is what is wrong. */
function mutant(seed: Buffer, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  for (let i = 0; i <= random.below(4) && bytes.length; i++) bytes = random.pick(MUTATIONS)(bytes, random);
  if (bytes.length >= 16 && random.below(4)) bytes.writeUInt32BE(bytes.length - 16, 12);
  return bytes;
}

/** `Codec` shows bytes at the end of memory, so that reading behind them traps, and checks what MORE and SCAN ask for. */
function decode(one: LiterateCase, bytes: Buffer, random: Random): void {
  const { direction } = one;
  const way = { direction, maxMessageBytes: MAX_MESSAGE_BYTES };
  const whole = codec.decode(bytes, { ...way, shown: bytes.length, window: SCAN_WINDOW_BYTES });
  if (whole.framed) expect(whole.total).toBeGreaterThanOrEqual(16);
  if (whole.framed && direction === "request") expect(whole.total).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  if (whole.step === "MORE" || whole.step === "SCAN") expect(bytes.length).toBeLessThan(whole.total || 16);
  const shown = random.below(bytes.length + 1);
  const cut = codec.decode(bytes, { ...way, shown, window: 1 + random.below(bytes.length + 1) });
  expect(finished(cut)).toEqual(finished(whole));
}

/** A message that is cut may end in MORE or SCAN, as it was shown; nothing else may depend on that. */
function finished(decoded: ReturnType<Codec["read"]>): unknown {
  const { step } = decoded;
  if (step === "MORE" || step === "SCAN") return "unfinished";
  return step === "BAD" ? { step, reason: decoded.reason, framed: decoded.framed, total: decoded.total } : decoded;
}

describe("mutants of the literate cases", () => {
  it(`decodes ${CASES} of them without a trap, and the same however they arrive`, { timeout: 120_000 }, () => {
    const cases = readCases(join(import.meta.dirname, "dubbo"));
    const seeds = cases.filter((one) => one.bytes.length <= MAX_SEED_BYTES && one.bytes.length);
    const random = new Random(20_261_121);
    for (let i = 0; i < CASES; i++) {
      const one = random.pick(seeds);
      const bytes = mutant(one.bytes, random);
      codec.demand(one.wanted);
      try {
        decode(one, bytes, random);
      } catch (cause) {
        throw new Error(`case ${i}, of "${one.title}": ${bytes.toString("hex")}`, { cause });
      }
    }
  });
});
