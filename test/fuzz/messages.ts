import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeAnswer, encodeCall, encodeEvent, encodeHeartbeat, encodeHeartbeatAnswer } from "../support/dubbo.js";
import { Random } from "../support/random.js";
import { MessageStream } from "./stream.js";

const CAPTURES = join(import.meta.dirname, "../filter/codec/dubbo/captures");
/** Captures beyond this are rare: the time is better spent on many small messages. */
const ORDINARY_BYTES = 2500;
const HEAD_BYTES = 16;
const ID_AT = 4;
const LENGTH_AT = 12;
const METHODS = ["a", "get", "zoo", "m".repeat(40)];
const SIZES = [0, 3, 20, 200];

/** What real peers sent (test/filter/codec/dubbo/captures.md says who and what). */
const captured = (end: string): Buffer[] =>
  readdirSync(CAPTURES)
    .filter((name) => name.endsWith(end))
    .sort()
    .map((name) => Buffer.from(readFileSync(join(CAPTURES, name), "utf8").replaceAll(/^#.*$|\s/gm, ""), "hex"));

const requests = split(captured("-request.hex"));
const responses = split(captured("-response.hex"));

function split(all: Buffer[]): { ordinary: Buffer[]; long: Buffer[] } {
  return {
    ordinary: all.filter(({ length }) => length <= ORDINARY_BYTES),
    long: all.filter(({ length }) => length > ORDINARY_BYTES),
  };
}

/** With another id. */
export function withId(message: Uint8Array, id: bigint): Buffer {
  const copy = Buffer.from(message);
  if (copy.length >= LENGTH_AT) copy.writeBigUInt64BE(BigInt.asUintN(64, id), ID_AT);
  return copy;
}

/** With another id in the last of several messages. */
export function withLastId(messages: Buffer, id: bigint): Buffer {
  const stream = new MessageStream(2 ** 31);
  stream.append(messages);
  const last = stream.tail.length >= LENGTH_AT ? stream.tail.length : (stream.frames.at(-1)?.bytes.length ?? 0);
  const at = messages.length - Math.max(last, stream.tail.length);
  return Buffer.concat([messages.subarray(0, at), withId(messages.subarray(at), id)]);
}

function ofCapture(random: Random, { ordinary, long }: typeof requests): Buffer {
  return random.pick(long.length > 0 && random.oneIn(60) ? long : ordinary);
}

/** Made once: making them takes longer than what the filter does with them. */
const POOL = 300;
const poolRandom = new Random(1);
const calls = Array.from({ length: POOL }, () => makeCall(poolRandom));
const answers = Array.from({ length: POOL }, () => makeAnswer(poolRandom));
const notices = [encodeHeartbeat(0), encodeHeartbeat(0), encodeEvent(0, "R"), encodeEvent(0, null)];

function makeCall(random: Random): Buffer {
  const attachments: Record<string, string> = random.pick([{}, { user: "jason" }, { region: "eu" }, { user: "x" }]);
  const size = random.oneIn(60) ? 30_000 : random.pick(SIZES);
  return encodeCall({
    id: 0,
    service: random.oneIn(6) ? "no.Such" : "a.B",
    method: random.pick(METHODS),
    args: ["a".repeat(size)],
    attachments,
    oneWay: random.oneIn(12),
    ...(random.oneIn(12) && { serialization: random.below(32) }),
  });
}

function makeAnswer(random: Random): Buffer {
  const size = random.oneIn(60) ? 40_000 : random.pick(SIZES);
  return encodeAnswer({ id: 0, value: `answer ${random.below(1 << 30)} ${"b".repeat(size)}` });
}

/** What a client may well send. */
export function goodRequest(random: Random, id: bigint): Buffer {
  const kind = random.below(20);
  if (kind < 8) return withId(ofCapture(random, requests), id);
  if (kind === 8) return withId(random.pick(notices), id);
  if (kind === 9) return encodeHeartbeatAnswer(id);
  return withId(random.pick(calls), id);
}

/** What an upstream may well say; the id is put in when it answers a call. `id` is for what it says unasked. */
export function goodResponse(random: Random, id: bigint): Buffer {
  return withId(random.oneIn(3) ? ofCapture(random, responses) : random.pick(answers), id);
}

export function notice(random: Random, id: bigint): Buffer {
  return withId(random.pick(notices), id);
}

const EDGES = [0, 1, 2, 8, 15, 16, 17, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/** Changes of a message into one that is probably wrong. */
const MUTATIONS: ((bytes: Buffer, random: Random) => Buffer)[] = [
  // A byte anywhere, a bit anywhere.
  (bytes, random) => put(bytes, random.below(bytes.length), random.below(256)),
  (bytes, random) => {
    const at = random.below(bytes.length);
    return put(bytes, at, (bytes[at] ?? 0) ^ (1 << random.below(8)));
  },
  // The head's fields.
  (bytes, random) => put(bytes, random.below(Math.min(bytes.length, HEAD_BYTES)), random.below(256)),
  (bytes, random) => (bytes.length > 2 ? put(bytes, 2, random.below(256)) : bytes),
  (bytes, random) => length(bytes, random.pick(EDGES)),
  (bytes, random) => length(bytes, bytes.length - HEAD_BYTES + random.below(9) - 4),
  (bytes, random) => length(bytes, random.below(20_000_000)),
  // Bytes lost, doubled, made up.
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random) => bytes.subarray(random.below(bytes.length + 1)),
  (bytes, random) => {
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), noise(random, random.below(6)), bytes.subarray(at + random.below(6))]);
  },
  (bytes, random) => {
    const at = random.below(bytes.length);
    return Buffer.concat([bytes, bytes.subarray(at, at + random.below(40))]);
  },
  (bytes, random) => {
    const at = Math.min(bytes.length, HEAD_BYTES + random.below(Math.max(1, bytes.length - HEAD_BYTES)));
    return bytes.fill(
      random.pick([0, 0x7f, 0x80, 0xff, 0x5a, 0x43, 0x52, 0x58]),
      at,
      Math.min(bytes.length, at + 1 + random.below(8)),
    );
  },
];

function put(bytes: Buffer, at: number, value: number): Buffer {
  if (at < bytes.length) bytes[at] = value;
  return bytes;
}

function length(bytes: Buffer, value: number): Buffer {
  if (bytes.length >= HEAD_BYTES) bytes.writeUInt32BE(value >>> 0, LENGTH_AT);
  return bytes;
}

export function noise(random: Random, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random.below(256)));
}

/** One to four changes; mostly with a length that is true again, so that the message is framed and its body is what is wrong. */
export function mutant(random: Random, message: Uint8Array): Buffer {
  let bytes: Buffer = Buffer.from(message);
  const { length: before } = bytes;
  for (let i = 0; i <= random.below(4) && bytes.length > 0; i++) bytes = random.pick(MUTATIONS)(bytes, random);
  if (bytes.length !== before && bytes.length >= HEAD_BYTES && !random.oneIn(3)) {
    bytes = length(Buffer.from(bytes), bytes.length - HEAD_BYTES);
  }
  return bytes;
}
