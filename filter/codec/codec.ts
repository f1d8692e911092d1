import { Demand } from "./attributes";
import * as dubbo from "./dubbo/codec";
import { Message } from "./message";
import { ReplyCode } from "./reply";
import { Step } from "./step";

/** The protocols, by number: a call costs a switch, not a table of functions. Every `codec/<protocol>` has the same surface. */
export enum Protocol {
  UNKNOWN = -1,
  DUBBO = 0,
}

export function protocolOf(name: usize, length: u32): Protocol {
  if (length == 5 && load<u32>(name) == 0x62627564 && load<u8>(name, 4) == 0x6f) return Protocol.DUBBO; // "dubbo"
  return Protocol.UNKNOWN;
}

/** Number of the attribute that the protocol itself defines under this name, or -1: one to be found by name. */
export function builtinOf(protocol: i32, name: usize, length: u32): i32 {
  return dubbo.builtinOf(name, length);
}

/** Decodes what a client sent at `p`, of which `n` bytes are in memory; see the codec for each Step. */
export function decodeRequest(
  protocol: i32,
  p: usize,
  n: u32,
  maxMessageBytes: u32,
  demand: Demand,
  message: Message,
): Step {
  return dubbo.decodeRequest(p, n, maxMessageBytes, demand, message);
}

/** Goes on after Step.SCAN with the window that begins at `message.scanAt`. */
export function scanRequest(protocol: i32, p: usize, n: u32, demand: Demand, message: Message): Step {
  return dubbo.scanRequest(p, n, demand, message);
}

/** Decodes the head of what an upstream sent. */
export function decodeResponse(protocol: i32, p: usize, n: u32, message: Message): Step {
  return dubbo.decodeResponse(p, n, message);
}

/** Most bytes that a reply has besides its text. */
export const REPLY_OVERHEAD_BYTES: u32 = dubbo.ERROR_OVERHEAD_BYTES;

/** Writes the protocol's own error reply to call `id` and returns its length. */
export function writeError(
  protocol: i32,
  out: usize,
  id: u64,
  dialect: u32,
  code: ReplyCode,
  text: usize,
  textBytes: u32,
): u32 {
  return dubbo.writeError(out, id, dialect, code, text, textBytes);
}

/** Writes the answer to a heartbeat and returns its length. */
export function writeHeartbeatAnswer(protocol: i32, out: usize, id: u64, dialect: u32): u32 {
  return dubbo.writeHeartbeatAnswer(out, id, dialect);
}

/** Writes the notice that no new calls are taken here, and returns its length. */
export function writeGoingAway(protocol: i32, out: usize): u32 {
  return dubbo.writeGoingAway(out);
}

/** The protocol's status of an error reply. */
export function replyStatus(protocol: i32, code: ReplyCode): u32 {
  return dubbo.replyStatus(code);
}
