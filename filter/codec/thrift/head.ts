import { MAX_ATTRIBUTE_BYTES, MAX_ECHO_BYTES } from "../../memory/limits";
import { clearMessage, Message } from "../message";
import { more, refuse } from "../outcome";
import { Reason, Step } from "../step";
import { BINARY_VERSION, CALL, dialectOf, HEADER_MAGIC, isCompact, ONE_WAY, Protocol, Transport } from "./dialect";
import { headerPayloadAt, headerReadable, headerSequence, readHeader } from "./header";
import { lacks, unread } from "./outcome";
import { readVarint, varint, varintEnd } from "./varint";

/**
 * The head of a message, all numbers big-endian but varints. Framed and in THeader it stands behind a length; nothing but what it
 * looks like tells one form from the other:
 *
 *     binary       | 80 01 00 type | name length i32 | name … | seqid i32 | a struct
 *     old binary   | name length i32 | name … | type | seqid i32 | a struct
 *     compact      | 82 | type << 5 + 1 | seqid varint | name length varint | name … | a struct
 *
 *     framed       | length i32 | one of these
 *     THeader      | length i32 | 0f ff … (header.ts) | one of these
 */
@unmanaged
export class Head {
  transport: Transport;
  protocol: Protocol;
  type: u32;
  seqid: u32;
  nameAt: u32;
  nameBytes: u32;
  /** Offset of the struct behind the head. */
  bodyAt: u32;
}

export const head: Head = changetype<Head>(memory.data(offsetof<Head>(), 8));

/** The least that a message has: an empty name and an empty struct in TCompactProtocol. */
const MIN_BYTES: u32 = 5;
const LENGTH_BYTES: u32 = 4;
/** Of old binary: no method's name is so long that its length has a first byte other than 0. */
const MAX_NAME_BYTES: u32 = MAX_ATTRIBUTE_BYTES;

/**
 * Reads the head at `p`, of which `n` bytes are in memory, into `head`, and fills what it tells: dialect, id, and the total unless it is
 * unframed.
 */
export function decodeHead(p: usize, n: u32, maxMessageBytes: u32, message: Message): Step {
  clearMessage(message);
  if (n < MIN_BYTES) return more(message, MIN_BYTES);
  const first = bswap(load<u32>(p));
  const step = <i32>first < 0 ? readUnframed(p, n, first, message) : readLength(p, n, first, maxMessageBytes, message);
  if (step != Step.DONE) return step;
  message.dialect = dialectOf(head.transport, head.protocol);
  message.id = head.seqid;
  message.framed = head.transport != Transport.UNFRAMED;
  return step;
}

function readUnframed(p: usize, n: u32, first: u32, message: Message): Step {
  head.transport = Transport.UNFRAMED;
  const step = findProtocol(first, message);
  return step == Step.DONE ? readMessageHead(p, 0, n, u32.MAX_VALUE, message) : step;
}

/** Of a message that begins with a number: a frame's length, or in old binary that of the name. */
function readLength(p: usize, n: u32, length: u32, maxMessageBytes: u32, message: Message): Step {
  if (n < LENGTH_BYTES + MIN_BYTES) return more(message, LENGTH_BYTES + MIN_BYTES);
  const next = bswap(load<u32>(p, LENGTH_BYTES));
  if (isNameOf(length, next)) {
    head.transport = Transport.UNFRAMED;
    head.protocol = Protocol.OLD_BINARY;
    return readMessageHead(p, 0, n, u32.MAX_VALUE, message);
  }
  if (length < MIN_BYTES) return refuse(message, Reason.NOT_THIS_PROTOCOL);
  if (length > maxMessageBytes - min(LENGTH_BYTES, maxMessageBytes)) return refuse(message, Reason.TOO_LARGE);
  const limit = LENGTH_BYTES + length;
  message.total = limit;
  n = min(n, limit);
  if (next >> 16 == HEADER_MAGIC) return readBehindHeader(p, n, limit, message);
  head.transport = Transport.FRAMED;
  const step = findProtocol(next, message);
  return step == Step.DONE ? readMessageHead(p, LENGTH_BYTES, n, limit, message) : step;
}

function readBehindHeader(p: usize, n: u32, limit: u32, message: Message): Step {
  head.transport = Transport.HEADER;
  const step = readHeader(p, n, limit, message);
  if (step != Step.DONE) return step;
  const at = headerPayloadAt;
  if (!headerReadable) return passUnreadable(at);
  if (n < at + 4) return lacks(message, at + 4, limit);
  const found = findProtocol(bswap(load<u32>(p + at)), message);
  return found == Step.DONE ? readMessageHead(p, at, n, limit, message) : found;
}

/** Whether these are the length and the beginning of a name, in front of which no frame's length stands: a letter, or an underscore. */
function isNameOf(length: u32, second: u32): bool {
  const character = (second >> 24) | 0x20;
  return length != 0 && length <= MAX_NAME_BYTES && ((character >= 0x61 && character <= 0x7a) || second >> 24 == 0x5f);
}

function findProtocol(word: u32, message: Message): Step {
  if (word >> 16 == BINARY_VERSION) head.protocol = Protocol.BINARY;
  else if (isCompact(word)) head.protocol = Protocol.COMPACT;
  else if (word >> 24 == 0) head.protocol = Protocol.OLD_BINARY;
  else return refuse(message, Reason.NOT_THIS_PROTOCOL);
  return Step.DONE;
}

/** What THeader alone tells: that it is a message, whose number on the connection stands for its seqid. */
function passUnreadable(at: u32): Step {
  head.protocol = Protocol.UNREADABLE;
  head.type = 0;
  head.seqid = headerSequence;
  head.nameAt = at;
  head.nameBytes = 0;
  head.bodyAt = at;
  return Step.DONE;
}

/** Reads the head proper, at offset `at` of a message that has `limit` bytes at most, as many of which are in memory as `n` says. */
function readMessageHead(p: usize, at: u32, n: u32, limit: u32, message: Message): Step {
  if (head.protocol == Protocol.COMPACT) return readCompactHead(p, at, n, limit, message);
  let typeAt = at + 3;
  if (head.protocol == Protocol.BINARY) at += 4;
  if (n < at + 4) return lacks(message, at + 4, limit);
  const step = takeName(at + 4, bswap(load<u32>(p + at)), limit, message);
  if (step != Step.DONE) return step;
  at = head.nameAt + head.nameBytes;
  if (head.protocol == Protocol.OLD_BINARY) typeAt = at++;
  if (n < at + 4) return lacks(message, at + 4, limit);
  head.seqid = bswap(load<u32>(p + at));
  head.bodyAt = at + 4;
  return takeType(load<u8>(p + typeAt), message);
}

function readCompactHead(p: usize, at: u32, n: u32, limit: u32, message: Message): Step {
  if (n < at + 2) return lacks(message, at + 2, limit);
  const type = <u32>load<u8>(p + at, 1) >> 5;
  let step = readVarint(p, at + 2, n);
  if (step != Step.DONE) return unread(step, n, limit, message);
  head.seqid = <u32>varint;
  step = readVarint(p, varintEnd, n);
  if (step != Step.DONE) return unread(step, n, limit, message);
  step = takeName(varintEnd, varint, limit, message);
  if (step != Step.DONE) return step;
  head.bodyAt = head.nameAt + head.nameBytes;
  if (n < head.bodyAt) return lacks(message, head.bodyAt, limit);
  return takeType(type, message);
}

/** A name of so many bytes, which need not be in memory yet. */
function takeName(at: u32, bytes: u64, limit: u32, message: Message): Step {
  if (bytes > limit - at) return refuse(message, Reason.MALFORMED);
  if (bytes > MAX_NAME_BYTES) return refuse(message, Reason.ATTRIBUTE_TOO_LONG);
  head.nameAt = at;
  head.nameBytes = <u32>bytes;
  return Step.DONE;
}

function takeType(type: u32, message: Message): Step {
  if (type < CALL || type > ONE_WAY) return refuse(message, Reason.MALFORMED);
  head.type = type;
  return Step.DONE;
}

/** For what a reply repeats: in THeader its number, in front of the name. */
const echo: usize = memory.data(512);
const SEQUENCE_BYTES: u32 = 4;

/** Has the proxy keep what a reply needs: the method's name, and THeader's number of the message. */
export function setEcho(message: Message): void {
  if (head.transport != Transport.HEADER) {
    message.echo = message.method;
    message.echoBytes = min(message.methodBytes, MAX_ECHO_BYTES);
    return;
  }
  const bytes = min(message.methodBytes, MAX_ECHO_BYTES - SEQUENCE_BYTES);
  store<u32>(echo, bswap(headerSequence));
  memory.copy(echo + SEQUENCE_BYTES, message.method, bytes);
  message.echo = echo;
  message.echoBytes = SEQUENCE_BYTES + bytes;
}
