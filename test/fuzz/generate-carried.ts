import type { Random } from "../support/random.js";
import { makeCut } from "./cut.js";
import { goodRequest, goodResponse, mutant, noise, notice } from "./messages.js";
import type { CarriedScript, FrameAction } from "./script.js";
import { CARRIED_TABLES } from "./tables.js";

/** A client and an upstream that say anything, each bad once in a while. */
export function makeCarried(random: Random): CarriedScript {
  const badRequest = random.pick([0, 4, 30]);
  const badResponse = random.pick([0, 4, 30]);
  let nextId = 0n;
  const spoilt = (times: number, message: Buffer): Buffer => {
    if (times === 0 || !random.oneIn(times)) return message;
    return random.oneIn(10) ? noise(random, 1 + random.below(30)) : mutant(random, message);
  };
  const request = () => spoilt(badRequest, random.oneIn(5) ? notice(random, ++nextId) : goodRequest(random, ++nextId));
  const response = () => {
    const id = BigInt(random.below(Number(nextId) + 1));
    return spoilt(badResponse, random.oneIn(8) ? notice(random, id) : goodResponse(random, id));
  };
  const rest = { send: Buffer.alloc(0), write: Buffer.alloc(0) };
  const actions = Array.from({ length: 2 + random.below(10) }, (): FrameAction => {
    const what = random.oneIn(2) ? "send" : "write";
    const parts = Array.from({ length: random.below(random.oneIn(20) ? 60 : 4) }, what === "send" ? request : response);
    const all = Buffer.concat([rest[what], ...parts]);
    const now = random.oneIn(3) ? random.below(all.length + 1) : all.length;
    rest[what] = all.subarray(now);
    return { do: what, bytes: all.subarray(0, now), cut: makeCut(random, now) };
  });
  return { kind: "carried", table: random.pick(CARRIED_TABLES), actions };
}
