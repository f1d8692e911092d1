import {
  Field,
  fieldAddress,
  fieldEnd,
  fieldNumber,
  fieldValue,
  fieldWire,
  readField,
  Wire,
} from "../../encoding/protobuf";

/** ResponseProtocol, the header of a unary answer. */
export const UNARY_REQUEST_ID: u32 = 3;
export const UNARY_RET: u32 = 4;
const UNARY_FUNC_RET: u32 = 5;
export const UNARY_ERROR_MSG: u32 = 6;
/** TrpcStreamInitMeta of a server, and TrpcStreamInitResponseMeta in it. */
const INIT_RESPONSE_META: u32 = 2;
const INIT_RET: u32 = 1;
/** TrpcStreamCloseMeta. */
export const CLOSE_TYPE: u32 = 1;
export const CLOSE_RET: u32 = 2;
export const CLOSE_MSG: u32 = 3;
const CLOSE_FUNC_RET: u32 = 6;

/** The close_type that ends both directions at once. */
export const RESET: u32 = 1;

/** What was read: the framework's code, else the one of the service itself. */
export let status: u32 = 0;
export let requestId: u32 = 0;
/** Of a CLOSE. */
export let isReset: bool = false;

let ret: u32 = 0;
let funcRet: u32 = 0;

/** Each reads a message in [at, end), which goes on behind that if `cut`. False: it cannot be read. */
export function readUnaryStatus(at: usize, end: usize, cut: bool): bool {
  begin();
  let field = readField(at, end);
  for (; field == Field.READ; field = readField(fieldEnd, end)) {
    if (fieldWire != Wire.VARINT) continue;
    if (fieldNumber == UNARY_REQUEST_ID) requestId = <u32>fieldValue;
    else if (fieldNumber == UNARY_RET) ret = <u32>fieldValue;
    else if (fieldNumber == UNARY_FUNC_RET) funcRet = <u32>fieldValue;
  }
  return finish(field, cut);
}

export function readCloseStatus(at: usize, end: usize, cut: bool): bool {
  begin();
  let closeType: u32 = 0;
  let field = readField(at, end);
  for (; field == Field.READ; field = readField(fieldEnd, end)) {
    if (fieldWire != Wire.VARINT) continue;
    if (fieldNumber == CLOSE_TYPE) closeType = <u32>fieldValue;
    else if (fieldNumber == CLOSE_RET) ret = <u32>fieldValue;
    else if (fieldNumber == CLOSE_FUNC_RET) funcRet = <u32>fieldValue;
  }
  isReset = closeType == RESET || ret != 0;
  return finish(field, cut);
}

export function readInitStatus(at: usize, end: usize, cut: bool): bool {
  begin();
  let field = readField(at, end);
  for (; field == Field.READ; field = readField(at, end)) {
    at = fieldEnd;
    if (fieldNumber == INIT_RESPONSE_META && fieldWire == Wire.BYTES && !readInitRet()) return false;
  }
  return finish(field, cut);
}

function readInitRet(): bool {
  const end = fieldEnd;
  let field = readField(fieldAddress, end);
  for (; field == Field.READ; field = readField(fieldEnd, end)) {
    if (fieldNumber == INIT_RET && fieldWire == Wire.VARINT) ret = <u32>fieldValue;
  }
  return field == Field.NONE;
}

function begin(): void {
  requestId = 0;
  isReset = false;
  ret = 0;
  funcRet = 0;
}

function finish(field: Field, cut: bool): bool {
  status = ret ? ret : funcRet;
  return field == Field.NONE || (cut && field != Field.MALFORMED);
}
