import { decodeRequest, scanRequest } from "../codec/codec";
import { Kind, message } from "../codec/message";
import { reasonText } from "../codec/reason";
import { ReplyCode } from "../codec/reply";
import { Step } from "../codec/step";
import { Region } from "../host/arena";
import { Buffer, closeDownstream, continueDownstream, fetch, fetchInto, replaceFront } from "../host/buffer";
import { now_us } from "../host/clock";
import { FRAME_HEAD_BYTES, FrameType, writeHead } from "../http2/frame/head";
import { Tunnel } from "../http2/tunnel";
import { FIRST_FETCH_BYTES, MAX_CALLS_PER_CONNECTION, MAX_STASH_BYTES, SCAN_WINDOW_BYTES } from "../memory/limits";
import { Name } from "../memory/name";
import { find, found } from "../route/find";
import { pickCluster, Table } from "../route/table";
import { addCall, takeOldestCall } from "./call";
import { Connection, closeSoon, wakeConnection } from "./connection";
import { controlRoom, headsRoom, outRoom, owesControl, writeControl, writePlanned } from "./emit";
import { CloseReason } from "./label";
import { beginPlan, endPlan, pieceLength, pieceOffset, plan, planBytes } from "./plan";
import { random32 } from "./random";
import { addName, addText, beginText, replyError, replyHeartbeat, replyNotFound } from "./reply";
import { countCall, STATUS_ONE_WAY, seriesOf } from "./series";
import { tunnelTo } from "./tunnels";

/** The read under way: its size, the bytes of it that are in memory, and how far it is planned. */
let size: u32 = 0;
let memoryAt: usize = 0;
let memoryBytes: u32 = 0;
let at: u32 = 0;
/** Microseconds since 1970 of this read; 0 until a call needs it. */
let time_us: u64 = 0;

/**
 * New bytes of the client: `bytes` are in the read buffer. Whole messages, and the present part of the last one, become DATA
 * frames of the tunnels that the routes name; what cannot be decided or sent yet stays.
 */
export function onRead(connection: Connection, bytes: u32): void {
  if (connection.closing != CloseReason.NONE) {
    replaceFront(Buffer.DOWNSTREAM, bytes, 0, 0);
    return;
  }
  if (connection.stashBytes + bytes < connection.wanted) {
    wait(connection, bytes);
    return;
  }
  if (connection.stashBytes) bytes += restoreStash(connection);
  const announced = connection.announced;
  if (announced > bytes || (announced == bytes && !owesControl(connection))) {
    connection.announced = announced - bytes;
    connection.messageRest -= bytes;
    continueDownstream();
    return;
  }
  take(connection, bytes);
}

/** Something else changed (a window, a reply, a grant): looks again at what lies in the read buffer, `bytes` of it. */
export function onWoken(connection: Connection, bytes: u32): void {
  if (isCollecting(connection)) {
    wait(connection, bytes);
    if (owesControl(connection)) passControl(connection);
    return;
  }
  if (connection.stashBytes) bytes += restoreStash(connection);
  // Within an announced frame there is no place for anything; the read that ends it looks again.
  if (connection.announced && bytes <= connection.announced) {
    if (!bytes) return;
    connection.announced -= bytes;
    connection.messageRest -= bytes;
    continueDownstream();
    return;
  }
  if (bytes >= connection.wanted || owesControl(connection)) take(connection, bytes);
}

/**
 * The message at the front is not whole yet. It waits in the read buffer, where TCP feels it, unless it is longer than the read
 * buffer may become: then it is collected in the stash.
 */
function wait(connection: Connection, bytes: u32): void {
  if (!bytes || !isCollecting(connection)) return;
  reserveStash(connection, connection.wanted);
  if (!fetchInto(Buffer.DOWNSTREAM, 0, bytes, connection.stash + connection.stashBytes)) return;
  connection.stashBytes += bytes;
  replaceFront(Buffer.DOWNSTREAM, bytes, 0, 0);
}

function isCollecting(connection: Connection): bool {
  const table = connection.listener.table;
  return table != null && connection.wanted > table.readBufferBytes;
}

function reserveStash(connection: Connection, capacity: u32): void {
  if (capacity <= connection.stashCapacity) return;
  const block = heap.alloc(capacity);
  if (connection.stash) {
    memory.copy(block, connection.stash, connection.stashBytes);
    heap.free(connection.stash);
  }
  connection.stash = block;
  connection.stashCapacity = capacity;
}

/** Puts the stash back in front of the read buffer. */
function restoreStash(connection: Connection): u32 {
  const bytes = connection.stashBytes;
  replaceFront(Buffer.DOWNSTREAM, 0, connection.stash, bytes);
  heap.free(connection.stash);
  connection.stash = 0;
  connection.stashBytes = 0;
  connection.stashCapacity = 0;
  return bytes;
}

function take(connection: Connection, bytes: u32): void {
  size = bytes;
  memoryAt = 0;
  memoryBytes = 0;
  at = 0;
  time_us = 0;
  connection.wanted = 0;
  connection.blocked = false;
  beginPlan(connection);
  connection.midMessage = connection.messageRest ? connection.messageTunnel : null;
  const continued = min<u32>(connection.announced, size);
  at = continued;
  connection.announced -= continued;
  connection.messageRest -= continued;
  planRead(connection);
  if (connection.closing != CloseReason.NONE) {
    endPlan();
    closeNow();
    return;
  }
  connection.announced = plan.extra;
  passOn(connection, continued);
  endPlan();
}

/** Plans from `at` to the end of the read, or to where it has to stop. */
function planRead(connection: Connection): void {
  while (at < size) {
    const rest = connection.messageRest;
    if (!rest) {
      if (!beginMessage(connection)) return;
      continue;
    }
    const here = min<u32>(rest, size - at);
    const tunnel = connection.messageTunnel;
    if (!tunnel) {
      at += here;
      connection.messageRest = rest - here;
      continue;
    }
    const taken = planBytes(connection, tunnel, at, here, rest, at + here == size);
    at += taken;
    connection.messageRest = rest - taken;
    if (taken < here) {
      connection.blocked = true;
      return;
    }
  }
}

/** Decodes the message at `at` and decides where it goes. False: not now (more bytes are needed), or never (closing). */
function beginMessage(connection: Connection): bool {
  const table = connection.listener.table;
  if (!table) {
    closeSoon(connection, CloseReason.NOT_CONFIGURED);
    return false;
  }
  const step = decode(connection, table);
  if (step == Step.DONE) accept(connection, table);
  else if (step == Step.BAD) {
    if (!message.framed) {
      closeSoon(connection, message.reason);
      return false;
    }
    refuseBad(connection);
  } else return false;
  connection.messageRest = message.total;
  return true;
}

/** Step.MORE is returned only if the bytes are not in the read buffer; what is there is fetched as needed. */
function decode(connection: Connection, table: Table): Step {
  const protocol = connection.listener.protocol;
  const demand = table.demand;
  if (at >= memoryBytes) fetchTo(at + 1);
  let step = decodeRequest(protocol, memoryAt + at, memoryBytes - at, table.maxMessageBytes, demand, message);
  while (step == Step.MORE && message.need <= size - at) {
    fetchTo(at + message.need);
    step = decodeRequest(protocol, memoryAt + at, memoryBytes - at, table.maxMessageBytes, demand, message);
  }
  if (step == Step.MORE) connection.wanted = message.need;
  return step == Step.SCAN ? scan(connection, table) : step;
}

/** Brings at least `end` bytes of the read into memory: first a little, which is mostly enough, then much. */
function fetchTo(end: u32): void {
  const first = memoryBytes == 0 ? FIRST_FETCH_BYTES : max<u32>(memoryBytes << 3, end);
  memoryBytes = min<u32>(size, max<u32>(end, first));
  memoryAt = fetch(Buffer.DOWNSTREAM, 0, memoryBytes, Region.MAIN);
}

/** The attributes that are wanted lie behind the arguments: the message waits until it is here, then they are looked for. */
function scan(connection: Connection, table: Table): Step {
  if (message.total > size - at) {
    connection.wanted = message.total;
    return Step.MORE;
  }
  let step = Step.SCAN;
  while (step == Step.SCAN) {
    const from = message.scanAt;
    const bytes = min<u32>(SCAN_WINDOW_BYTES, message.total - from);
    const window = fetch(Buffer.DOWNSTREAM, at + from, bytes, Region.SCAN);
    step = scanRequest(connection.listener.protocol, window, bytes, table.demand, message);
  }
  return step;
}

function accept(connection: Connection, table: Table): void {
  connection.messageTunnel = null;
  switch (message.kind) {
    case Kind.CALL:
    case Kind.ONE_WAY:
      routeCall(connection, table);
      break;
    case Kind.HEARTBEAT:
      replyHeartbeat(connection);
      break;
    default:
      // Notices are for the filter, which has no use for them; an answer could only be to a call that no upstream made.
      break;
  }
}

function routeCall(connection: Connection, table: Table): void {
  const route = find(table, message);
  const host = found.virtualHost;
  const oneWay = message.kind == Kind.ONE_WAY;
  if (!route || !host) {
    if (!oneWay) replyNotFound(connection, host ? host.name : null);
    return;
  }
  const cluster = pickCluster(route, random32());
  const tunnel = tunnelTo(connection, cluster);
  if (!tunnel) {
    if (!oneWay) refuseOverload(connection, cluster);
    return;
  }
  connection.messageTunnel = tunnel;
  const series = seriesOf(connection.listener, host.name, message.method, message.methodBytes, cluster);
  if (oneWay) {
    countCall(series, STATUS_ONE_WAY);
    return;
  }
  if (!time_us) time_us = now_us();
  if (connection.callCount == MAX_CALLS_PER_CONNECTION) forgetOldest(connection, tunnel);
  if (connection.callCount == MAX_CALLS_PER_CONNECTION) return;
  connection.callCount++;
  addCall(tunnel, message.id, series, message.dialect, time_us);
}

/** A caller that asks without end and is not answered shall not fill the memory: its oldest call is no longer measured. */
function forgetOldest(connection: Connection, tunnel: Tunnel): void {
  if (takeOldestCall(tunnel)) connection.callCount--;
}

function refuseOverload(connection: Connection, cluster: Name): void {
  beginText();
  addText(
    connection.goingAway ? "meltemi: the proxy is being drained, cluster " : "meltemi: too many tunnels, cluster ",
  );
  addName(cluster);
  replyError(connection, message.id, message.dialect, ReplyCode.OVERLOADED);
}

/** The frame is sound, what is in it is not: the caller is told, and the message is dropped. */
function refuseBad(connection: Connection): void {
  connection.messageTunnel = null;
  if (message.kind != Kind.CALL) return;
  beginText();
  addText("meltemi: the call cannot be read: ");
  addText(reasonText(message.reason));
  replyError(connection, message.id, message.dialect, ReplyCode.BAD_REQUEST);
}

/** Passes on what was planned, behind the first `continued` bytes, and keeps the rest of the read. */
function passOn(connection: Connection, continued: u32): void {
  const tail = size - at;
  const control = owesControl(connection);
  const planned = plan.count > 0;
  if (!planned && !control && !continued && tail == size) {
    wait(connection, size);
    return;
  }
  const first = plan.first;
  if (first && plan.tunnels == 1 && first.plannedBytes == size && size + plan.extra <= plan.frameLimit) {
    passWhole(connection, first, control);
    return;
  }
  if (tail) stash(connection, tail);
  const limit = rewritten(tail);
  if (memoryBytes < limit && (planned || continued)) fetchTo(limit);
  const room = <usize>limit + (control ? controlRoom(connection) : 0) + headsRoom(size);
  const base = outRoom(room);
  memory.copy(base, memoryAt, continued);
  let out = base + continued;
  if (control) out = writeControl(connection, out);
  out = writePlanned(out, memoryAt, limit);
  replaceFront(Buffer.DOWNSTREAM, tail ? size : limit, base, out - base);
  if (out != base || limit < size) continueDownstream();
}

/** Between two messages, and with nothing of the client's in the read buffer. */
function passControl(connection: Connection): void {
  connection.midMessage = null;
  const base = outRoom(controlRoom(connection));
  replaceFront(Buffer.DOWNSTREAM, 0, base, writeControl(connection, base) - base);
  continueDownstream();
}

/** The whole read belongs to one tunnel and fits one frame: its head goes in front, and no byte of the read is copied. */
function passWhole(connection: Connection, tunnel: Tunnel, control: bool): void {
  const base = outRoom((control ? controlRoom(connection) : 0) + FRAME_HEAD_BYTES);
  let out = control ? writeControl(connection, base) : base;
  out = writeHead(out, size + plan.extra, FrameType.DATA, 0, tunnel.stream);
  replaceFront(Buffer.DOWNSTREAM, 0, base, out - base);
  continueDownstream();
}

/**
 * How many bytes of the read have to be written anew. The end of the last message may stay where it is, if it is the end of
 * the read and no further head falls into it.
 */
function rewritten(tail: u32): u32 {
  const open = plan.open;
  if (tail || !open || open.plannedBytes + plan.extra > plan.frameLimit) return at;
  const start = pieceOffset(open.lastPiece);
  if (start + pieceLength(open.lastPiece) != size) return at;
  return max<u32>(start, min<u32>(memoryBytes, at));
}

/** Takes the last `bytes` of the read aside: what stands before them is passed on with the whole read buffer. */
function stash(connection: Connection, bytes: u32): void {
  const collecting = isCollecting(connection);
  reserveStash(connection, collecting ? connection.wanted : bytes);
  if (!fetchInto(Buffer.DOWNSTREAM, at, bytes, connection.stash)) return;
  connection.stashBytes = bytes;
  if (bytes > MAX_STASH_BYTES && !collecting) wakeConnection(connection);
}

/** From the client's own callback a connection can be closed at once; nothing of the read is passed on. */
function closeNow(): void {
  replaceFront(Buffer.DOWNSTREAM, size, 0, 0);
  closeDownstream();
}
