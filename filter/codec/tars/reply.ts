import { writeTarsBytes, writeTarsMap, writeTarsNumber, writeTarsString } from "../../encoding/tars";
import { writeUtf8 } from "../../encoding/utf8";
import { asciiOf, writeSigned } from "../../memory/ascii";
import { Caller } from "../caller";
import { ReplyCode } from "../reply";
import { FUNC_NAME, isTup, LENGTH_BYTES, PACKET_TYPE, SERVANT_NAME, TUP_REQUEST_ID, VERSION } from "./packet";
import { RECONNECT_BYTES, REQUEST_ID, RESULT_DESC, RET, reconnect } from "./response";

/** Where the text of a reply is cut: enough for a sentence and two long names. */
const MAX_REPLY_TEXT_BYTES: u32 = 512;

const TARS: u32 = 1;

/** The other tags of both packets. */
const MESSAGE_TYPE: u32 = 4;
const BUFFER: u32 = 6;
const STATUS: u32 = 7;
const TUP_MESSAGE_TYPE: u32 = 3;
const TUP_BUFFER: u32 = 7;
const TUP_TIMEOUT: u32 = 8;
const TUP_CONTEXT: u32 = 9;
const TUP_STATUS: u32 = 10;

/** Where an answer of TUP says how the call ended. */
const resultCode: usize = asciiOf("STATUS_RESULT_CODE");
const RESULT_CODE_BYTES: u32 = 18;
const resultDesc: usize = asciiOf("STATUS_RESULT_DESC");
const RESULT_DESC_BYTES: u32 = 18;
/** A map without entries in tag 0, as it lies in memory: the attributes of TUP. */
const NO_ATTRIBUTES: u16 = 0x0c08;

const text: usize = memory.data(512);
const code: usize = memory.data(16);

/** Writes the answer to a call that says why there is none, and returns its length. */
export function writeError(out: usize, caller: Caller, reply: ReplyCode, said: usize, saidBytes: u32): u32 {
  const textBytes = writeUtf8(text, MAX_REPLY_TEXT_BYTES, said, saidBytes);
  const ret = <i32>(caller.status ? caller.status : replyStatus(reply));
  if (!isTup(caller.dialect)) return writeResponse(out, caller.dialect, <u32>caller.id, ret, text, textBytes);
  return writeTup(out, caller.dialect, <u32>caller.id, ret, caller.echo, caller.echoBytes, textBytes);
}

/** The codes of Tars that come closest. */
export function replyStatus(reply: ReplyCode): u32 {
  switch (reply) {
    case ReplyCode.NOT_FOUND:
      return -4; // TARSSERVERNOSERVANTERR
    case ReplyCode.BAD_REQUEST:
    case ReplyCode.UNMUTABLE:
      return -1; // TARSSERVERDECODEERR
    case ReplyCode.TIMEOUT:
      return -7; // TARSINVOKETIMEOUT
    case ReplyCode.RATE_LIMITED:
    case ReplyCode.OVERLOADED:
      return -9; // TARSSERVEROVERLOAD
    case ReplyCode.ABORTED:
    case ReplyCode.DENIED:
      return -99; // TARSSERVERUNKNOWNERR
    default:
      return -8; // TARSPROXYCONNECTERR
  }
}

/** Writes the answer to tars_ping, which has no result. */
export function writePingAnswer(out: usize, id: u64, dialect: u32): u32 {
  return isTup(dialect)
    ? writeTup(out, dialect, <u32>id, 0, 0, 0, 0)
    : writeResponse(out, dialect, <u32>id, 0, text, 0);
}

/** Writes what a server of TarsGo says when it takes no new calls. */
export function writeGoingAway(out: usize): u32 {
  return writeResponse(out, TARS, 0, 0, reconnect, RECONNECT_BYTES);
}

function writeResponse(out: usize, version: u32, id: u32, ret: i32, desc: usize, descBytes: u32): u32 {
  let at = writeTarsNumber(out + LENGTH_BYTES, VERSION, version);
  at = writeTarsNumber(at, PACKET_TYPE, 0);
  at = writeTarsNumber(at, REQUEST_ID, id);
  at = writeTarsNumber(at, MESSAGE_TYPE, 0);
  at = writeTarsNumber(at, RET, ret);
  at = writeTarsBytes(at, BUFFER, 0);
  at = writeTarsMap(at, STATUS, 0);
  at = writeTarsString(at, RESULT_DESC, desc, descBytes);
  return finish(out, at);
}

/** The text is in `text`. `names` are the fields of servant and function; where they are not known they are empty. */
function writeTup(out: usize, version: u32, id: u32, ret: i32, names: usize, namesBytes: u32, textBytes: u32): u32 {
  let at = writeTarsNumber(out + LENGTH_BYTES, VERSION, version);
  at = writeTarsNumber(at, PACKET_TYPE, 0);
  at = writeTarsNumber(at, TUP_MESSAGE_TYPE, 0);
  at = writeTarsNumber(at, TUP_REQUEST_ID, id);
  if (namesBytes) {
    memory.copy(at, names, namesBytes);
    at += namesBytes;
  } else at = writeTarsString(writeTarsString(at, SERVANT_NAME, text, 0), FUNC_NAME, text, 0);
  at = writeTarsBytes(at, TUP_BUFFER, 2);
  store<u16>(at, NO_ATTRIBUTES);
  at = writeTarsNumber(at + 2, TUP_TIMEOUT, 0);
  at = writeTarsMap(at, TUP_CONTEXT, 0);
  at = writeTarsMap(at, TUP_STATUS, 2);
  at = writeTarsString(at, 0, resultCode, RESULT_CODE_BYTES);
  at = writeTarsString(at, 1, code, <u32>(writeSigned(code, ret) - code));
  at = writeTarsString(at, 0, resultDesc, RESULT_DESC_BYTES);
  return finish(out, writeTarsString(at, 1, text, textBytes));
}

function finish(out: usize, end: usize): u32 {
  const bytes = <u32>(end - out);
  store<u32>(out, bswap(bytes));
  return bytes;
}
