import { Done } from "../codec/act";
import { Caller, caller } from "../codec/caller";
import { REPLY_OVERHEAD_BYTES, writeDone, writeError, writeGoingAway, writeHeartbeatAnswer } from "../codec/codec";
import { message } from "../codec/message";
import { ReplyCode } from "../codec/reply";
import { Tunnel } from "../http2/tunnel";
import { writeAscii } from "../memory/ascii";
import { enlargeBlock } from "../memory/kept";
import { MAX_UNPROVEN_REPLY_BYTES } from "../memory/limits";
import { Name, nameBytes } from "../memory/name";
import { Call } from "./call-in-flight";
import { Connection, closeSoon } from "./connection";
import { insertReply, ORDER_BYTES } from "./in-order";
import { CloseReason, replyCodeLabel, replyFlags } from "./label";
import { countReply } from "./listener";
import { raiseFlag } from "./response-flags";
import { resumed } from "./resumed";
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

/** The caller whose call is in `message`; its turn comes after those of all calls before it. */
export function callerOfMessage(connection: Connection): Caller {
  if (message.ordered) orderAnswers(connection);
  caller.id = message.id;
  caller.dialect = message.dialect;
  const kept = resumed;
  caller.order = kept ? kept.order : ++connection.orders;
  caller.status = 0;
  caller.echo = message.echo;
  caller.echoBytes = message.echoBytes;
  return caller;
}

export function callerOfCall(call: Call): Caller {
  caller.id = call.id;
  caller.dialect = call.dialect;
  caller.order = call.order;
  caller.status = 0;
  caller.echo = call.echo;
  caller.echoBytes = call.echoBytes;
  return caller;
}

/** Before the order of any call. */
const FORMER: u32 = 1 << 30;

/** Answers come in the order of their calls from now on. Replies that have not gone out yet are older than that: together they come first. */
export function orderAnswers(connection: Connection): void {
  if (connection.ordered) return;
  const bytes = connection.repliesBytes;
  if (bytes && !reserve(connection, ORDER_BYTES)) return;
  connection.ordered = true;
  if (!bytes) return;
  const replies = connection.replies;
  memory.copy(replies + ORDER_BYTES, replies, bytes);
  connection.newestReply = connection.orders - FORMER;
  store<u32>(replies, connection.newestReply);
  store<u32>(replies, bytes, 4);
  connection.repliesBytes = ORDER_BYTES + bytes;
}

/** Replies to a call with the text that was begun. */
export function replyError(connection: Connection, caller: Caller, code: ReplyCode): void {
  const length = <u32>(textEnd - text);
  const out = beginReply(connection, length + caller.echoBytes);
  if (!out) return;
  endReply(connection, caller.order, writeError(connection.protocol, out, caller, code, text, length));
  countReply(connection.listener, code);
  raiseFlag(connection, code);
  if (tracing) traceReply(connection.traceId, caller.id, code, length);
}

function traceReply(connection: u64, id: u64, code: ReplyCode, length: u32): void {
  beginLine(connection, "reply");
  addNumber(" id=", id);
  addWord(" code=", replyCodeLabel(code));
  addValue(" text=", text, length);
  addWord(" flags=", replyFlags(code));
  endLine();
}

/** Answers the call in `message`, which the filter has carried out itself. */
export function replyDone(connection: Connection, done: Done): void {
  const caller = callerOfMessage(connection);
  const out = beginReply(connection, 0);
  if (!out) return;
  endReply(connection, caller.order, writeDone(connection.protocol, out, done));
  if (tracing) traceMessage(connection.traceId, "done");
}

/** Answers the heartbeat in `message`, which may be the first of a connection whose answers come in order. */
export function replyHeartbeat(connection: Connection): void {
  if (message.ordered) orderAnswers(connection);
  const out = beginReply(connection, 0);
  if (!out) return;
  const bytes = writeHeartbeatAnswer(connection.protocol, out, message.id, message.dialect);
  endReply(connection, ++connection.orders, bytes);
  if (tracing) traceMessage(connection.traceId, "heartbeat");
}

/** Asks the client to make its next calls on another connection. Where answers come in order there is no place for it. */
export function replyGoingAway(connection: Connection): void {
  if (connection.ordered) return;
  const out = beginReply(connection, 0);
  if (out) endReply(connection, 0, writeGoingAway(connection.protocol, out));
}

/** Says why no virtual host or no route took the call in `message`. */
export function replyNotFound(connection: Connection, service: Name | null): void {
  beginText();
  if (service) {
    addText("meltemi: no route of ");
    addName(service);
    addText(" matches this call of ");
    if (message.serviceBytes) {
      addBytes(message.service, message.serviceBytes);
      addText(".");
    }
    addBytes(message.method, message.methodBytes);
  } else if (!message.serviceBytes) {
    addText("meltemi: the call names no service, and none was dialled that listener ");
    addName(connection.listener.name);
    addText(" knows");
  } else {
    addText("meltemi: service ");
    addBytes(message.service, message.serviceBytes);
    addText(" is not known to listener ");
    addName(connection.listener.name);
  }
  replyError(connection, callerOfMessage(connection), ReplyCode.NOT_FOUND);
}

/** Says why a call on `tunnel` got no answer: the cluster, the upstream if one was reached, and Envoy's flags. */
export function describeFailure(tunnel: Tunnel, refused: bool): void {
  beginText();
  addText(refused ? "meltemi: no connection to cluster " : "meltemi: connection closed before the answer, cluster ");
  addName(tunnel.cluster);
  addHost(tunnel);
  if (tunnel.flagsBytes) {
    addText(", response flags ");
    addBytes(changetype<usize>(tunnel) + offsetof<Tunnel>("flags"), tunnel.flagsBytes);
  }
}

/** Says that a call on `tunnel` has taken too long. */
export function describeTimeout(tunnel: Tunnel): void {
  beginText();
  addText("meltemi: no answer within the route's timeout, cluster ");
  addName(tunnel.cluster);
  addHost(tunnel);
}

function addHost(tunnel: Tunnel): void {
  const host = tunnel.host;
  if (!host) return;
  addText(", upstream ");
  addName(host);
}

/**
 * Where a reply with `bytes` of text and echo is to be written: where replies end, behind room for its entry where answers come in order.
 * 0 as `reserve`.
 */
function beginReply(connection: Connection, bytes: u32): usize {
  const out = reserve(connection, ORDER_BYTES + REPLY_OVERHEAD_BYTES + bytes);
  return out && connection.ordered ? out + ORDER_BYTES : out;
}

/** The reply that was written there has `bytes`. Where answers come in order it is put where its turn is. */
function endReply(connection: Connection, order: u32, bytes: u32): void {
  if (connection.ordered) insertReply(connection, order, bytes);
  else connection.repliesBytes += bytes;
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
