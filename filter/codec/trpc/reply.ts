import { Wire, writeTag, writeVarint } from "../../encoding/protobuf";
import { writeUtf8 } from "../../encoding/utf8";
import { Caller } from "../caller";
import { ReplyCode } from "../reply";
import { DIALECT_STREAM, DIALECT_VERSION_MASK, FrameType, HEAD_BYTES, StreamFrame, writeHead } from "./head";
import { CLOSE_MSG, CLOSE_RET, CLOSE_TYPE, RESET, UNARY_ERROR_MSG, UNARY_REQUEST_ID, UNARY_RET } from "./status";

/** Where the text of a reply is cut: enough for a sentence and two long names. */
const MAX_REPLY_TEXT_BYTES: u32 = 512;

const text: usize = memory.data(512);

/** Writes the answer to a call that says why there is none, and returns its length: a header, or the CLOSE of a stream. */
export function writeError(out: usize, caller: Caller, code: ReplyCode, said: usize, saidBytes: u32): u32 {
  const textBytes = writeUtf8(text, MAX_REPLY_TEXT_BYTES, said, saidBytes);
  const isStream = (caller.dialect & DIALECT_STREAM) != 0;
  const version = caller.dialect & DIALECT_VERSION_MASK;
  const body = out + HEAD_BYTES;
  let at = body;
  if (isStream) at = writeNumber(at, CLOSE_TYPE, RESET);
  else at = writeNumber(at, UNARY_REQUEST_ID, <u32>caller.id);
  at = writeNumber(at, isStream ? CLOSE_RET : UNARY_RET, caller.status ? caller.status : replyStatus(code));
  at = writeVarint(writeTag(at, isStream ? CLOSE_MSG : UNARY_ERROR_MSG, Wire.BYTES), textBytes);
  memory.copy(at, text, textBytes);
  const bytes = <u32>(at + textBytes - body);
  const type = isStream ? FrameType.STREAM : FrameType.UNARY;
  const frame = isStream ? StreamFrame.CLOSE : StreamFrame.NONE;
  // Callers of version 0 have no id in the head.
  const id = isStream || version ? <u32>caller.id : 0;
  writeHead(out, type, frame, HEAD_BYTES + bytes, isStream ? 0 : bytes, id, version);
  return HEAD_BYTES + bytes;
}

function writeNumber(out: usize, number: u32, value: u32): usize {
  return writeVarint(writeTag(out, number, Wire.VARINT), value);
}

/** The numbers of TrpcRetCode that come closest. */
export function replyStatus(code: ReplyCode): u32 {
  switch (code) {
    case ReplyCode.NOT_FOUND:
      return 11; // TRPC_SERVER_NOSERVICE_ERR
    case ReplyCode.BAD_REQUEST:
    case ReplyCode.UNMUTABLE:
      return 1; // TRPC_SERVER_DECODE_ERR
    case ReplyCode.DENIED:
      return 41; // TRPC_SERVER_AUTH_ERR
    case ReplyCode.TIMEOUT:
      return 21; // TRPC_SERVER_TIMEOUT_ERR
    case ReplyCode.RATE_LIMITED:
      return 23; // TRPC_SERVER_LIMITED_ERR
    case ReplyCode.ABORTED:
      return 31; // TRPC_SERVER_SYSTEM_ERR
    case ReplyCode.OVERLOADED:
      return 22; // TRPC_SERVER_OVERLOAD_ERR
    default:
      return 141; // TRPC_CLIENT_NETWORK_ERR, what a client itself makes of a connection that breaks
  }
}
