import { varintBytes, Wire, writeTag, writeVarint } from "../../encoding/protobuf";
import { writeUtf8 } from "../../encoding/utf8";
import { Caller } from "../caller";
import { ReplyCode } from "../reply";
import { HEAD_BYTES, writeHead } from "./head";
import { CORRELATION_ID, ERROR_CODE, ERROR_TEXT, RESPONSE } from "./meta";

/** Where the text of a reply is cut: enough for a sentence and two long names. */
const MAX_REPLY_TEXT_BYTES: u32 = 512;

const text: usize = memory.data(512);

/** Writes the answer to a call that says why there is none, and returns its length: a meta without data. */
export function writeError(out: usize, caller: Caller, code: ReplyCode, said: usize, saidBytes: u32): u32 {
  const textBytes = writeUtf8(text, MAX_REPLY_TEXT_BYTES, said, saidBytes);
  const status = caller.status ? caller.status : replyStatus(code);
  const meta = out + HEAD_BYTES;
  let at = writeTag(meta, RESPONSE, Wire.BYTES);
  at = writeVarint(at, 2 + varintBytes(status) + varintBytes(textBytes) + textBytes);
  at = writeVarint(writeTag(at, ERROR_CODE, Wire.VARINT), status);
  at = writeVarint(writeTag(at, ERROR_TEXT, Wire.BYTES), textBytes);
  memory.copy(at, text, textBytes);
  at = writeVarint(writeTag(at + textBytes, CORRELATION_ID, Wire.VARINT), caller.id);
  writeHead(out, <u32>(at - meta));
  return <u32>(at - out);
}

/** The numbers of apache/brpc's errno.proto that come closest. */
export function replyStatus(code: ReplyCode): u32 {
  switch (code) {
    case ReplyCode.NOT_FOUND:
      return 1001; // ENOSERVICE
    case ReplyCode.BAD_REQUEST:
    case ReplyCode.UNMUTABLE:
      return 1003; // EREQUEST
    case ReplyCode.DENIED:
      return 1004; // ERPCAUTH
    case ReplyCode.TIMEOUT:
      return 1008; // ERPCTIMEDOUT
    case ReplyCode.RATE_LIMITED:
    case ReplyCode.OVERLOADED:
      return 2004; // ELIMIT, which clients may retry elsewhere
    default:
      return 1009; // EFAILEDSOCKET, what a client itself makes of a connection that breaks
  }
}
