import { encodeFrame, encodeSettings, Flag, FrameType, word } from "../emulator/peer/frame.js";
import { encodeHeaders } from "../emulator/peer/hpack.js";
import type { Random } from "../support/random.js";
import { makeCut } from "./cut.js";
import { goodRequest, goodResponse, mutant, noise } from "./messages.js";
import type { FrameAction, FrameScript } from "./script.js";
import { CALL_TABLES } from "./tables.js";

const LENGTHS = [0, 1, 4, 5, 6, 8, 9, 16_384, 16_385, 0xff_ffff];
const VALUES = [0, 1, 100, 16_383, 16_384, 65_535, 1 << 24, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const HOST_AND_FLAGS = [
  ["x-meltemi-upstream-host", "127.0.0.1:20880"],
  ["x-meltemi-response-flags", "UF"],
  ["date", "Sat, 21 Nov 2026 06:00:00 GMT"],
] as const;

/** A client that makes calls, and in HCM's place somebody who begins as HCM does and then writes anything. */
export function makeFrames(random: Random): FrameScript {
  const actions: FrameAction[] = [];
  const act = (what: FrameAction["do"], bytes: Buffer): void => {
    actions.push({ do: what, bytes, cut: makeCut(random, bytes.length) });
  };
  const calls = Array.from({ length: 1 + random.below(4) }, (_, i) => goodRequest(random, BigInt(i)));
  act("send", Buffer.concat(calls));
  if (!random.oneIn(10)) act("write", Buffer.concat([beginning(random), opened(random), opened(random)]));
  for (let i = 2 + random.below(8); i > 0; i--) {
    if (random.oneIn(6)) act("send", goodRequest(random, BigInt(10 + i)));
    else act("write", Buffer.concat(Array.from({ length: 1 + random.below(3) }, () => frames(random))));
  }
  return { kind: "frames", table: random.pick(CALL_TABLES), actions };
}

function beginning(random: Random): Buffer {
  const settings = encodeSettings([
    [3, random.pick([1, 100, 1024])],
    [4, random.pick([0, 100, 65_535, 1 << 20])],
    [5, random.pick([16_384, 1 << 20])],
  ]);
  return Buffer.concat([settings, encodeFrame(FrameType.SETTINGS, Flag.ACK, 0)]);
}

function opened(random: Random): Buffer {
  const status = random.pick(["200", "200", "200", "503", "100", "999"]);
  const style = random.pick(["plain", "incremental"] as const);
  const block = encodeHeaders([[":status", status], ...HOST_AND_FLAGS.slice(0, random.below(4))], style);
  return encodeFrame(
    FrameType.HEADERS,
    Flag.END_HEADERS,
    stream(random),
    random.oneIn(4) ? mutant(random, block) : block,
  );
}

function stream(random: Random): number {
  return random.oneIn(10) ? random.pick(VALUES) : random.pick([0, 1, 1, 1, 3, 3, 5, 7]);
}

/** A frame that may be good, is changed, or is no frame. */
function frames(random: Random): Buffer {
  const frame = random.pick(FRAMES)(random);
  if (random.oneIn(3)) return mutantFrame(random, frame);
  return random.oneIn(20) ? noise(random, random.below(60)) : frame;
}

const FRAMES: ((random: Random) => Buffer)[] = [
  data,
  data,
  data,
  opened,
  (random) => encodeFrame(FrameType.RST_STREAM, 0, stream(random), word(random.pick(VALUES))),
  (random) => encodeSettings([[random.below(9), random.pick(VALUES)]]),
  (random) => encodeFrame(FrameType.WINDOW_UPDATE, 0, stream(random), word(random.pick(VALUES))),
  (random) => encodeFrame(FrameType.PING, random.below(2), 0, noise(random, 8)),
  (random) => encodeFrame(FrameType.GOAWAY, 0, 0, noise(random, 8)),
  (random) => encodeFrame(random.below(12), random.below(256), stream(random), noise(random, random.below(40))),
];

function data(random: Random): Buffer {
  const answer = goodResponse(random, BigInt(random.below(4)));
  const bytes = random.oneIn(3) ? mutant(random, answer) : answer;
  const end = random.oneIn(8) ? Flag.END_STREAM : 0;
  return encodeFrame(
    FrameType.DATA,
    end,
    stream(random),
    bytes.subarray(0, random.oneIn(3) ? random.below(60) : undefined),
  );
}

function mutantFrame(random: Random, frame: Buffer): Buffer {
  const copy = Buffer.from(frame);
  const kind = random.below(4);
  if (kind === 0) copy.writeUIntBE(random.pick(LENGTHS), 0, 3);
  else if (kind === 1) copy[3 + random.below(2)] = random.below(256);
  else if (kind === 2) return copy.subarray(0, random.below(copy.length));
  else return mutant(random, copy);
  return copy;
}
