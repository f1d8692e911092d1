import { Caller } from "../caller";
import { ReplyCode } from "../reply";
import { FLAG_AT, FLAG_EVENT, FLAG_REQUEST, HEAD_BYTES, ID_AT, LENGTH_AT, MAGIC, STATUS_AT, STATUS_OK } from "./head";
import { MAX_ENVELOPE_BYTES, MAX_REPLY_TEXT_BYTES, writeText } from "./reply-text";
import { Form, formOf, HESSIAN2, PROTOBUF_JSON } from "./serialization";

/** The most that `writeError` writes over and above the bytes of its text; also the most it writes at all. */
export const ERROR_OVERHEAD_BYTES: u32 = HEAD_BYTES + MAX_ENVELOPE_BYTES + MAX_REPLY_TEXT_BYTES;

/**
 * Writes the answer to a call that says why there is none, and returns its length. Dubbo's clients read the body of any
 * status but OK as one text of the serialization in the head. Where this codec cannot write one, the answer says Hessian2,
 * which every Dubbo client can read.
 */
export function writeError(out: usize, caller: Caller, code: ReplyCode, text: usize, textBytes: u32): u32 {
  const dialect = caller.dialect;
  const form = formOf(dialect);
  const body = writeText(form, out + HEAD_BYTES, text, textBytes);
  writeHead(
    out,
    form == Form.UNKNOWN ? HESSIAN2 : dialect,
    caller.status ? caller.status : replyStatus(code),
    caller.id,
    body,
  );
  return HEAD_BYTES + body;
}

/** The statuses of Dubbo's `Response` that come closest. */
export function replyStatus(code: ReplyCode): u32 {
  switch (code) {
    case ReplyCode.NOT_FOUND:
      return 60; // SERVICE_NOT_FOUND
    case ReplyCode.BAD_REQUEST:
    case ReplyCode.UNMUTABLE:
      return 40; // BAD_REQUEST
    case ReplyCode.DENIED:
      return 70; // SERVICE_ERROR
    case ReplyCode.TIMEOUT:
      return 31; // SERVER_TIMEOUT
    case ReplyCode.RATE_LIMITED:
    case ReplyCode.OVERLOADED:
      return 100; // SERVER_THREADPOOL_EXHAUSTED_ERROR, which clients may retry elsewhere
    default:
      return 80; // SERVER_ERROR
  }
}

/** Writes the answer to heartbeat `id`: an event whose body is the serialization's null. Returns its length. */
export function writeHeartbeatAnswer(out: usize, id: u64, dialect: u32): u32 {
  const form = formOf(dialect);
  const body = writeNull(form, dialect, out + HEAD_BYTES);
  writeHead(out, FLAG_EVENT | (form == Form.UNKNOWN ? HESSIAN2 : dialect), STATUS_OK, id, body);
  return HEAD_BYTES + body;
}

/** protobuf has no null: Dubbo writes nothing for it. */
function writeNull(form: Form, dialect: u32, out: usize): u32 {
  switch (form) {
    case Form.JSONB:
      store<u32>(out, 0x01000000);
      store<u8>(out, 0xaf, 4);
      return 5;
    case Form.JSON_LINE:
      if (dialect == PROTOBUF_JSON) return 0;
      store<u32>(out, 0x6c6c756e); // null
      store<u8>(out, 0x0a, 4);
      return 5;
    case Form.STRING_VALUE:
      return 0;
    default:
      store<u8>(out, 0x4e); // N
      return 1;
  }
}

/** Writes the notice that no new calls are taken (READONLY_EVENT, the text "R", one-way) and returns its length. */
export function writeGoingAway(out: usize): u32 {
  writeHead(out, FLAG_REQUEST | FLAG_EVENT | HESSIAN2, 0, 0, 2);
  store<u16>(out + HEAD_BYTES, 0x5201);
  return HEAD_BYTES + 2;
}

function writeHead(out: usize, flag: u32, status: u32, id: u64, length: u32): void {
  store<u16>(out, bswap(MAGIC));
  store<u8>(out, flag, FLAG_AT);
  store<u8>(out, status, STATUS_AT);
  store<u64>(out, bswap(id), ID_AT);
  store<u32>(out, bswap(length), LENGTH_AT);
}
