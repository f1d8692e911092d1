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
import { asciiOf, writeSigned } from "../../memory/ascii";
import { equalBytes } from "../../memory/bytes";
import { MAX_ATTRIBUTE_BYTES, MAX_ECHO_BYTES, SCAN_WINDOW_BYTES } from "../../memory/limits";
import { builtinSlot, clearSlots, Demand, fillBuiltin, setSlot } from "../attributes";
import { KEEP_SCRATCH, keepAll, keepArea, kept } from "../keep";
import { Kind, Message } from "../message";
import { refuse } from "../outcome";
import { Reason, Step } from "../step";
import { FUNC, PACKET_TYPE as PACKET_TYPE_ATTRIBUTE, SERVANT, TIMEOUT } from "./attributes";
import {
  decodeLength,
  FUNC_NAME,
  isTup,
  LENGTH_BYTES,
  ONE_WAY,
  PACKET_TYPE,
  SERVANT_NAME,
  TUP_REQUEST_ID,
  VERSION,
} from "./packet";
import { readTail, startTail, tailAt, tailReason } from "./tail";

const ping: usize = asciiOf("tars_ping");
const PING_BYTES: u32 = 9;

/** How far the fields were read. */
let at: usize = 0;
/** With CUT: how many bytes from there must be in memory at least. */
let wanted: u32 = 0;
let version: i64 = 0;
let oneWay: bool = false;
/** Where the field sServantName begins. */
let servantField: usize = 0;

/**
 * Decodes what a client sent: its first `n` bytes are at `p`. Timeout, context and status lie behind the arguments (sBuffer), which are
 * passed over only if a route asks for the timeout or one of the keys.
 */
export function decodeRequest(p: usize, n: u32, maxMessageBytes: u32, demand: Demand, message: Message): Step {
  clearSlots(demand.slotCount);
  const step = decodeLength(p, n, maxMessageBytes, message);
  if (step != Step.DONE) return step;
  message.kind = Kind.CALL;
  const end = p + min(n, message.total);
  const namesEnd = min(end, p + SCAN_WINDOW_BYTES);
  const names = readNames(p + LENGTH_BYTES, namesEnd, demand, message);
  message.dialect = <u32>version & 0xffff;
  if (oneWay) message.kind = Kind.ONE_WAY;
  if (names == TarsRead.CUT) return unread(p, namesEnd, message);
  if (names != TarsRead.READ) return refuse(message, message.reason ? message.reason : Reason.MALFORMED);
  if (!message.methodBytes) return refuse(message, Reason.MALFORMED);
  if (isTup(version)) repeatNames(message);
  if (message.methodBytes == PING_BYTES && equalBytes(message.method, ping, PING_BYTES)) {
    message.kind = oneWay ? Kind.EVENT : Kind.HEARTBEAT;
    return Step.DONE;
  }
  if (!demand.namedCount && !demand.placedCount && builtinSlot(demand, TIMEOUT) < 0) return Step.DONE;
  return decodeTail(p, end, demand, message);
}

/** Reads the fields up to sFuncName. */
function readNames(from: usize, end: usize, demand: Demand, message: Message): TarsRead {
  at = from;
  version = 0;
  oneWay = false;
  servantField = 0;
  let read: TarsRead = TarsRead.READ;
  while (read == TarsRead.READ && at < end && !message.methodBytes) read = readField(end, demand, message);
  return read == TarsRead.READ && !message.methodBytes ? TarsRead.CUT : read;
}

function readField(end: usize, demand: Demand, message: Message): TarsRead {
  wanted = 1;
  const head = readTarsHead(at, end);
  if (head != TarsRead.READ) return head;
  const tag = tarsTag;
  if (tag == SERVANT_NAME || tag == FUNC_NAME) return readName(tag, end, demand, message);
  // All others before them are numbers.
  if (tag > FUNC_NAME) return TarsRead.MALFORMED;
  const number = readTarsNumber(tarsEnd, end);
  if (number != TarsRead.READ) return number;
  at = tarsEnd;
  if (tag == VERSION) version = tarsValue;
  else if (tag == PACKET_TYPE) takePacketType(demand);
  else if (tag == TUP_REQUEST_ID) {
    message.id = <u64>(<u32>tarsValue);
    message.framed = true;
  }
  return TarsRead.READ;
}

function takePacketType(demand: Demand): void {
  oneWay = tarsValue == ONE_WAY;
  const slot = builtinSlot(demand, PACKET_TYPE_ATTRIBUTE);
  if (slot < 0) return;
  const area = keepArea(slot);
  setSlot(slot, area, <u32>(writeSigned(area, tarsValue) - area));
}

function readName(tag: u32, end: usize, demand: Demand, message: Message): TarsRead {
  const length = readTarsLength(tarsEnd, end, tarsType);
  if (length != TarsRead.READ) return length;
  if (tarsBytes > MAX_ATTRIBUTE_BYTES) {
    message.reason = Reason.ATTRIBUTE_TOO_LONG;
    return TarsRead.MALFORMED;
  }
  const text = tarsEnd;
  if (tarsBytes > <u32>(end - text)) {
    wanted = <u32>(text - at) + tarsBytes;
    return TarsRead.CUT;
  }
  if (tag == SERVANT_NAME) {
    servantField = at;
    message.service = text;
    message.serviceBytes = tarsBytes;
  } else {
    message.method = text;
    message.methodBytes = tarsBytes;
    if (!tarsBytes) return TarsRead.MALFORMED;
  }
  fillBuiltin(demand, tag == SERVANT_NAME ? SERVANT : FUNC, text, tarsBytes);
  at = text + tarsBytes;
  return TarsRead.READ;
}

/** The names are not whole in [p, end). */
function unread(p: usize, end: usize, message: Message): Step {
  const inMemory = <u32>(end - p);
  if (inMemory == message.total) return refuse(message, Reason.MALFORMED);
  if (inMemory == SCAN_WINDOW_BYTES) return refuse(message, Reason.ATTRIBUTE_TOO_LONG);
  message.need = min(max(<u32>(at - p) + wanted, inMemory + 1), message.total);
  return Step.MORE;
}

/** Answers of TUP repeat servant and function: both fields as they are. */
function repeatNames(message: Message): void {
  const bytes = servantField ? <u32>(at - servantField) : 0;
  if (bytes > MAX_ECHO_BYTES) return;
  message.echo = servantField;
  message.echoBytes = bytes;
}

function decodeTail(p: usize, end: usize, demand: Demand, message: Message): Step {
  startTail();
  const found = readTail(at, end, message.total - <u32>(end - p), false, demand);
  if (found == Step.DONE) return found;
  if (found == Step.BAD) return refuse(message, tailReason);
  keepAll(demand.slotCount, message);
  if (message.echoBytes) message.echo = kept(KEEP_SCRATCH, message.echo, message.echoBytes);
  message.scanAt = <u32>(tailAt - p);
  return Step.SCAN;
}

/** Goes on where `decodeRequest` or the last scan of the same message stopped, with its `n` bytes from `message.scanAt` on. */
export function scanRequest(p: usize, n: u32, demand: Demand, message: Message): Step {
  const left = message.total - message.scanAt;
  const inMemory = min(n, left);
  const step = readTail(p, p + inMemory, left - inMemory, true, demand);
  if (step == Step.DONE) return step;
  if (step == Step.BAD) return refuse(message, tailReason);
  message.scanAt += <u32>(tailAt - p);
  return Step.SCAN;
}
