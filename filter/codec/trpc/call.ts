import {
  entryKey,
  entryKeyBytes,
  entryValue,
  entryValueBytes,
  Field,
  fieldAddress,
  fieldBytes,
  fieldEnd,
  fieldNumber,
  fieldValue,
  fieldWire,
  readEntry,
  readField,
  Wire,
} from "../../encoding/protobuf";
import { writeDecimal } from "../../memory/ascii";
import { MAX_ATTRIBUTE_BYTES } from "../../memory/limits";
import { builtinSlot, Demand, fillBuiltin, namedSlot, setSlot } from "../attributes";
import { keepArea } from "../keep";
import { Kind, Message } from "../message";
import { Reason } from "../step";
import { CALLEE, FUNC, TIMEOUT } from "./attributes";

/** RequestProtocol, the header of a unary call. */
const UNARY_CALL_TYPE: u32 = 2;
const UNARY_REQUEST_ID: u32 = 3;
const UNARY_TIMEOUT: u32 = 4;
const UNARY_CALLER: u32 = 5;
const UNARY_TRANS_INFO: u32 = 9;

/** TrpcStreamInitRequestMeta. */
const INIT_CALLER: u32 = 1;
const INIT_TRANS_INFO: u32 = 5;

/** The values of call_type. */
const ONE_WAY_CALL: u64 = 1;

const SLASH: u8 = 0x2f;

/** The name of the service as `func` has it. */
let funcService: usize = 0;
let funcServiceBytes: u32 = 0;

/** Reads the header of a unary call in [at, end). NONE, or why it cannot be read; the id may be known all the same. */
export function readUnaryCall(at: usize, end: usize, demand: Demand, message: Message): Reason {
  message.kind = Kind.CALL;
  return readCall(at, end, UNARY_CALLER, UNARY_TRANS_INFO, demand, message);
}

export function readInitCall(at: usize, end: usize, demand: Demand, message: Message): Reason {
  return readCall(at, end, INIT_CALLER, INIT_TRANS_INFO, demand, message);
}

/** In both messages caller, callee and func have numbers that follow each other. */
function readCall(at: usize, end: usize, caller: u32, transInfo: u32, demand: Demand, message: Message): Reason {
  funcServiceBytes = 0;
  let reason: Reason = Reason.NONE;
  let field = readField(at, end);
  for (; field == Field.READ; field = readField(at, end)) {
    at = fieldEnd;
    let found: Reason = Reason.NONE;
    if (fieldWire == Wire.BYTES) {
      if (fieldNumber == transInfo) found = takeTransInfo(demand);
      else found = takeName(fieldNumber - caller, demand, message);
    } else if (fieldWire == Wire.VARINT && caller == UNARY_CALLER) takeNumber(demand, message);
    if (found != Reason.NONE) reason = found;
  }
  if (!message.serviceBytes && funcServiceBytes) {
    message.service = funcService;
    message.serviceBytes = funcServiceBytes;
  }
  return field == Field.NONE ? reason : Reason.MALFORMED;
}

function takeNumber(demand: Demand, message: Message): void {
  if (fieldNumber == UNARY_CALL_TYPE) message.kind = fieldValue == ONE_WAY_CALL ? Kind.ONE_WAY : Kind.CALL;
  else if (fieldNumber == UNARY_REQUEST_ID) {
    message.id = fieldValue & <u64>u32.MAX_VALUE;
    message.framed = true;
  } else if (fieldNumber == UNARY_TIMEOUT) takeTimeout(builtinSlot(demand, TIMEOUT));
}

function takeTimeout(slot: i32): void {
  if (slot < 0) return;
  const area = keepArea(slot);
  setSlot(slot, area, <u32>(writeDecimal(area, fieldValue & <u64>u32.MAX_VALUE) - area));
}

/** `builtin`: the name's number as an attribute. */
function takeName(builtin: u32, demand: Demand, message: Message): Reason {
  if (builtin > <u32>FUNC) return Reason.NONE;
  if (fieldBytes > MAX_ATTRIBUTE_BYTES) return Reason.ATTRIBUTE_TOO_LONG;
  if (builtin == <u32>CALLEE) {
    message.service = fieldAddress;
    message.serviceBytes = fieldBytes;
  } else if (builtin == <u32>FUNC) takeFunc(message);
  fillBuiltin(demand, builtin, fieldAddress, fieldBytes);
  return Reason.NONE;
}

/** "/trpc.app.server.Service/Method": what stands behind the last slash is the method, what stands before it the service. */
function takeFunc(message: Message): void {
  const begin = fieldAddress;
  let at = fieldEnd;
  while (at > begin && load<u8>(at - 1) != SLASH) at--;
  message.method = at;
  message.methodBytes = <u32>(fieldEnd - at);
  const serviceEnd = at - 1;
  if (serviceEnd <= begin) return;
  funcService = load<u8>(begin) == SLASH ? begin + 1 : begin;
  funcServiceBytes = <u32>(serviceEnd - funcService);
}

function takeTransInfo(demand: Demand): Reason {
  if (!demand.namedCount) return Reason.NONE;
  if (!readEntry(fieldAddress, fieldEnd)) return Reason.MALFORMED;
  const slot = namedSlot(demand, entryKey, entryKeyBytes);
  if (slot < 0) return Reason.NONE;
  if (entryValueBytes > MAX_ATTRIBUTE_BYTES) return Reason.ATTRIBUTE_TOO_LONG;
  setSlot(slot, entryValue, entryValueBytes);
  return Reason.NONE;
}
