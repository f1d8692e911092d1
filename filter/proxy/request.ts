import { message } from "../codec/message";
import { Step } from "../codec/step";
import { Buffer, closeDownstream, continueDownstream, replaceFront } from "../host/buffer";
import { Connection, closeSoon } from "./connection";
import { decodeNext } from "./decode";
import { owesControl } from "./emit";
import { CloseReason } from "./label";
import { passControl, passOn } from "./pass-on";
import { beginPlan, endPlan, plan, planBytes } from "./plan";
import { beginRead, read } from "./read";
import { accept, refuseBad } from "./route-call";
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
  if (connection.announced) return;
  if (connection.retiringTunnels) abandonRetired(connection);
  if (bytes >= connection.wanted || owesControl(connection)) take(connection, bytes);
}

function take(connection: Connection, bytes: u32): void {
  beginRead(bytes);
  connection.wanted = 0;
  connection.blocked = false;
  beginPlan(connection);
  connection.midMessage = connection.messageRest ? connection.messageTunnel : null;
  const continued = min<u32>(connection.announced, read.size);
  read.at = continued;
  connection.announced -= continued;
  connection.messageRest -= continued;
  planRead(connection);
  if (tracing && connection.blocked) traceEvent(connection.traceId, "blocked");
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
  while (read.at < read.size) {
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
 * Decodes the message at `at` and decides where it goes. False: not now (more bytes are needed, or a window), or never (closing).
 */
function beginMessage(connection: Connection): bool {
  const table = connection.listener.table;
  if (!table) {
    closeSoon(connection, CloseReason.NOT_CONFIGURED);
    return false;
  }
  const step = decodeNext(connection.listener.protocol, table);
  if (step == Step.DONE) {
    if (!accept(connection, table)) {
      connection.blocked = true;
      return false;
    }
  } else if (step == Step.BAD) {
    if (!message.framed) {
      closeSoon(connection, message.reason);
      return false;
    }
    refuseBad(connection);
  } else {
    connection.wanted = message.need;
    return false;
  }
  connection.messageRest = message.total;
  return true;
}

/** From the client's own callback a connection can be closed at once; nothing of the read is passed on. */
function closeNow(): void {
  replaceFront(Buffer.DOWNSTREAM, read.size, 0, 0);
  closeDownstream();
}
