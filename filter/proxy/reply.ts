import { REPLY_OVERHEAD_BYTES, writeError, writeGoingAway, writeHeartbeatAnswer } from "../codec/codec";
import { message } from "../codec/message";
import { ReplyCode } from "../codec/reply";
import { Tunnel } from "../http2/tunnel";
import { writeAscii } from "../memory/ascii";
import { enlargeBlock } from "../memory/kept";
import { MAX_UNPROVEN_REPLY_BYTES } from "../memory/limits";
import { Name, nameBytes } from "../memory/name";
import { Connection, closeSoon } from "./connection";
import { CloseReason, replyCodeLabel } from "./label";
import { countReply } from "./listener";
import { addNumber, addValue, addWord, beginLine, endLine, traceMessage, tracing } from "./trace";

/**
 * The filter's own answers to the client. They are collected here and go out at the next place between two messages: in a
 * write of HCM's, for which a PING asks where none is due.
 */
const TEXT_BYTES: u32 = 512;
const text: usize = memory.data(512);
let textEnd: usize = 0;

/** Begins a text; `add…` go on with it, and cut it at its limit. */
export function beginText(): void {
  textEnd = text;
}

export function addText(part: string): void {
  if (textEnd + part.length > text + TEXT_BYTES) return;
  textEnd = writeAscii(textEnd, part);
}

export function addBytes(bytes: usize, length: u32): void {
  const room = <u32>(text + TEXT_BYTES - textEnd);
  if (length > room) length = room;
  memory.copy(textEnd, bytes, length);
  textEnd += length;
}

export function addName(name: Name): void {
  addBytes(nameBytes(name), name.length);
}

/** Replies to the call `id` with the text that was begun. */
export function replyError(connection: Connection, id: u64, dialect: u32, code: ReplyCode): void {
  const length = <u32>(textEnd - text);
  const out = reserve(connection, length + REPLY_OVERHEAD_BYTES);
  if (!out) return;
  addReply(connection, writeError(connection.listener.protocol, out, id, dialect, code, text, length));
  countReply(connection.listener, code);
  if (tracing) traceReply(connection.traceId, id, code, length);
}

function traceReply(connection: u64, id: u64, code: ReplyCode, length: u32): void {
  beginLine(connection, "reply");
  addNumber(" id=", id);
  addWord(" code=", replyCodeLabel(code));
  addValue(" text=", text, length);
  endLine();
}

/** Answers the heartbeat in `message`. */
export function replyHeartbeat(connection: Connection): void {
  const out = reserve(connection, REPLY_OVERHEAD_BYTES);
  if (!out) return;
  addReply(connection, writeHeartbeatAnswer(connection.listener.protocol, out, message.id, message.dialect));
  if (tracing) traceMessage(connection.traceId, "heartbeat");
}

/** Asks the client to make its next calls on another connection. */
export function replyGoingAway(connection: Connection): void {
  const out = reserve(connection, REPLY_OVERHEAD_BYTES);
  if (!out) return;
  addReply(connection, writeGoingAway(connection.listener.protocol, out));
}

/** Says why no virtual host or no route took the call in `message`. */
export function replyNotFound(connection: Connection, service: Name | null): void {
  beginText();
  if (service) {
    addText("meltemi: no route of ");
    addName(service);
    addText(" matches this call of ");
    addBytes(message.service, message.serviceBytes);
    addText(".");
    addBytes(message.method, message.methodBytes);
  } else {
    addText("meltemi: service ");
    addBytes(message.service, message.serviceBytes);
    addText(" is not known to listener ");
    addName(connection.listener.name);
  }
  replyError(connection, message.id, message.dialect, ReplyCode.NOT_FOUND);
}

/** Says why a call on `tunnel` got no answer: the cluster, the upstream if one was reached, and Envoy's flags. */
export function describeFailure(tunnel: Tunnel, refused: bool): void {
  beginText();
  addText(refused ? "meltemi: no connection to cluster " : "meltemi: connection closed before the answer, cluster ");
  addName(tunnel.cluster);
  const host = tunnel.host;
  if (host) {
    addText(", upstream ");
    addName(host);
  }
  if (tunnel.flagsBytes) {
    addText(", response flags ");
    addBytes(changetype<usize>(tunnel) + offsetof<Tunnel>("flags"), tunnel.flagsBytes);
  }
}

function addReply(connection: Connection, bytes: u32): void {
  connection.repliesBytes += bytes;
  connection.unprovenBytes += bytes;
}

/** Room for `bytes` more replies; 0 if the client has asked for too many and is being closed. */
function reserve(connection: Connection, bytes: u32): usize {
  if (connection.unprovenBytes > MAX_UNPROVEN_REPLY_BYTES) {
    closeSoon(connection, CloseReason.TOO_MANY_REPLIES);
    return 0;
  }
  const needed = connection.repliesBytes + bytes;
  if (needed > connection.repliesCapacity) {
    const capacity = needed << 1;
    const block = enlargeBlock(connection.replies, connection.repliesCapacity, connection.repliesBytes, capacity);
    if (!block) {
      closeSoon(connection, CloseReason.MEMORY_LIMIT);
      return 0;
    }
    connection.replies = block;
    connection.repliesCapacity = capacity;
  }
  return connection.replies + connection.repliesBytes;
}
