import { Field, fieldAddress, fieldEnd, fieldNumber, fieldWire, readField, Wire } from "../../encoding/protobuf";
import { MAX_HEAD_BYTES, SCAN_WINDOW_BYTES } from "../../memory/limits";
import { clearSlots, Demand } from "../attributes";
import { Kind, Message } from "../message";
import { more, refuse } from "../outcome";
import { Reason, Step } from "../step";
import { readInitCall, readUnaryCall } from "./call";
import { decodeHead, FrameType, frameType, HEAD_BYTES, headerBytes, StreamFrame, streamFrame } from "./head";
import { isReset, readCloseStatus } from "./status";

/** TrpcStreamInitMeta of a client. */
const INIT_REQUEST_META: u32 = 1;

/**
 * Decodes what a client sent: its first `n` bytes are at `p`. Of a unary call the header is read, which must be in memory at once, of a
 * stream its INIT. All other frames of a stream follow it; of a CLOSE is read whether it ends the stream, or only the client's half.
 */
export function decodeRequest(p: usize, n: u32, maxMessageBytes: u32, demand: Demand, message: Message): Step {
  clearSlots(demand.slotCount);
  const step = decodeHead(p, n, maxMessageBytes, message);
  if (step != Step.DONE) return step;
  message.kind = Kind.CALL;
  if (frameType == FrameType.UNARY) return decodeUnary(p, n, demand, message);
  if (streamFrame == StreamFrame.INIT) return decodeInit(p, n, demand, message);
  message.kind = Kind.STREAM;
  return streamFrame == StreamFrame.CLOSE ? decodeClose(p, n, message) : Step.DONE;
}

function decodeUnary(p: usize, n: u32, demand: Demand, message: Message): Step {
  const end = HEAD_BYTES + headerBytes;
  if (!headerBytes || end > message.total) return refuse(message, Reason.MALFORMED);
  if (n < end) return more(message, end);
  const reason = readUnaryCall(p + HEAD_BYTES, p + end, demand, message);
  if (reason != Reason.NONE) return refuse(message, reason);
  message.framed = true;
  return Step.DONE;
}

function decodeInit(p: usize, n: u32, demand: Demand, message: Message): Step {
  if (message.total > SCAN_WINDOW_BYTES) return refuse(message, Reason.ATTRIBUTE_TOO_LONG);
  if (n < message.total) return more(message, message.total);
  let reason: Reason = Reason.NONE;
  let at = p + HEAD_BYTES;
  const end = p + message.total;
  let field = readField(at, end);
  for (; field == Field.READ; field = readField(at, end)) {
    at = fieldEnd;
    if (fieldNumber != INIT_REQUEST_META || fieldWire != Wire.BYTES) continue;
    const found = readInitCall(fieldAddress, fieldEnd, demand, message);
    if (found != Reason.NONE) reason = found;
  }
  if (field != Field.NONE) reason = Reason.MALFORMED;
  if (reason != Reason.NONE) return refuse(message, reason);
  message.opensStream = true;
  return Step.DONE;
}

function decodeClose(p: usize, n: u32, message: Message): Step {
  const shown = min(message.total, MAX_HEAD_BYTES);
  if (n < shown) return more(message, shown);
  if (!readCloseStatus(p + HEAD_BYTES, p + shown, shown < message.total)) return refuse(message, Reason.MALFORMED);
  if (isReset) message.kind = Kind.STREAM_END;
  return Step.DONE;
}
