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
import { Demand } from "../attributes";
import { Message } from "../message";
import { Reason } from "../step";
import { readRequestMeta, takeUserField } from "./request-meta";

/**
 * RpcMeta of apache/brpc's baidu_rpc_meta.proto. The numbers of its fields that are looked at; they may stand in any order, and of
 * several of one number the last one counts.
 */
export const REQUEST: u32 = 1;
export const RESPONSE: u32 = 2;
export const CORRELATION_ID: u32 = 4;
const CHUNK_INFO: u32 = 6;
const STREAM_SETTINGS: u32 = 8;
export const USER_FIELDS: u32 = 9;

/** RpcResponseMeta. */
export const ERROR_CODE: u32 = 1;
export const ERROR_TEXT: u32 = 2;

/** ChunkInfo of jprotobuf-rpc: a message in several packets of one correlation id. */
const CHUNK_STREAM_ID: u32 = 1;
const CHUNK_ID: u32 = 2;
export const LAST_CHUNK: i64 = -1;

/** What was read of it. */
export let hasRequest: bool = false;
export let hasResponse: bool = false;
/** Streaming RPC is to begin with this call. */
export let hasStream: bool = false;
/** Also 0 can be the id of a call; a call that shall be answered has one. */
export let hasId: bool = false;
export let isChunk: bool = false;
export let chunkStream: u64 = 0;
export let chunkId: i64 = 0;

/**
 * Reads the meta in [at, end) into the registers above and `message`: id and, of an answer, status. With a demand also service, method
 * and attributes. `cut`: more of it follows that is not looked at. NONE, or why it cannot be read; the id may be known all the same.
 */
export function readMeta(at: usize, end: usize, cut: bool, demand: Demand | null, message: Message): Reason {
  hasRequest = false;
  hasResponse = false;
  hasStream = false;
  hasId = false;
  isChunk = false;
  let reason: Reason = Reason.NONE;
  let field = readField(at, end);
  for (; field == Field.READ; field = readField(at, end)) {
    at = fieldEnd;
    const found = takeField(demand, message);
    if (found != Reason.NONE) reason = found;
  }
  return field == Field.NONE || (cut && field != Field.MALFORMED) ? reason : Reason.MALFORMED;
}

function takeField(demand: Demand | null, message: Message): Reason {
  if (fieldWire == Wire.VARINT) {
    if (fieldNumber == CORRELATION_ID) {
      hasId = true;
      message.id = fieldValue;
    }
    return Reason.NONE;
  }
  if (fieldWire != Wire.BYTES) return Reason.NONE;
  switch (fieldNumber) {
    case REQUEST:
      hasRequest = true;
      return demand ? readRequestMeta(fieldAddress, fieldEnd, demand, message) : Reason.NONE;
    case RESPONSE:
      hasResponse = true;
      return readResponseMeta(fieldAddress, fieldEnd, message);
    case CHUNK_INFO:
      isChunk = true;
      return readChunkInfo(fieldAddress, fieldEnd);
    case STREAM_SETTINGS:
      hasStream = true;
      return Reason.NONE;
    case USER_FIELDS:
      return demand ? takeUserField(fieldAddress, fieldEnd, demand) : Reason.NONE;
    default:
      return Reason.NONE;
  }
}

function readResponseMeta(at: usize, end: usize, message: Message): Reason {
  let field = readField(at, end);
  for (; field == Field.READ; field = readField(fieldEnd, end)) {
    if (fieldNumber == ERROR_CODE && fieldWire == Wire.VARINT) message.status = <u32>fieldValue;
  }
  return field == Field.NONE ? Reason.NONE : Reason.MALFORMED;
}

function readChunkInfo(at: usize, end: usize): Reason {
  chunkStream = 0;
  chunkId = 0;
  let field = readField(at, end);
  for (; field == Field.READ; field = readField(fieldEnd, end)) {
    if (fieldWire != Wire.VARINT) continue;
    if (fieldNumber == CHUNK_STREAM_ID) chunkStream = fieldValue;
    else if (fieldNumber == CHUNK_ID) chunkId = <i64>fieldValue;
  }
  return field == Field.NONE ? Reason.NONE : Reason.MALFORMED;
}
