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
import { writeSigned } from "../../memory/ascii";
import { MAX_ATTRIBUTE_BYTES } from "../../memory/limits";
import { builtinSlot, Demand, fillBuiltin, namedSlot, setSlot } from "../attributes";
import { keepArea } from "../keep";
import { Message } from "../message";
import { Reason } from "../step";
import { LOG_ID, METHOD, REQUEST_ID, SERVICE, TIMEOUT_MS } from "./attributes";

/** RpcRequestMeta. */
const SERVICE_NAME: u32 = 1;
const METHOD_NAME: u32 = 2;
const LOG_ID_FIELD: u32 = 3;
/** apache/brpc: `string request_id`. brpc-java and jprotobuf-rpc: `repeated RpcRequestMetaExtField ext_fields`. */
export const REQUEST_ID_OR_EXT_FIELDS: u32 = 7;
const TIMEOUT_FIELD: u32 = 8;

export function readRequestMeta(at: usize, end: usize, demand: Demand, message: Message): Reason {
  let reason: Reason = Reason.NONE;
  let field = readField(at, end);
  for (; field == Field.READ; field = readField(at, end)) {
    at = fieldEnd;
    const found = takeField(demand, message);
    if (found != Reason.NONE) reason = found;
  }
  return field == Field.NONE ? reason : Reason.MALFORMED;
}

function takeField(demand: Demand, message: Message): Reason {
  if (fieldWire == Wire.VARINT) {
    if (fieldNumber == LOG_ID_FIELD) fillNumber(builtinSlot(demand, LOG_ID), <i64>fieldValue);
    else if (fieldNumber == TIMEOUT_FIELD) fillNumber(builtinSlot(demand, TIMEOUT_MS), <i64>(<i32>fieldValue));
    return Reason.NONE;
  }
  if (fieldWire != Wire.BYTES) return Reason.NONE;
  switch (fieldNumber) {
    case SERVICE_NAME:
      message.service = fieldAddress;
      message.serviceBytes = fieldBytes;
      fillBuiltin(demand, SERVICE, fieldAddress, fieldBytes);
      return fieldBytes > MAX_ATTRIBUTE_BYTES ? Reason.ATTRIBUTE_TOO_LONG : Reason.NONE;
    case METHOD_NAME:
      message.method = fieldAddress;
      message.methodBytes = fieldBytes;
      fillBuiltin(demand, METHOD, fieldAddress, fieldBytes);
      return fieldBytes > MAX_ATTRIBUTE_BYTES ? Reason.ATTRIBUTE_TOO_LONG : Reason.NONE;
    case REQUEST_ID_OR_EXT_FIELDS:
      return takeRequestIdOrExtField(fieldAddress, fieldEnd, demand);
    default:
      return Reason.NONE;
  }
}

/** An id that happens to be an entry of two texts, lengths and all, would begin with a line feed: nobody's does. */
function takeRequestIdOrExtField(at: usize, end: usize, demand: Demand): Reason {
  const slot = builtinSlot(demand, REQUEST_ID);
  if (slot < 0 && !demand.namedCount) return Reason.NONE;
  if (readEntry(at, end)) return takeEntry(demand);
  const bytes = <u32>(end - at);
  if (slot >= 0 && bytes > MAX_ATTRIBUTE_BYTES) return Reason.ATTRIBUTE_TOO_LONG;
  fill(slot, at, bytes);
  return Reason.NONE;
}

/** An entry of `user_fields`. */
export function takeUserField(at: usize, end: usize, demand: Demand): Reason {
  if (!demand.namedCount) return Reason.NONE;
  return readEntry(at, end) ? takeEntry(demand) : Reason.MALFORMED;
}

function takeEntry(demand: Demand): Reason {
  const slot = namedSlot(demand, entryKey, entryKeyBytes);
  if (slot >= 0 && entryValueBytes > MAX_ATTRIBUTE_BYTES) return Reason.ATTRIBUTE_TOO_LONG;
  fill(slot, entryValue, entryValueBytes);
  return Reason.NONE;
}

function fill(slot: i32, address: usize, bytes: u32): void {
  if (slot >= 0) setSlot(slot, address, bytes);
}

function fillNumber(slot: i32, number: i64): void {
  if (slot < 0) return;
  const area = keepArea(slot);
  setSlot(slot, area, <u32>(writeSigned(area, number) - area));
}
