import { Message } from "../message";
import { Reason, Step } from "../step";

/**
 * The message under decoding: what of it is in memory, how long it is, and where its head and its last part end.
 */
export let first: usize = 0;
/** Bytes in memory of the message, no more than it has. */
export let shown: u32 = 0;
/** Bytes of the message; until its length is known as many as there are. */
export let total: u32 = 0;
/** Bytes of the head. */
export let head: u32 = 0;
/** Where what can be read ends: at the end of the message, but for the mark at the end of a line. */
export let limit: u32 = 0;

export function openWindow(p: usize, n: u32): void {
  first = p;
  shown = n;
  total = u32.MAX_VALUE;
  limit = u32.MAX_VALUE;
  head = 0;
}

export function setHead(bytes: u32): void {
  head = bytes;
}

/** The message has `bytes`, of which the last `mark` end it. */
export function setTotal(bytes: u32, mark: u32): void {
  total = bytes;
  limit = bytes - mark;
  shown = min(shown, bytes);
}

/** With BAD: where in the message what is wrong begins, for those who look for the mistake. */
export let problemAt: u32 = 0;

export function refuse(message: Message, reason: Reason, at: u32): Step {
  message.reason = reason;
  problemAt = at;
  return Step.BAD;
}

/**
 * What is missing of `bytes` from the first on: the message is bad if it has no more, else at least so many are needed. Where they are
 * found one after the other, each time twice as many are asked for, so that all looks together are at the message twice at most.
 */
export function lacking(bytes: u32, message: Message): Step {
  if (bytes > limit) return refuse(message, Reason.MALFORMED, limit);
  message.need = total == u32.MAX_VALUE ? bytes : max(bytes, min(shown << 1, total));
  return Step.MORE;
}
