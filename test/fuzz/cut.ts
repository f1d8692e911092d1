import type { Random } from "../support/random.js";
import type { Cut } from "./script.js";

/** Of a run of bytes that is cut byte by byte: so many, then the rest. */
const MAX_SINGLE_BYTES = 300;

/** Mostly a few cuts, where heads of messages and of frames end; now and then every byte by itself. */
export function makeCut(random: Random, length: number): Cut {
  let sizes: number[] = [];
  if (random.oneIn(50)) sizes = Array.from({ length: Math.min(length, MAX_SINGLE_BYTES) }, () => 1);
  else if (random.oneIn(2)) {
    const size = () => random.pick([1, 2, 9, 15, 16, 17, 1 + random.below(length + 1)]);
    sizes = Array.from({ length: 1 + random.below(3) }, size);
  }
  return { sizes, turns: random.oneIn(2) };
}

/** Gives the bytes piece by piece. */
export function inPieces(bytes: Buffer, { sizes }: Cut, give: (piece: Buffer) => void): void {
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length) return;
    give(bytes.subarray(at, at + size));
    at += size;
  }
  if (at < bytes.length) give(bytes.subarray(at));
}
