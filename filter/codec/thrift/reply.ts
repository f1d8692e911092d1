import { writeUtf8 } from "../../encoding/utf8";
import { Caller } from "../caller";
import { ReplyCode } from "../reply";
import {
  BINARY_VERSION,
  COMPACT_ID,
  COMPACT_VERSION,
  EXCEPTION,
  HEADER_MAGIC,
  Protocol,
  protocolOf,
  Transport,
  transportOf,
} from "./dialect";
import { writeVarint } from "./varint";

/** Where the text of a reply is cut: enough for a sentence and two long names. */
const MAX_REPLY_TEXT_BYTES: u32 = 512;

/** The types of TApplicationException that all clients know. */
const UNKNOWN_METHOD: u32 = 1;
const INTERNAL_ERROR: u32 = 6;
const PROTOCOL_ERROR: u32 = 7;

export function replyStatus(code: ReplyCode): u32 {
  switch (code) {
    case ReplyCode.NOT_FOUND:
      return UNKNOWN_METHOD;
    case ReplyCode.BAD_REQUEST:
    case ReplyCode.UNMUTABLE:
      return PROTOCOL_ERROR;
    default:
      return INTERNAL_ERROR;
  }
}

const LENGTH_BYTES: usize = 4;
const HEADER_BYTES: usize = 14;
const SEQUENCE_BYTES: u32 = 4;

/**
 * Writes the TApplicationException that answers a call, as the caller's own server would: in its transport and protocol, with the method's
 * name (without a service in front, as servers see it) and the seqid. Returns its length. What was packed in THeader had no name that could
 * be read; its answer is in TBinaryProtocol, which THeader's head says.
 */
export function writeError(out: usize, caller: Caller, code: ReplyCode, text: usize, textBytes: u32): u32 {
  const transport = transportOf(caller.dialect);
  const protocol = protocolOf(caller.dialect);
  let name = caller.echo;
  let nameBytes = caller.echoBytes;
  let at = out;
  if (transport != Transport.UNFRAMED) at += LENGTH_BYTES;
  if (transport == Transport.HEADER) {
    at = writeHeader(at, load<u32>(name), protocol);
    name += SEQUENCE_BYTES;
    nameBytes -= SEQUENCE_BYTES;
  }
  const status = replyStatus(code);
  at =
    protocol == Protocol.COMPACT
      ? writeCompact(at, <u32>caller.id, name, nameBytes, status, text, textBytes)
      : writeBinary(at, protocol, <u32>caller.id, name, nameBytes, status, text, textBytes);
  if (transport != Transport.UNFRAMED) store<u32>(out, bswap(<u32>(at - out - LENGTH_BYTES)));
  return <u32>(at - out);
}

/** THeader's head without transforms and infos: the protocol's number, none, and two bytes of padding. */
function writeHeader(out: usize, sequence: u32, protocol: Protocol): usize {
  store<u16>(out, bswap<u16>(<u16>HEADER_MAGIC));
  store<u16>(out, 0, 2);
  store<u32>(out, sequence, 4);
  store<u16>(out, bswap<u16>(1), 8);
  store<u32>(out, protocol == Protocol.COMPACT ? 2 : 0, 10);
  return out + HEADER_BYTES;
}

function writeBinary(
  out: usize,
  protocol: Protocol,
  seqid: u32,
  name: usize,
  nameBytes: u32,
  status: u32,
  text: usize,
  textBytes: u32,
): usize {
  if (protocol != Protocol.OLD_BINARY) {
    store<u32>(out, bswap((BINARY_VERSION << 16) | EXCEPTION));
    out += 4;
  }
  store<u32>(out, bswap(nameBytes));
  memory.copy(out + 4, name, nameBytes);
  out += 4 + nameBytes;
  if (protocol == Protocol.OLD_BINARY) store<u8>(out++, EXCEPTION);
  store<u32>(out, bswap(seqid));
  // 1: the text, a string (11)
  store<u8>(out, 11, 4);
  store<u16>(out, bswap<u16>(1), 5);
  const written = writeUtf8(out + 11, MAX_REPLY_TEXT_BYTES, text, textBytes);
  store<u32>(out, bswap(written), 7);
  out += 11 + written;
  // 2: the type, an i32 (8), and the end
  store<u8>(out, 8);
  store<u16>(out, bswap<u16>(2), 1);
  store<u32>(out, bswap(status), 3);
  store<u8>(out, 0, 7);
  return out + 8;
}

function writeCompact(
  out: usize,
  seqid: u32,
  name: usize,
  nameBytes: u32,
  status: u32,
  text: usize,
  textBytes: u32,
): usize {
  store<u8>(out, COMPACT_ID);
  store<u8>(out, (EXCEPTION << 5) | COMPACT_VERSION, 1);
  out = writeVarint(writeVarint(out + 2, seqid), nameBytes);
  memory.copy(out, name, nameBytes);
  out += nameBytes;
  // 1: the text, a string (8), whose length is in two bytes, also where one would do: it is filled in afterwards
  store<u8>(out, 0x18);
  const written = writeUtf8(out + 3, MAX_REPLY_TEXT_BYTES, text, textBytes);
  store<u8>(out, 0x80 | (written & 0x7f), 1);
  store<u8>(out, written >> 7, 2);
  out += 3 + written;
  // 2: the type, an i32 (5) in zigzag, and the end
  store<u8>(out, 0x15);
  store<u8>(out, status << 1, 1);
  store<u8>(out, 0, 2);
  return out + 3;
}
