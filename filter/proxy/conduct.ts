import { Act, Done } from "../codec/act";
import { writeBegin, writeDrop } from "../codec/codec";
import { message } from "../codec/message";
import { reasonText } from "../codec/reason";
import { ReplyCode } from "../codec/reply";
import { Tunnel } from "../http2/tunnel";
import { Name } from "../memory/name";
import { hostOf } from "../route/find";
import { nameOf, Table } from "../route/table";
import { tick_ms } from "./age";
import { Connection } from "./connection";
import { addOwnCall, destine, Fate } from "./fate";
import { CloseReason } from "./label";
import { Lead } from "./lead";
import { maySay } from "./prepare";
import { addBytes, addText, beginText, callerOfMessage, replyDone, replyError } from "./reply";
import {
  dialledHost,
  leadCall,
  leadHost,
  leadRoute,
  leadTunnel,
  refuseApart,
  refuseBad,
  routeCall,
  sendCall,
} from "./route-call";
import { keepPending } from "./settled";
import { Standing } from "./standing";
import { sendOwn } from "./unsent";

/**
 * Calls that bear on those behind them, and calls behind such ones: what belongs together reaches one upstream, whatever the routes
 * would do with each by itself. False as `accept`: not now.
 */
export function conductCall(connection: Connection, table: Table): bool {
  if (message.sequential) connection.sequential = true;
  const standing = connection.standing;
  if (standing & Standing.WAITING) return false;
  if (message.act == Act.LEAVE) {
    replyDone(connection, Done.OK);
    leave(connection, CloseReason.CLIENT_LEFT);
    return true;
  }
  if (standing & Standing.LISTENING) return tell(connection);
  if (message.act == Act.REFUSE) {
    if (standing & Standing.OPEN) abort(connection);
    refuseBad(connection);
    return true;
  }
  if (standing & Standing.OPEN) return conductInTransaction(connection, table);
  switch (message.act) {
    case Act.SETTLE:
      return settleCall(connection, table);
    case Act.LISTEN:
      return listenCall(connection, table);
    case Act.BEGIN:
      connection.standing |= Standing.OPEN;
      replyDone(connection, Done.OK);
      return true;
    case Act.WATCH:
      return watch(connection, table);
    case Act.UNWATCH:
      return unwatch(connection, table);
    default:
      return routeCall(connection, table);
  }
}

/** The client's connection is closed, for `reason`, when all that it waits for has gone out. Nothing more of it is read. */
export function leave(connection: Connection, reason: i32): void {
  connection.standing |= Standing.LEAVING;
  connection.draining = true;
  connection.drainingSince_ms = tick_ms;
  connection.drainReason = reason;
}

/** What the client sent is not the protocol. */
export function sayWhyNot(connection: Connection): void {
  connection.messageTunnel = null;
  beginText();
  addText("Protocol error: ");
  addText(reasonText(message.reason));
  replyError(connection, callerOfMessage(connection), ReplyCode.BAD_REQUEST);
}

/** To the upstream that the client listens to. What it answers is news like all that it sends. */
function tell(connection: Connection): bool {
  const pin = connection.pin!;
  if (min<i32>(connection.sendWindow, pin.sendWindow) <= 0) return false;
  connection.messageTunnel = pin;
  connection.usedAt_ms = tick_ms;
  pin.usedAt_ms = tick_ms;
  return true;
}

function settleCall(connection: Connection, table: Table): bool {
  const lead = leadCall(connection, table);
  if (lead != Lead.READY) return lead == Lead.REFUSED;
  if (!keepPending(connection)) {
    refuse(connection, " sets more than is kept for a connection", ReplyCode.BAD_REQUEST);
    return true;
  }
  awaitAnswer(connection, table, Fate.SETTLE);
  return true;
}

function listenCall(connection: Connection, table: Table): bool {
  const lead = leadCall(connection, table);
  if (lead == Lead.READY) awaitAnswer(connection, table, Fate.LISTEN);
  return lead != Lead.LATER;
}

/** Sends the call whose answer decides how the next ones are understood. */
function awaitAnswer(connection: Connection, table: Table, fate: Fate): void {
  const call = sendCall(connection, leadTunnel, nameOf(table, leadHost), leadRoute, false);
  if (!call) return;
  destine(call, fate);
  connection.standing |= Standing.WAITING;
}

function watch(connection: Connection, table: Table): bool {
  const lead = leadCall(connection, table);
  if (lead != Lead.READY) return lead == Lead.REFUSED;
  const pin = connection.pin;
  if (pin && pin != leadTunnel) {
    refuseApart(connection);
    return true;
  }
  sendCall(connection, leadTunnel, nameOf(table, leadHost), leadRoute, false);
  connection.pin = leadTunnel;
  connection.standing |= Standing.WATCHING;
  return true;
}

function unwatch(connection: Connection, table: Table): bool {
  if (connection.pin) {
    if (!sendToPin(connection, table)) return false;
  } else if (connection.standing & Standing.ABORTED) replyDone(connection, Done.OK);
  else return routeCall(connection, table);
  unpin(connection);
  return true;
}

function conductInTransaction(connection: Connection, table: Table): bool {
  switch (message.act) {
    case Act.COMMIT:
      return commit(connection, table);
    case Act.DROP:
      return drop(connection, table);
    case Act.NONE:
    case Act.WATCH:
    case Act.UNWATCH:
      return queue(connection, table);
    default:
      abort(connection);
      refuse(connection, " is not carried out within a transaction", ReplyCode.BAD_REQUEST);
      return true;
  }
}

/** A call of the transaction. The first one decides which upstream that is for: it is told of it then. */
function queue(connection: Connection, table: Table): bool {
  const lead = leadCall(connection, table);
  if (lead == Lead.LATER) return false;
  if (lead == Lead.REFUSED) {
    abort(connection);
    return true;
  }
  const tunnel = leadTunnel;
  const pin = connection.pin;
  if (pin && pin != tunnel) {
    abort(connection);
    refuseApart(connection);
    return true;
  }
  if (!pin && connection.standing & Standing.ABORTED) {
    refuse(connection, " belongs to a transaction that is lost", ReplyCode.UPSTREAM_FAILURE);
    return true;
  }
  if (!begin(connection, tunnel)) return false;
  sendCall(connection, tunnel, nameOf(table, leadHost), leadRoute, false);
  return true;
}

/** The upstream has begun the transaction, or does with this. False: not now. */
function begin(connection: Connection, tunnel: Tunnel): bool {
  if (connection.standing & Standing.BEGUN) return true;
  if (!maySay(connection, tunnel, OWN_BYTES) || !sendOwn(connection, tunnel, own, writeBegin(connection.protocol, own)))
    return false;
  addOwnCall(connection, tunnel, Fate.BEGIN);
  connection.pin = tunnel;
  connection.standing |= Standing.BEGUN;
  return true;
}

/** Room for what the filter itself says of a transaction. */
const OWN_BYTES: u32 = 32;
const own: usize = memory.data(32);

function commit(connection: Connection, table: Table): bool {
  const pin = connection.pin;
  const aborted = (connection.standing & Standing.ABORTED) != 0;
  if (!aborted && !pin) replyDone(connection, Done.EMPTY);
  else if (!aborted) {
    if (!begin(connection, pin!) || !sendToPin(connection, table)) return false;
  } else {
    if (pin && !sayDrop(connection, pin)) return false;
    beginText();
    addText("Transaction discarded because of previous errors.");
    replyError(connection, callerOfMessage(connection), ReplyCode.DISCARDED);
  }
  unpin(connection);
  return true;
}

function drop(connection: Connection, table: Table): bool {
  const pin = connection.pin;
  if (!pin) replyDone(connection, Done.OK);
  else if (!begin(connection, pin) || !sendToPin(connection, table)) return false;
  unpin(connection);
  return true;
}

/** The upstream is to forget what was begun and what is watched. */
function sayDrop(connection: Connection, pin: Tunnel): bool {
  if (!begin(connection, pin) || !maySay(connection, pin, OWN_BYTES)) return false;
  if (!sendOwn(connection, pin, own, writeDrop(connection.protocol, own))) return false;
  addOwnCall(connection, pin, Fate.DROP);
  return true;
}

function sendToPin(connection: Connection, table: Table): bool {
  const pin = connection.pin!;
  if (min<i32>(connection.sendWindow, pin.sendWindow) <= 0) return false;
  const host = hostOf(table, message) || dialledHost(connection, table);
  const name: Name = host ? nameOf(table, host) : pin.cluster;
  sendCall(connection, pin, name, null, false);
  return true;
}

/** The transaction cannot be carried out any more. */
function abort(connection: Connection): void {
  connection.standing |= Standing.ABORTED;
}

function unpin(connection: Connection): void {
  connection.pin = null;
  connection.standing &= ~(Standing.OPEN | Standing.BEGUN | Standing.WATCHING | Standing.ABORTED);
}

function refuse(connection: Connection, why: string, code: ReplyCode): void {
  beginText();
  addText("meltemi: ");
  addBytes(message.method, message.methodBytes);
  addText(why);
  replyError(connection, callerOfMessage(connection), code);
}
