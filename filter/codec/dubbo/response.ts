import { Kind, Message } from "../message";
import { Step } from "../step";
import { decodeEvent, decodeHead } from "./head";

/**
 * Decodes what an upstream sent: the answers to calls, its heartbeats and notices, and calls of its own (callbacks), whose
 * bodies are nobody's business here. Any length that is a length goes: the caller has asked for this answer.
 */
export function decodeResponse(p: usize, n: u32, message: Message): Step {
  const step = decodeHead(p, n, u32.MAX_VALUE, message);
  return step == Step.DONE && message.kind == Kind.EVENT ? decodeEvent(p, n, message) : step;
}
