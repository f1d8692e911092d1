import { SCAN_WINDOW_BYTES } from "../../memory/limits";
import { State } from "../../memory/state";
import { clearSlots, Demand } from "../attributes";
import { Kind, Message } from "../message";
import { refuse } from "../outcome";
import { Reason, Step } from "../step";
import { decodeHead, HEAD_BYTES, metaBytes } from "./head";
import { chunkId, chunkStream, hasId, hasRequest, hasResponse, hasStream, isChunk, readMeta } from "./meta";

/**
 * Decodes what a client sent: its first `n` bytes are at `p`. All that is asked for stands in the meta, which must be in memory at once;
 * data and attachment are never looked at.
 *
 * state.word0: the chunk stream whose packet came last, word1: whether there was one.
 */
export function decodeRequest(
  state: State,
  p: usize,
  n: u32,
  maxMessageBytes: u32,
  demand: Demand,
  message: Message,
): Step {
  clearSlots(demand.slotCount);
  const step = decodeHead(p, n, maxMessageBytes, message);
  if (step != Step.DONE) return step;
  const headBytes = HEAD_BYTES + metaBytes;
  if (metaBytes > SCAN_WINDOW_BYTES - HEAD_BYTES) return refuse(message, Reason.TOO_LARGE);
  if (n < headBytes) {
    message.need = headBytes;
    return Step.MORE;
  }
  const reason = readMeta(p + HEAD_BYTES, p + headBytes, false, demand, message);
  message.kind = hasResponse && !hasRequest ? Kind.ANSWER : Kind.CALL;
  // Without an id nobody can be told: as brpc's own servers do, the connection is given up.
  message.framed = hasId || (hasRequest && reason == Reason.NONE);
  if (reason != Reason.NONE) return refuse(message, reason);
  if (message.kind == Kind.ANSWER) return Step.DONE;
  if (!hasRequest) return refuse(message, Reason.MALFORMED);
  if (hasStream) return refuse(message, Reason.STREAMING);
  if (isChunk) followChunks(state, message);
  return Step.DONE;
}

/** The first packet of a call in chunks decides where it goes, the others follow it. */
function followChunks(state: State, message: Message): void {
  if (chunkId != 0 && state.word1 && state.word0 == chunkStream) message.kind = Kind.STREAM;
  state.word0 = chunkStream;
  state.word1 = 1;
}
