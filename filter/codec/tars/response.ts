import {
  readTarsHead,
  readTarsLength,
  readTarsNumber,
  TarsRead,
  tarsBytes,
  tarsEnd,
  tarsTag,
  tarsType,
  tarsValue,
} from "../../encoding/tars";
import { beginTarsSkip, skippedTo, skipTars } from "../../encoding/tars-skip";
import { asciiOf } from "../../memory/ascii";
import { equalBytes } from "../../memory/bytes";
import { SHORT_HEAD_BYTES } from "../../memory/limits";
import { Kind, Message } from "../message";
import { refuse } from "../outcome";
import { Reason, Step } from "../step";
import { decodeLength, isTup, LENGTH_BYTES, TUP_REQUEST_ID, VERSION } from "./packet";

/** Tags of a ResponsePacket. */
export const REQUEST_ID: u32 = 3;
export const RET: u32 = 5;
export const RESULT_DESC: u32 = 8;

/** What a server of TarsGo says, in an answer to no request, when it takes no new calls. */
export const reconnect: usize = asciiOf("_reconnect_");
export const RECONNECT_BYTES: u32 = 11;

/** How far the fields were read. */
let at: usize = 0;

/**
 * Decodes the first fields of what an upstream sent: five numbers, or four of an answer of TUP, whose own code lies behind its result and is
 * not looked for.
 */
export function decodeResponse(p: usize, n: u32, message: Message): Step {
  const step = decodeLength(p, n, i32.MAX_VALUE, message);
  if (step != Step.DONE) return step;
  const shown = min(message.total, SHORT_HEAD_BYTES);
  if (n < shown) {
    message.need = shown;
    return Step.MORE;
  }
  message.kind = Kind.ANSWER;
  message.ok = true;
  const end = p + shown;
  if (!readNumbers(p + LENGTH_BYTES, end, message)) return refuse(message, Reason.MALFORMED);
  message.framed = true;
  if (message.id == 0 && shown == message.total && isReconnect(end)) message.kind = Kind.GOING_AWAY;
  return Step.DONE;
}

function readNumbers(from: usize, end: usize, message: Message): bool {
  at = from;
  let version: i64 = 0;
  let hasId = false;
  while (at < end) {
    if (readTarsHead(at, end) != TarsRead.READ) return false;
    const tag = tarsTag;
    const tup = isTup(version);
    if (tag > (tup ? TUP_REQUEST_ID : RET)) break;
    if (readTarsNumber(tarsEnd, end) != TarsRead.READ) return false;
    at = tarsEnd;
    if (tag == VERSION) version = tarsValue;
    else if (tag == (tup ? TUP_REQUEST_ID : REQUEST_ID)) {
      message.id = <u64>(<u32>tarsValue);
      hasId = true;
    } else if (tag == RET && !tup) {
      message.status = <u32>tarsValue;
      message.ok = tarsValue == 0;
    }
  }
  return hasId;
}

/** Whether sResultDesc, among the fields from `at` to `end`, is the notice. */
function isReconnect(end: usize): bool {
  while (at < end) {
    if (readTarsHead(at, end) != TarsRead.READ) return false;
    if (tarsTag == RESULT_DESC) {
      return (
        readTarsLength(tarsEnd, end, tarsType) == TarsRead.READ &&
        tarsBytes == RECONNECT_BYTES &&
        <u32>(end - tarsEnd) >= RECONNECT_BYTES &&
        equalBytes(tarsEnd, reconnect, RECONNECT_BYTES)
      );
    }
    beginTarsSkip();
    if (skipTars(tarsEnd, end, 0) != TarsRead.READ) return false;
    at = skippedTo;
  }
  return false;
}
