import { MAX_HEAD_BYTES } from "../../memory/limits";
import { Kind, Message } from "../message";
import { refuse } from "../outcome";
import { Reason, Step } from "../step";
import { decodeHead, HEAD_BYTES, metaBytes } from "./head";
import { chunkId, hasRequest, hasResponse, isChunk, LAST_CHUNK, readMeta } from "./meta";

/**
 * Decodes the head and the meta of what an upstream sent. Of a meta beyond MAX_HEAD_BYTES, which a long error text may make, only what
 * comes before that is looked at.
 */
export function decodeResponse(p: usize, n: u32, message: Message): Step {
  const step = decodeHead(p, n, i32.MAX_VALUE, message);
  if (step != Step.DONE) return step;
  const shownBytes = min(metaBytes, MAX_HEAD_BYTES - HEAD_BYTES);
  if (n < HEAD_BYTES + shownBytes) {
    message.need = HEAD_BYTES + shownBytes;
    return Step.MORE;
  }
  const meta = p + HEAD_BYTES;
  const reason = readMeta(meta, meta + shownBytes, shownBytes < metaBytes, null, message);
  if (reason != Reason.NONE) return refuse(message, reason);
  message.framed = true;
  message.ok = message.status == 0;
  message.kind = kindOfMeta();
  return Step.DONE;
}

function kindOfMeta(): Kind {
  if (hasRequest && !hasResponse) return Kind.CALL;
  return isChunk && chunkId != LAST_CHUNK ? Kind.STREAM : Kind.ANSWER;
}
