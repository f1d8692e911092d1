import { decodeResponse } from "../codec/codec";
import { Kind, message } from "../codec/message";
import { ReplyCode } from "../codec/reply";
import { Step } from "../codec/step";
import { Region } from "../host/arena";
import { Buffer, fetch, replaceFront } from "../host/buffer";
import { now_us } from "../host/clock";
import { FRAME_HEAD_BYTES, FrameType, frameFlags, frameLength, frameStream, frameType } from "../http2/frame/head";
import { responseHeaders } from "../http2/hpack/response";
import { Event, receive, received } from "../http2/receive";
import { removeTunnel, tunnelOfStream } from "../http2/session";
import { dropHeld, freeTunnel, headOf, hold, Tunnel, TunnelState } from "../http2/tunnel";
import {
  ANSWERS_PER_SAMPLE,
  CONNECTION_GRANT_BYTES,
  FIRST_FETCH_BYTES,
  MAX_RESPONSE_HEAD_BYTES,
  RECEIVE_WINDOW_BYTES,
} from "../memory/limits";
import { intern } from "../memory/name";
import { takeCall, takeOldestCall } from "./call";
import { Connection, closeSoon, wakeConnection } from "./connection";
import { CloseReason } from "./label";
import { describeFailure, replyError } from "./reply";
import { recordCall } from "./series";

/** Where the bytes for the client are written, and the room that is left is known to suffice (see `begin`). */
let outBase: usize = 0;
let outCapacity: usize = 0;
let out: usize = 0;
/** Microseconds since 1970 of this write; 0 until a call needs it. */
let time_us: u64 = 0;
/** Answers in this write so far. */
let answers: u32 = 0;

/**
 * HCM writes `size` bytes to the client: HTTP/2 frames. What the tunnels carry goes to the client message by message: one
 * that has begun on a tunnel is finished before a byte of another tunnel's goes out. All the rest is for us.
 */
export function onWrite(connection: Connection, size: u32): void {
  time_us = 0;
  answers = 0;
  if (connection.closing != CloseReason.NONE) {
    replaceFront(Buffer.UPSTREAM, size, 0, 0);
    return;
  }
  const bytes = min<u32>(size, FIRST_FETCH_BYTES);
  const frames = fetch(Buffer.UPSTREAM, 0, bytes, Region.MAIN);
  if (isOneDataFrame(connection, frames, size)) {
    const tunnel = tunnelOfStream(connection, frameStream(frames));
    if (tunnel && canPass(connection, tunnel)) {
      passWhole(connection, tunnel, frames, bytes, size);
      return;
    }
  }
  const all = bytes == size ? frames : fetch(Buffer.UPSTREAM, 0, size, Region.MAIN);
  received.at = all;
  received.end = all + size;
  begin(connection, size);
  readFrames(connection);
  finish(connection, size);
}

function isOneDataFrame(connection: Connection, frames: usize, size: u32): bool {
  return (
    connection.frameRest == 0 &&
    connection.headBytes == 0 &&
    size > <u32>FRAME_HEAD_BYTES &&
    frameType(frames) == FrameType.DATA &&
    frameFlags(frames) == 0 &&
    frameLength(frames) + <u32>FRAME_HEAD_BYTES == size
  );
}

/** Whether a tunnel's bytes may go to the client as they are. */
function canPass(connection: Connection, tunnel: Tunnel): bool {
  return (
    tunnel.state == TunnelState.OPEN &&
    (!connection.delivering || connection.delivering == tunnel) &&
    connection.repliesBytes == 0 &&
    connection.heldTunnels == 0 &&
    tunnel.headBytes == 0 &&
    tunnel.skipRest == 0
  );
}

/** One frame of a tunnel: if all of it is for the client only the frame's head is taken off, and nothing is copied. */
function passWhole(connection: Connection, tunnel: Tunnel, frames: usize, bytes: u32, size: u32): void {
  let at = <u32>FRAME_HEAD_BYTES;
  for (;;) {
    const part = min<u32>(tunnel.messageRest, size - at);
    at += part;
    tunnel.messageRest -= part;
    if (at == size) break;
    if (at + MAX_RESPONSE_HEAD_BYTES > bytes && bytes < size) {
      bytes = size;
      frames = fetch(Buffer.UPSTREAM, 0, size, Region.MAIN);
    }
    const step = decodeResponse(connection.listener.protocol, frames + at, bytes - at, message);
    if (step != Step.DONE || message.kind != Kind.ANSWER) break;
    endCall(connection, tunnel);
    tunnel.messageRest = message.total;
  }
  connection.delivering = tunnel.messageRest ? tunnel : null;
  connection.received += size - <u32>FRAME_HEAD_BYTES;
  grant(connection, tunnel, at - <u32>FRAME_HEAD_BYTES);
  if (at == size) {
    replaceFront(Buffer.UPSTREAM, <u32>FRAME_HEAD_BYTES, 0, 0);
    afterWrite(connection);
    return;
  }
  // A message that is not for the client, or not whole: what came before it is copied, and the rest taken apart.
  begin(connection, size);
  put(frames + FRAME_HEAD_BYTES, at - <u32>FRAME_HEAD_BYTES);
  feed(connection, tunnel, frames + at, size - at);
  atBoundary(connection);
  finish(connection, size);
}

/** Room for all that one write can give the client: its own bytes, what is held, and our replies. */
function begin(connection: Connection, size: u32): void {
  let room = <usize>size + connection.repliesBytes;
  let tunnel = connection.tunnels;
  while (tunnel) {
    room += tunnel.heldBytes + tunnel.headBytes;
    tunnel = tunnel.next;
  }
  reserveOut(room);
  out = outBase;
}

function reserveOut(room: usize): void {
  if (room <= outCapacity) return;
  if (outBase) heap.free(outBase);
  outCapacity = (room + 0xffff) & ~0xffff;
  outBase = heap.alloc(outCapacity);
}

function finish(connection: Connection, size: u32): void {
  replaceFront(Buffer.UPSTREAM, size, outBase, out - outBase);
  afterWrite(connection);
}

/** Drained: once HCM takes no new tunnels and the last call has its answer, the connection has done its work. */
function afterWrite(connection: Connection): void {
  if (!connection.goingAway || connection.callCount || connection.messageRest || connection.delivering) return;
  if (connection.repliesBytes) return;
  closeSoon(connection, CloseReason.DRAINED);
}

function readFrames(connection: Connection): void {
  for (;;) {
    switch (receive(connection)) {
      case Event.END:
        atBoundary(connection);
        return;
      case Event.DATA:
        onData(connection);
        break;
      case Event.HEADERS:
        onHeaders(connection);
        break;
      case Event.TUNNEL_ENDED:
        if (received.tunnel) endTunnel(connection, received.tunnel!);
        break;
      case Event.WINDOW_OPENED:
        if (connection.blocked) wakeConnection(connection);
        break;
      case Event.GOING_AWAY:
      case Event.PING_ACK:
      case Event.NONE:
        break;
      case Event.PROTOCOL_ERROR:
        closeSoon(connection, CloseReason.HTTP2_ERROR);
        return;
    }
  }
}

function onHeaders(connection: Connection): void {
  const tunnel = received.tunnel!;
  if (responseHeaders.hostBytes && !tunnel.host) tunnel.host = intern(responseHeaders.host, responseHeaders.hostBytes);
  if (responseHeaders.status == 200) tunnel.state = TunnelState.OPEN;
  else {
    tunnel.state = TunnelState.REFUSED;
    tunnel.flagsBytes = min<u32>(responseHeaders.flagsBytes, 8);
    memory.copy(changetype<usize>(tunnel) + offsetof<Tunnel>("flags"), responseHeaders.flags, tunnel.flagsBytes);
  }
  if (received.last) endTunnel(connection, tunnel);
}

function onData(connection: Connection): void {
  const last = received.last;
  const tunnel = received.tunnel;
  if (!tunnel) return;
  const bytes = received.payloadBytes;
  if (tunnel.state != TunnelState.OPEN) grant(connection, tunnel, bytes);
  else if (connection.delivering && connection.delivering != tunnel)
    holdBack(connection, tunnel, received.payload, bytes);
  else feed(connection, tunnel, received.payload, bytes);
  if (last) endTunnel(connection, tunnel);
}

/** Bytes of a tunnel while another's message is being delivered. What is held begins with a message. */
function holdBack(connection: Connection, tunnel: Tunnel, bytes: usize, length: u32): void {
  const skipped = min<u32>(tunnel.skipRest, length);
  tunnel.skipRest -= skipped;
  grant(connection, tunnel, skipped);
  if (skipped == length) return;
  if (!tunnel.heldBytes) connection.heldTunnels++;
  const head = tunnel.headBytes;
  if (head) {
    hold(tunnel, headOf(tunnel), head);
    tunnel.headBytes = 0;
    tunnel.delivered -= min<u32>(tunnel.delivered, head);
  }
  hold(tunnel, bytes + skipped, length - skipped);
}

/** The tunnel has ended: a message that is not whole in what is held will never be, and the client has seen nothing of it. */
function dropCutMessage(connection: Connection, tunnel: Tunnel): void {
  let whole: u32 = 0;
  while (whole < tunnel.heldBytes) {
    const left = tunnel.heldBytes - whole;
    const step = decodeResponse(connection.listener.protocol, tunnel.held + whole, left, message);
    if (step != Step.DONE || message.total > left) break;
    whole += message.total;
  }
  tunnel.heldBytes = whole;
  if (whole) return;
  dropHeld(tunnel);
  connection.heldTunnels--;
}

/** Bytes of a tunnel whose turn it is. */
function feed(connection: Connection, tunnel: Tunnel, bytes: usize, length: u32): void {
  grant(connection, tunnel, length);
  while (length) {
    let part: u32;
    if (tunnel.messageRest) {
      part = min<u32>(tunnel.messageRest, length);
      put(bytes, part);
      tunnel.messageRest -= part;
    } else if (tunnel.skipRest) {
      part = min<u32>(tunnel.skipRest, length);
      tunnel.skipRest -= part;
    } else part = feedHead(connection, tunnel, bytes, length);
    bytes += part;
    length -= part;
    if (connection.closing != CloseReason.NONE) return;
  }
  connection.delivering = tunnel.messageRest ? tunnel : null;
}

/**
 * Decodes the head of the next message, which may have come in parts; returns how many of the bytes it took. A head that is
 * not whole is kept aside, so that nothing of its message is with the client yet.
 */
function feedHead(connection: Connection, tunnel: Tunnel, bytes: usize, length: u32): u32 {
  let head = bytes;
  let available = length;
  const kept = tunnel.headBytes;
  if (kept) {
    head = headOf(tunnel);
    const more = min<u32>(MAX_RESPONSE_HEAD_BYTES - kept, length);
    memory.copy(head + kept, bytes, more);
    available = kept + more;
  }
  const step = decodeResponse(connection.listener.protocol, head, available, message);
  if (step == Step.MORE && available < MAX_RESPONSE_HEAD_BYTES) {
    if (!kept) memory.copy(headOf(tunnel), bytes, length);
    tunnel.headBytes = available;
    return length;
  }
  if (step != Step.DONE) {
    closeSoon(connection, CloseReason.BAD_ANSWER);
    return length;
  }
  tunnel.headBytes = 0;
  beginAnswer(connection, tunnel);
  // What was kept belongs to this message, or is all of it and to be passed over.
  const front = min<u32>(kept, message.total);
  if (tunnel.messageRest) {
    put(head, front);
    tunnel.messageRest -= front;
  } else tunnel.skipRest -= front;
  return 0;
}

/** Decides for whom the message is whose head is in `message`. */
function beginAnswer(connection: Connection, tunnel: Tunnel): void {
  switch (message.kind) {
    case Kind.HEARTBEAT:
      // The upstream asks the tunnel, so the tunnel answers: the client may have many, or none that is idle.
      tunnel.heartbeatOwed = true;
      tunnel.heartbeatId = message.id;
      tunnel.heartbeatDialect = message.dialect;
      connection.grantsOwed = true;
      wakeConnection(connection);
      tunnel.skipRest = message.total;
      break;
    case Kind.EVENT:
      tunnel.skipRest = message.total;
      break;
    case Kind.GOING_AWAY:
      tunnel.goingAway = true;
      tunnel.skipRest = message.total;
      break;
    case Kind.ANSWER:
      endCall(connection, tunnel);
      tunnel.messageRest = message.total;
      break;
    default:
      // A call of the upstream's own (Dubbo's callbacks).
      tunnel.messageRest = message.total;
      break;
  }
}

function endCall(connection: Connection, tunnel: Tunnel): void {
  const call = takeCall(tunnel, message.id);
  if (!call) return;
  connection.callCount--;
  if (!time_us) time_us = now_us();
  const duration_us = time_us > call.started_us ? time_us - call.started_us : 0;
  recordCall(call.series, message.status, duration_us, answers % ANSWERS_PER_SAMPLE == 0);
  answers++;
}

/** These bytes are delivered: HCM may send as many more, which it is told once they are worth a frame. */
function grant(connection: Connection, tunnel: Tunnel, bytes: u32): void {
  tunnel.delivered += bytes;
  if (connection.grantsOwed) return;
  if (tunnel.delivered >= RECEIVE_WINDOW_BYTES / 2 || connection.received >= CONNECTION_GRANT_BYTES) {
    connection.grantsOwed = true;
    wakeConnection(connection);
  }
}

function put(bytes: usize, length: u32): void {
  memory.copy(out, bytes, length);
  out += length;
}

/** Between two messages: our own replies go out, and then what was held, until a message of it is not whole. */
function atBoundary(connection: Connection): void {
  if (connection.delivering || connection.closing != CloseReason.NONE) return;
  let tunnel = connection.heldTunnels ? connection.tunnels : null;
  while (tunnel) {
    const next = tunnel.next;
    if (tunnel.heldBytes) {
      feed(connection, tunnel, tunnel.held, tunnel.heldBytes);
      dropHeld(tunnel);
      connection.heldTunnels--;
      if (tunnel.ended) finishTunnel(connection, tunnel);
      if (connection.delivering) return;
    }
    tunnel = next;
  }
  putReplies(connection);
}

function putReplies(connection: Connection): void {
  const length = connection.repliesBytes;
  if (!length) return;
  // Replies to calls of tunnels that ended in this very write were not known when room was made.
  const used = out - outBase;
  if (used + length > outCapacity) {
    const old = outBase;
    outBase = 0;
    outCapacity = 0;
    reserveOut(used + length);
    memory.copy(outBase, old, used);
    heap.free(old);
    out = outBase + used;
  }
  put(connection.replies, length);
  connection.repliesBytes = 0;
}

/** HCM is done with the tunnel's stream. What it held still goes to the client when its turn comes. */
function endTunnel(connection: Connection, tunnel: Tunnel): void {
  if (tunnel.ended) return;
  tunnel.ended = true;
  if (connection.messageTunnel == tunnel) {
    connection.messageTunnel = null;
    // What waited for the tunnel's window is to be dropped now, and what stands behind it can go on.
    if (connection.blocked) wakeConnection(connection);
  }
  if (tunnel.heldBytes) dropCutMessage(connection, tunnel);
  if (connection.delivering == tunnel) closeSoon(connection, CloseReason.ANSWER_CUT);
  else if (!tunnel.heldBytes) finishTunnel(connection, tunnel);
}

/** The calls that are left have no answer coming: each gets the protocol's error. */
function finishTunnel(connection: Connection, tunnel: Tunnel): void {
  for (;;) {
    const call = takeOldestCall(tunnel);
    if (!call) break;
    connection.callCount--;
    describeFailure(tunnel, tunnel.state != TunnelState.OPEN);
    replyError(connection, call.id, call.dialect, ReplyCode.UPSTREAM_FAILURE);
  }
  removeTunnel(connection, tunnel);
  freeTunnel(tunnel);
}
