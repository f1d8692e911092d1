import { Protocol, saysWhy } from "../codec/codec";
import { Kind, message } from "../codec/message";
import { Reason, Step } from "../codec/step";
import { Buffer, closeDownstream, continueDownstream, replaceFront } from "../host/buffer";
import { Table } from "../route/table";
import { accept } from "./accept";
import { leave, sayWhyNot } from "./conduct";
import { Connection, closeSoon, isReceiving, wakeConnection } from "./connection";
import { decodeNext } from "./decode";
import { detectProtocol } from "./detect";
import { owesControl } from "./emit";
import { endStages } from "./hold";
import { CloseReason } from "./label";
import { passControl, passOn } from "./pass-on";
import { beginPlan, endPlan, plan, planBytes } from "./plan";
import { beginRead, read } from "./read";
import { resumeCalls } from "./resume";
import { refuseBad } from "./route-call";
import { keepSplices, planSplices, restoreSplices } from "./splices";
import { Standing } from "./standing";
import { isCollecting, restoreStash, wait } from "./stash";
import { traceEvent, tracing } from "./trace";
import { abandonRetired } from "./tunnels";

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
  if (announced > bytes || (announced == bytes && !owesControl(connection) && !connection.readyCalls)) {
    connection.announced = announced - bytes;
    connection.messageRest -= bytes;
    continueDownstream();
    return;
  }
  take(connection, bytes);
  // What could not be said within the message that has ended now.
  if (connection.readyCalls && !connection.announced) wakeConnection(connection);
}

/** Something else changed (a window, a reply, a grant): looks again at what lies in the read buffer, `bytes` of it. */
export function onWoken(connection: Connection, bytes: u32): void {
  // The host has a read buffer for us only once a read has come, and all we have to say comes after the preface.
  if (!connection.prefaceSent) return;
  if (connection.readyCalls && !connection.announced) resumeCalls(connection);
  if (isCollecting(connection)) {
    wait(connection, bytes);
    if (owesControl(connection)) passControl(connection);
    return;
  }
  if (connection.stashBytes) bytes += restoreStash(connection);
  // Within an announced frame there is no place for anything; the read that ends it looks again.
  if (connection.announced) return;
  if (connection.retiringTunnels) abandonRetired(connection);
  if (bytes >= connection.wanted || owesControl(connection)) take(connection, bytes);
}

function take(connection: Connection, bytes: u32): void {
  beginRead(bytes);
  connection.wanted = 0;
  connection.blocked = false;
  beginPlan(connection);
  restoreSplices(connection);
  connection.midMessage = isReceiving(connection) ? connection.messageTunnel : null;
  const continued = min<u32>(connection.announced, read.size);
  read.at = continued;
  connection.announced -= continued;
  connection.messageRest -= continued;
  planRead(connection);
  if (tracing && connection.blocked) traceEvent(connection.traceId, "blocked");
  if (connection.closing != CloseReason.NONE) {
    keepSplices(connection);
    endPlan();
    closeNow();
    return;
  }
  connection.announced = plan.extra;
  passOn(connection, continued);
  keepSplices(connection);
  endPlan();
}

/** Plans from `at` to the end of the read, or to where it has to stop. */
function planRead(connection: Connection): void {
  while (read.at < read.size || connection.splices) {
    if (connection.splices) {
      plan.changed = true;
      if (planSplices(connection)) continue;
      connection.blocked = true;
      return;
    }
    const rest = connection.messageRest;
    if (!rest) {
      if (!beginMessage(connection)) return;
      continue;
    }
    const here = min<u32>(rest, read.size - read.at);
    const tunnel = connection.messageTunnel;
    if (!tunnel) {
      read.at += here;
      connection.messageRest = rest - here;
      continue;
    }
    const taken = planBytes(connection, tunnel, read.at, here, rest, read.at + here == read.size);
    read.at += taken;
    connection.messageRest = rest - taken;
    if (taken < here) {
      connection.blocked = true;
      return;
    }
  }
}

/**
 * Decodes the message at `at`, or the next part of the one under way, and decides where it goes. False: not now (more bytes are needed, or a window), or never (closing).
 */
function beginMessage(connection: Connection): bool {
  const table = connection.listener.table;
  if (!table) {
    closeSoon(connection, CloseReason.NOT_CONFIGURED);
    return false;
  }
  if (connection.standing & Standing.LEAVING) {
    read.at = read.size;
    return true;
  }
  if (connection.protocol == Protocol.AUTO && !recognise(connection, table)) return false;
  const codec = connection.codec;
  const word0 = codec.word0;
  const word1 = codec.word1;
  const step = decodeNext(connection.protocol, codec, table);
  if (step == Step.DONE) {
    if (message.kind != Kind.PART && !accept(connection, table)) {
      // It is decoded once more when there is room for it.
      codec.word0 = word0;
      codec.word1 = word1;
      connection.blocked = true;
      return false;
    }
    if (connection.stage) endStages(connection);
  } else if (step == Step.BAD) {
    if (!message.framed && !connection.messageOpen && saysWhy(connection.protocol)) {
      sayWhyNot(connection);
      leave(connection, message.reason);
      return true;
    }
    if (!message.framed || connection.messageOpen) {
      closeSoon(connection, message.reason);
      return false;
    }
    refuseBad(connection);
  } else {
    connection.wanted = message.need;
    return false;
  }
  connection.messageRest = message.total;
  connection.messageOpen = message.open;
  return true;
}

/** Looks what the connection speaks. False: more bytes are needed, or it is none of the table's protocols (closing). */
function recognise(connection: Connection, table: Table): bool {
  const protocol = detectProtocol(table);
  if (protocol == Protocol.UNKNOWN) closeSoon(connection, Reason.NOT_THIS_PROTOCOL);
  else if (protocol == Protocol.AUTO) connection.wanted = read.size - read.at + 1;
  else {
    connection.protocol = protocol;
    return true;
  }
  return false;
}

/** From the client's own callback a connection can be closed at once; nothing of the read is passed on. */
function closeNow(): void {
  replaceFront(Buffer.DOWNSTREAM, read.size, 0, 0);
  closeDownstream();
}
