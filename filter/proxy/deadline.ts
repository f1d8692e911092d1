import { wake } from "../host/queue";
import { tickEvery } from "../host/timer";
import { FINE_TICK_MS, FLUSH_PERIOD_MS } from "../memory/limits";
import { Timed } from "./timed";

/**
 * Deadlines of calls. They lie in a wheel of slots, one for each fine tick; the slots that time has passed are looked through at
 * each tick, and what is due later stays where it is for another round. While there are none the host ticks once a second, and nothing here
 * costs anything.
 */
const SLOTS: u32 = 1024;
/** [ first Timed u32 ] */
const wheel: usize = memory.data(1024 * 4);

let armed: u32 = 0;
/** Time, in milliseconds, up to which the wheel has been turned. */
let turned_ms: u32 = 0;
/** The root context that ticks finely; 0: none does. */
let fineRoot: u32 = 0;

function slotOf(deadline_ms: u32): usize {
  return wheel + ((<usize>((deadline_ms / FINE_TICK_MS) & (SLOTS - 1))) << 2);
}

/** It has until `deadline_ms`. Time is that of `now_us`, and `time_ms` what it is now. */
export function arm(one: Timed, time_ms: u32, deadline_ms: u32): void {
  if (!armed) turned_ms = time_ms;
  armed++;
  one.timed = true;
  // Slots behind are not looked through again before the wheel has come round.
  one.deadline_ms = <i32>(deadline_ms - turned_ms) < 0 ? turned_ms : deadline_ms;
  const slot = slotOf(one.deadline_ms);
  const first = changetype<Timed | null>(<usize>load<u32>(slot));
  one.previousTimed = null;
  one.nextTimed = first;
  if (first) first.previousTimed = one;
  store<u32>(slot, <u32>changetype<usize>(one));
  // Only from a root context's own callback the host can be asked to tick.
  if (!fineRoot) wake();
}

export function disarm(one: Timed): void {
  armed--;
  one.timed = false;
  const before = one.previousTimed;
  const after = one.nextTimed;
  if (before) before.nextTimed = after;
  else store<u32>(slotOf(one.deadline_ms), <u32>changetype<usize>(after));
  if (after) after.previousTimed = before;
}

/** In a callback of the root context: has the host tick as often as deadlines want. */
export function keepTicking(root: u32): void {
  if (armed && !fineRoot) {
    fineRoot = root;
    tickEvery(FINE_TICK_MS);
  } else if (!armed && fineRoot == root) {
    fineRoot = 0;
    tickEvery(FLUSH_PERIOD_MS);
  }
}

/** The root context goes, and its ticks with it. */
export function stopTicking(root: u32): void {
  if (fineRoot != root) return;
  fineRoot = 0;
  if (armed) wake();
}

/** What has a deadline has passed at `time_ms`, no longer armed; null: there is none. */
export function takeDue(time_ms: u32): Timed | null {
  if (!armed) return null;
  // Where the clock was set each slot is looked through once.
  const slots = min<u32>((time_ms - turned_ms) / FINE_TICK_MS + 1, SLOTS);
  for (let i: u32 = 0; i < slots; i++) {
    const due = dueIn(slotOf(turned_ms), time_ms);
    if (due) return due;
    if (i + 1 < slots) turned_ms += FINE_TICK_MS;
  }
  turned_ms = time_ms;
  return null;
}

function dueIn(slot: usize, time_ms: u32): Timed | null {
  let one = changetype<Timed | null>(<usize>load<u32>(slot));
  while (one) {
    if (<i32>(time_ms - one.deadline_ms) >= 0) {
      disarm(one);
      return one;
    }
    one = one.nextTimed;
  }
  return null;
}
