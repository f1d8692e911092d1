import { Message } from "../message";
import { more, refuse } from "../outcome";
import { Reason, Step } from "../step";

/** The next piece ends at `need`, which is not in memory, and must lie within the message. */
export function lacks(message: Message, need: u32, limit: u32): Step {
  return need > limit ? refuse(message, Reason.MALFORMED) : more(message, need);
}

/** A varint was not read, though all `n` bytes that are in memory were looked at. */
export function unread(step: Step, n: u32, limit: u32, message: Message): Step {
  return step == Step.BAD ? refuse(message, Reason.MALFORMED) : lacks(message, n + 1, limit);
}
