import { MAX_HEAD_BYTES } from "../../memory/limits";
import { Kind, Message } from "../message";
import { more, refuse } from "../outcome";
import { Reason, Step } from "../step";
import { decodeHead, FrameType, frameType, HEAD_BYTES, headerBytes, StreamFrame, streamFrame } from "./head";
import { isReset, readCloseStatus, readInitStatus, readUnaryStatus, requestId, status } from "./status";

/**
 * Decodes what an upstream sent: the header of a unary answer, and of a stream's frames those that may end it. That is its CLOSE, or an
 * INIT that refuses the stream. Of a message beyond MAX_HEAD_BYTES only what comes before that is looked at.
 */
export function decodeResponse(p: usize, n: u32, message: Message): Step {
  const step = decodeHead(p, n, i32.MAX_VALUE, message);
  if (step != Step.DONE) return step;
  message.framed = true;
  message.kind = Kind.STREAM;
  if (frameType == FrameType.UNARY) return decodeUnary(p, n, message);
  if (streamFrame == StreamFrame.INIT || streamFrame == StreamFrame.CLOSE) return decodeEnd(p, n, message);
  return Step.DONE;
}

function decodeUnary(p: usize, n: u32, message: Message): Step {
  const end = HEAD_BYTES + headerBytes;
  if (end > message.total) return refuse(message, Reason.MALFORMED);
  const shown = min(end, MAX_HEAD_BYTES);
  if (n < shown) return more(message, shown);
  if (!readUnaryStatus(p + HEAD_BYTES, p + shown, shown < end)) return refuse(message, Reason.MALFORMED);
  message.kind = Kind.ANSWER;
  message.id = requestId;
  message.status = status;
  message.ok = status == 0;
  return Step.DONE;
}

function decodeEnd(p: usize, n: u32, message: Message): Step {
  const shown = min(message.total, MAX_HEAD_BYTES);
  if (n < shown) return more(message, shown);
  const cut = shown < message.total;
  const isInit = streamFrame == StreamFrame.INIT;
  const body = p + HEAD_BYTES;
  const whole = isInit ? readInitStatus(body, p + shown, cut) : readCloseStatus(body, p + shown, cut);
  if (!whole) return refuse(message, Reason.MALFORMED);
  if (isInit && status == 0) return Step.DONE;
  message.kind = Kind.ANSWER;
  message.status = status;
  message.ok = status == 0 && !isReset;
  return Step.DONE;
}
