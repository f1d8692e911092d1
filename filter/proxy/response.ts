import { decodeResponse } from "../codec/codec";
import { Kind, message } from "../codec/message";
import { Step } from "../codec/step";
import { Region } from "../host/arena";
import { Buffer, fetch, replaceFront } from "../host/buffer";
import { FRAME_HEAD_BYTES, FrameType, frameFlags, frameLength, frameStream, frameType } from "../http2/frame/head";
import { responseHeaders } from "../http2/hpack/response";
import { Event, receive, received } from "../http2/receive";
import { tunnelOfStream } from "../http2/session";
import { dropUnsent, Tunnel, TunnelState } from "../http2/tunnel";
import { FIRST_FETCH_BYTES, SHORT_HEAD_BYTES } from "../memory/limits";
import { intern } from "../memory/name";
import { tick_ms } from "./age";
import { Connection, closeSoon, wakeConnection } from "./connection";
import { atBoundary, deliverRest, feed, grant, holdBack } from "./deliver";
import { closeIfDrained, dropTunnelsBeyond, startDraining } from "./drain";
import { beginWrite, endCall, endTunnel } from "./end";
import { CloseReason } from "./label";
import { arrive } from "./policies/ejection";
import { keepOneToHost, noteBucketHost } from "./policies/hash-tunnel";
import { isPoorAnswer } from "./policies/retry";
import { beginToClient, endToClient, put } from "./to-client";
import { traceEvent, traceTunnel, tracing } from "./trace";
import { TunnelEnd } from "./tunnel-end";
import { checkSpread, giveUpEjected } from "./tunnels";

/**
 * HCM writes `size` bytes to the client: HTTP/2 frames. What the tunnels carry goes to the client message by message: one
 * that has begun on a tunnel is finished before a byte of another tunnel's goes out. All the rest is for us.
 */
export function onWrite(connection: Connection, size: u32): void {
  beginWrite();
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
  beginToClient(connection, size);
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
    tunnel.skipRest == 0 &&
    tunnel.swallowing == 0 &&
    tunnel.fated == 0 &&
    tunnel.changing == 0 &&
    !(tunnel.skipping && tunnel.messageOpen) &&
    // In order: no other tunnel's turn can come between.
    (!connection.ordered || connection.callCount == tunnel.callCount)
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
    if (at + SHORT_HEAD_BYTES > bytes && bytes < size) {
      bytes = size;
      frames = fetch(Buffer.UPSTREAM, 0, size, Region.MAIN);
    }
    const codec = tunnel.codec;
    const word0 = codec.word0;
    const word1 = codec.word1;
    const step = decodeResponse(connection.protocol, codec, frames + at, bytes - at, message);
    if (step != Step.DONE) break;
    if (message.kind == Kind.ANSWER && !(tunnel.keptCalls && isPoorAnswer(connection, tunnel))) {
      endCall(connection, tunnel);
    } else if (message.kind == Kind.CALL && !message.ends) connection.usedAt_ms = tick_ms;
    else if (message.kind != Kind.PART && message.kind != Kind.STREAM) {
      // It is decoded once more.
      codec.word0 = word0;
      codec.word1 = word1;
      break;
    }
    tunnel.messageRest = message.total;
    tunnel.messageOpen = message.open;
  }
  deliverRest(connection, tunnel);
  connection.received += size - <u32>FRAME_HEAD_BYTES;
  grant(connection, tunnel, at - <u32>FRAME_HEAD_BYTES);
  if (at == size) {
    replaceFront(Buffer.UPSTREAM, <u32>FRAME_HEAD_BYTES, 0, 0);
    closeIfDrained(connection);
    return;
  }
  // A message that is not for the client, or not whole: what came before it is copied, and the rest taken apart.
  if (bytes < size) frames = fetch(Buffer.UPSTREAM, 0, size, Region.MAIN);
  beginToClient(connection, size);
  put(frames + FRAME_HEAD_BYTES, at - <u32>FRAME_HEAD_BYTES);
  feedOrHold(connection, tunnel, frames + at, size - at);
  atBoundary(connection);
  finish(connection, size);
}

function finish(connection: Connection, size: u32): void {
  endToClient(size);
  closeIfDrained(connection);
}

function readFrames(connection: Connection): void {
  while (connection.closing == CloseReason.NONE) {
    switch (receive(connection)) {
      case Event.END:
        atBoundary(connection);
        if (connection.pingAcksOwed) wakeConnection(connection);
        return;
      case Event.DATA:
        onData(connection);
        break;
      case Event.HEADERS:
        onHeaders(connection);
        break;
      case Event.TUNNEL_ENDED:
        if (received.tunnel) endTunnel(connection, received.tunnel!, TunnelEnd.RESET);
        break;
      case Event.WINDOW_OPENED:
        if (!connection.blocked && !connection.readyCalls) break;
        if (tracing) traceEvent(connection.traceId, "window");
        wakeConnection(connection);
        break;
      case Event.GOING_AWAY:
        if (tracing) traceEvent(connection.traceId, "goaway");
        startDraining(connection, CloseReason.DRAINED);
        dropTunnelsBeyond(connection, connection.lastStream);
        break;
      case Event.PING_ACK:
      case Event.NONE:
        break;
      case Event.PROTOCOL_ERROR:
        closeSoon(connection, CloseReason.HTTP2_ERROR);
        return;
    }
  }
}

function feedOrHold(connection: Connection, tunnel: Tunnel, bytes: usize, length: u32): void {
  const taken = feed(connection, tunnel, bytes, length);
  if (taken < length) holdBack(connection, tunnel, bytes + taken, length - taken);
}

function onHeaders(connection: Connection): void {
  const tunnel = received.tunnel!;
  if (responseHeaders.hostBytes && !tunnel.host) tunnel.host = intern(responseHeaders.host, responseHeaders.hostBytes);
  if (responseHeaders.status == 200) {
    tunnel.state = TunnelState.OPEN;
    if (!tunnel.unsentOwed) dropUnsent(tunnel);
    tunnel.oneWayCalls = 0;
    if (tracing) traceTunnel(connection.traceId, "tunnel_open", tunnel);
    if (tunnel.bucket) noteBucketHost(connection, tunnel);
    if (!arrive(connection, tunnel)) giveUpEjected(connection, tunnel);
    else if (tunnel.bucket) keepOneToHost(connection, tunnel);
    else if (tunnel.spreads && !tunnel.standsIn) checkSpread(connection, tunnel);
  } else {
    tunnel.state = TunnelState.REFUSED;
    tunnel.flagsBytes = min<u32>(responseHeaders.flagsBytes, 8);
    memory.copy(changetype<usize>(tunnel) + offsetof<Tunnel>("flags"), responseHeaders.flags, tunnel.flagsBytes);
  }
  if (received.last) endTunnel(connection, tunnel, TunnelEnd.CLOSED);
}

function onData(connection: Connection): void {
  const last = received.last;
  const tunnel = received.tunnel;
  if (!tunnel) return;
  const bytes = received.payloadBytes;
  const delivering = connection.delivering;
  if (tunnel.state != TunnelState.OPEN) grant(connection, tunnel, bytes);
  else if (tunnel.heldBytes || (delivering != null && delivering != tunnel)) {
    holdBack(connection, tunnel, received.payload, bytes);
  } else feedOrHold(connection, tunnel, received.payload, bytes);
  if (last) endTunnel(connection, tunnel, TunnelEnd.CLOSED);
}
