import { State } from "../../memory/state";
import { clearMessage, Kind, Message } from "../message";
import { more, refuse } from "../outcome";
import { Reason, Step } from "../step";

import { copySkip, newSkip, Skip, skip, skipNeed, skippedTo, skipReason } from "./skip";

/**
 * An unframed message is taken in parts: as much as is in memory, and what of a text or an array it has begun. Where it stands between
 * two parts lies in the State of its direction:
 *
 *     word0    0 between messages, else 1 and, above that bit, the bytes of the message so far
 *     block    a Skip: what is still expected
 */
const OPEN: u64 = 1;

export function isOpen(state: State): bool {
  return state.word0 != 0;
}

/**
 * The first part of a message: its head is read, `stack` says what is expected from offset `at` on. `n` bytes are in memory, and it may
 * have `limit` at most.
 */
export function beginParts(state: State, stack: Skip, p: usize, at: u32, n: u32, limit: u32, message: Message): Step {
  const step = skip(stack, 0, p, at, n, limit, Reason.TOO_LARGE);
  if (step == Step.BAD) return refuse(message, skipReason);
  message.total = skippedTo;
  message.open = step == Step.MORE;
  state.word0 = 0;
  if (step == Step.DONE) return step;
  if (!state.block) state.block = changetype<usize>(newSkip());
  copySkip(changetype<Skip>(state.block), stack);
  state.word0 = ((<u64>skippedTo) << 1) | OPEN;
  return Step.DONE;
}

/** The next part of the message that is open: what is at `p`. */
export function decodePart(state: State, p: usize, n: u32, maxMessageBytes: u32, message: Message): Step {
  clearMessage(message);
  message.kind = Kind.PART;
  const before = <u32>(state.word0 >> 1);
  if (before > maxMessageBytes) return refuse(message, Reason.TOO_LARGE);
  const step = skip(changetype<Skip>(state.block), 0, p, 0, n, maxMessageBytes - before, Reason.TOO_LARGE);
  if (step == Step.BAD) return refuse(message, skipReason);
  if (step == Step.MORE && !skippedTo) return more(message, skipNeed);
  message.total = skippedTo;
  message.open = step == Step.MORE;
  state.word0 = message.open ? ((<u64>(before + skippedTo)) << 1) | OPEN : 0;
  return Step.DONE;
}

/** The same of an answer, which may be as long as it likes: its bytes are not counted. */
export function decodeAnswerPart(state: State, p: usize, n: u32, message: Message): Step {
  const step = decodePart(state, p, n, u32.MAX_VALUE, message);
  if (message.open) state.word0 = OPEN;
  return step;
}
