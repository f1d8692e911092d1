import { Random } from "../support/random.js";
import { CallGenerator } from "./generate-calls.js";
import { makeCarried } from "./generate-carried.js";
import { makeFrames } from "./generate-frames.js";
import { CallRun, type Outcome } from "./run-calls.js";
import { CarriedRun } from "./run-carried.js";
import { FrameRun } from "./run-frames.js";
import type { CallScript, Script } from "./script.js";
import type { World } from "./world.js";

/** Of the cases whose outcome must not depend on cuts, this share is run a second time, uncut. */
const COMPARED = 2;

/** The case that `index` is among all that a seed gives. */
export function makeCase(seed: number, index: number): Script {
  const random = new Random(Math.imul(seed ^ 0x5bd1_e995, 0x9e37_79b1) + Math.imul(index, 0x85eb_ca6b));
  const kind = random.below(20);
  if (kind < 4) return makeFrames(random);
  return kind < 7 ? makeCarried(random) : new CallGenerator(random).make();
}

/** Runs a case, and throws if the filter does what it must not. */
export function runCase(world: World, script: Script, compare: boolean): void {
  if (script.kind === "frames") new FrameRun(world, script).run();
  else if (script.kind === "carried") new CarriedRun(world, script).run();
  else runCalls(world, script, compare);
}

function runCalls(world: World, script: CallScript, compare: boolean): void {
  const outcomes = new CallRun(world, script).run();
  if (!compare || !isComparable(script) || outcomes.some(({ partial }) => partial)) return;
  compareOutcomes(outcomes, new CallRun(world, script, true).run());
}

export function isCompared(index: number): boolean {
  return index % COMPARED === 0;
}

/**
 * Where the event loop rests after each action, nothing depends on how the bytes of one action are cut, but for what depends on
 * time by design: upstreams that refuse or end while something is under way, HCM's GOAWAY, windows, ages, and which of several
 * tunnels is the one that has the fewest calls.
 */
function isComparable({ calm, actions, peer, table }: CallScript): boolean {
  const timely = ["tick", "end", "reset", "decide", "goaway", "settings", "grant", "leave"];
  return (
    calm &&
    table !== "balanced" &&
    table !== "hashed" &&
    peer.streamWindow >= 1 << 20 &&
    !actions.some((action) => timely.includes(action.do))
  );
}

function compareOutcomes(cut: Outcome[], whole: Outcome[]): void {
  for (const [i, { closed, said }] of cut.entries()) {
    const other = whole[i] as Outcome;
    // An upstream that has said it takes no more calls may be let go before its next bytes, or be heard out.
    if ([closed, other.closed].includes("bad_answer")) continue;
    if (closed !== other.closed)
      throw new Error(`client ${i}: cut it is closed by ${closed}, uncut by ${other.closed}`);
    // What stands in front of bytes that close the connection is passed on or not, as they come apart or together.
    if (closed === undefined && said !== other.said) throw new Error(`client ${i}: ${difference(said, other.said)}`);
  }
}

function difference(cut: string, whole: string): string {
  const [left, right] = [cut.split("\n"), whole.split("\n")];
  const only = (some: string[], others: string[]) => some.filter((line) => !others.includes(line)).map(printed);
  return `cut only: ${only(left, right).join("; ") || "nothing"}; uncut only: ${only(right, left).join("; ") || "nothing"}`;
}

function printed(line: string): string {
  return line.startsWith("client ") ? `client ${Buffer.from(line.slice(7, 80), "latin1").toString("hex")}` : line;
}
