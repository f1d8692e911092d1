import { REPLY_OVERHEAD_BYTES, writeHeartbeatAnswer } from "../codec/codec";
import { BUCKET_ROOM, CONNECT_OVERHEAD_BYTES, wantedHostRoom, writeConnect } from "../http2/connect";
import { ACK, END_STREAM, FRAME_HEAD_BYTES, FrameType, writeHead } from "../http2/frame/head";
import { PING_BYTES, writePing } from "../http2/frame/ping";
import { RST_STREAM_BYTES, writeCancel } from "../http2/frame/rst-stream";
import { SETTINGS_ACK_BYTES, writeSettingsAck } from "../http2/frame/settings";
import { WINDOW_UPDATE_BYTES, writeWindowUpdate } from "../http2/frame/window-update";
import { PREFACE_BYTES, writePreface } from "../http2/preface";
import { removeTunnel, tunnelOfStream } from "../http2/session";
import { freeTunnel, Tunnel, TunnelState } from "../http2/tunnel";
import { CONNECTION_GRANT_BYTES, RECEIVE_WINDOW_BYTES } from "../memory/limits";
import { nameBytes } from "../memory/name";
import { Connection } from "./connection";
import { hasReply } from "./in-order";
import { isOwn, nextPiece, ownPiece, pieceLength, pieceOffset, plan } from "./plan";
import { unsentRoom, writeUnsent } from "./unsent";

/** The memory that frames for HCM are written to. */
let outBase: usize = 0;
let outCapacity: usize = 0;

/** Room for `bytes`; what was there before is lost. */
export function outRoom(bytes: usize): usize {
  if (bytes > outCapacity) {
    if (outBase) heap.free(outBase);
    outCapacity = (bytes + 0xffff) & ~0xffff;
    outBase = heap.alloc(outCapacity);
  }
  return outBase;
}

/** Whether there is anything to say to HCM besides DATA. */
export function owesControl(connection: Connection): bool {
  return (
    connection.settingsAcksOwed != 0 ||
    connection.tunnelsOwe ||
    connection.pingAcksOwed != 0 ||
    connection.unopenedStream != connection.nextStream ||
    wantsPing(connection) ||
    !connection.prefaceSent
  );
}

/** Replies wait for a write of HCM's. While an answer is being delivered there will be one: the one that ends it. */
function wantsPing(connection: Connection): bool {
  return !connection.pingSent && !connection.delivering && hasReply(connection);
}

/** Most bytes that `writeControl` may write now. */
export function controlRoom(connection: Connection): usize {
  let bytes = PREFACE_BYTES + SETTINGS_ACK_BYTES * connection.settingsAcksOwed + 2 * PING_BYTES + WINDOW_UPDATE_BYTES;
  let tunnel = connection.tunnels;
  while (tunnel) {
    bytes += WINDOW_UPDATE_BYTES + 2 * FRAME_HEAD_BYTES + REPLY_OVERHEAD_BYTES + RST_STREAM_BYTES + unsentRoom(tunnel);
    if (tunnel.stream >= connection.unopenedStream) bytes += connectRoom(tunnel);
    tunnel = tunnel.next;
  }
  return bytes;
}

function connectRoom(tunnel: Tunnel): usize {
  const wanted = tunnel.wanted;
  const bytes = CONNECT_OVERHEAD_BYTES + tunnel.cluster.length + (wanted ? wantedHostRoom(wanted.length) : 0);
  return bytes + (tunnel.bucket ? BUCKET_ROOM : 0);
}

/** Writes all that is owed. Only between two frames. */
export function writeControl(connection: Connection, out: usize): usize {
  if (!connection.prefaceSent) {
    connection.prefaceSent = true;
    out = writePreface(out);
  }
  while (connection.settingsAcksOwed) {
    connection.settingsAcksOwed--;
    connection.settingsAcknowledged = true;
    out = writeSettingsAck(out);
  }
  if (connection.pingAcksOwed) {
    // HCM waits for one before it sends the next (connection_keepalive), so the last payload is the only one.
    connection.pingAcksOwed = 0;
    out = writePing(out, ACK, connection.pingPayload);
  }
  if (connection.unopenedStream != connection.nextStream) out = writeOpenings(connection, out);
  if (connection.tunnelsOwe) out = writeOwed(connection, out);
  if (wantsPing(connection)) {
    connection.pingSent = true;
    out = writePing(out, 0, 0);
  }
  return out;
}

function writeOwed(connection: Connection, out: usize): usize {
  connection.tunnelsOwe = false;
  if (connection.received >= CONNECTION_GRANT_BYTES) {
    out = writeWindowUpdate(out, 0, connection.received);
    connection.received = 0;
  }
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (!tunnel.ended && tunnel.delivered >= RECEIVE_WINDOW_BYTES / 2) {
      out = writeWindowUpdate(out, tunnel.stream, tunnel.delivered);
      tunnel.delivered = 0;
    }
    if (tunnel.unsentOwed && !tunnel.ended) out = writeUnsent(connection, tunnel, out);
    if (tunnel.heartbeatOwed) out = writeHeartbeat(connection, tunnel, out);
    if (tunnel.endOwed) {
      tunnel.endOwed = false;
      out = writeHead(out, 0, FrameType.DATA, END_STREAM, tunnel.stream);
    }
    const next = tunnel.next;
    if (tunnel.resetOwed) {
      out = writeCancel(out, tunnel.stream);
      // HCM says nothing more of it.
      removeTunnel(connection, tunnel);
      freeTunnel(tunnel);
    }
    tunnel = next;
  }
  return out;
}

/** Answers an upstream's heartbeat, unless a message to it is under way: that is sign enough. */
function writeHeartbeat(connection: Connection, tunnel: Tunnel, out: usize): usize {
  tunnel.heartbeatOwed = false;
  const window = min<i32>(connection.sendWindow, tunnel.sendWindow);
  if (
    tunnel.ended ||
    tunnel.state == TunnelState.ABANDONED ||
    connection.midMessage == tunnel ||
    window < <i32>REPLY_OVERHEAD_BYTES
  )
    return out;
  const payload = out + FRAME_HEAD_BYTES;
  const protocol = connection.protocol;
  const bytes = writeHeartbeatAnswer(protocol, payload, tunnel.heartbeatId, tunnel.heartbeatDialect);
  writeHead(out, bytes, FrameType.DATA, 0, tunnel.stream);
  connection.sendWindow -= bytes;
  tunnel.sendWindow -= bytes;
  return payload + bytes;
}

function writeOpenings(connection: Connection, out: usize): usize {
  for (let stream = connection.unopenedStream; stream != connection.nextStream; stream += 2) {
    const opened = tunnelOfStream(connection, stream);
    if (!opened) continue;
    const host = opened.wanted;
    const cluster = opened.cluster;
    const hostBytes: u32 = host ? host.length : 0;
    const hostAt = host ? nameBytes(host) : 0;
    out = writeConnect(out, stream, nameBytes(cluster), cluster.length, hostAt, hostBytes, opened.bucket);
  }
  connection.unopenedStream = connection.nextStream;
  return out;
}

/** Most bytes of heads that `writePlanned` writes. */
export function headsRoom(bytes: u32): usize {
  return (<usize>(bytes / plan.frameLimit) + 2 * plan.tunnels + 1) * FRAME_HEAD_BYTES;
}

/**
 * Writes the planned pieces of the read at `read` as DATA frames. Of the last piece only the bytes before `limit` are
 * written: the rest stays in the read buffer, behind what is written here.
 */
export function writePlanned(out: usize, read: usize, limit: u32): usize {
  const open = plan.open;
  let tunnel = plan.first;
  while (tunnel) {
    if (tunnel != open) out = writeTunnel(tunnel, out, read, 0, limit);
    tunnel = tunnel.nextPlanned;
  }
  if (open) out = writeTunnel(open, out, read, plan.extra, limit);
  return out;
}

function writeTunnel(tunnel: Tunnel, out: usize, read: usize, extra: u32, limit: u32): usize {
  let unannounced = tunnel.plannedBytes + extra;
  let frameRest: u32 = 0;
  for (let piece = tunnel.firstPiece; piece; piece = nextPiece(piece)) {
    const own = isOwn(piece);
    let offset: u32 = own ? 0 : pieceOffset(piece);
    const from = own ? ownPiece(piece) : read;
    let length = pieceLength(piece);
    while (length) {
      if (!frameRest) {
        frameRest = min<u32>(unannounced, plan.frameLimit);
        unannounced -= frameRest;
        out = writeHead(out, frameRest, FrameType.DATA, 0, tunnel.stream);
      }
      const bytes = min<u32>(length, frameRest);
      const copied = !own && offset + bytes > limit ? limit - min<u32>(offset, limit) : bytes;
      memory.copy(out, from + offset, copied);
      out += copied;
      offset += bytes;
      length -= bytes;
      frameRest -= bytes;
    }
  }
  return out;
}
