import { decodeRequest, scanRequest } from "../codec/codec";
import { message } from "../codec/message";
import { Step } from "../codec/step";
import { Region } from "../host/arena";
import { Buffer, closeDownstream, continueDownstream, fetch, replaceFront } from "../host/buffer";
import { SCAN_WINDOW_BYTES } from "../memory/limits";
import { Table } from "../route/table";
import { Connection, closeSoon } from "./connection";
import { owesControl } from "./emit";
import { CloseReason } from "./label";
import { passControl, passOn } from "./pass-on";
import { beginPlan, endPlan, plan, planBytes } from "./plan";
import { beginRead, fetchTo, read } from "./read";
import { accept, refuseBad } from "./route-call";
import { isCollecting, restoreStash, wait } from "./stash";
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
  const step = decode(connection, table);
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
  } else return false;
  connection.messageRest = message.total;
  return true;
}

/** Step.MORE is returned only if the bytes are not in the read buffer; what is there is fetched as needed. */
function decode(connection: Connection, table: Table): Step {
  const protocol = connection.listener.protocol;
  const demand = table.demand;
  if (read.at >= read.memoryBytes) fetchTo(read.at + 1);
  let step = decodeRequest(
    protocol,
    read.memory + read.at,
    read.memoryBytes - read.at,
    table.maxMessageBytes,
    demand,
    message,
  );
  while (step == Step.MORE && message.need <= read.size - read.at) {
    fetchTo(read.at + message.need);
    step = decodeRequest(
      protocol,
      read.memory + read.at,
      read.memoryBytes - read.at,
      table.maxMessageBytes,
      demand,
      message,
    );
  }
  if (step == Step.MORE) connection.wanted = message.need;
  return step == Step.SCAN ? scan(connection, table) : step;
}

/** The attributes that are wanted lie behind the arguments: the message waits until it is here, then they are looked for. */
function scan(connection: Connection, table: Table): Step {
  if (message.total > read.size - read.at) {
    connection.wanted = message.total;
    return Step.MORE;
  }
  let step = Step.SCAN;
  while (step == Step.SCAN) {
    const from = message.scanAt;
    const bytes = min<u32>(SCAN_WINDOW_BYTES, message.total - from);
    const window = fetch(Buffer.DOWNSTREAM, read.at + from, bytes, Region.SCAN);
    step = scanRequest(connection.listener.protocol, window, bytes, table.demand, message);
  }
  return step;
}

/** From the client's own callback a connection can be closed at once; nothing of the read is passed on. */
function closeNow(): void {
  replaceFront(Buffer.DOWNSTREAM, read.size, 0, 0);
  closeDownstream();
}
