import { isListening, listen } from "../codec/codec";
import { message } from "../codec/message";
import { Tunnel } from "../http2/tunnel";
import { addCall } from "./call";
import { Call } from "./call-in-flight";
import { Connection, closeSoon, wakeConnection } from "./connection";
import { Count } from "./count";
import { CloseReason } from "./label";
import { Series } from "./series";
import { dropPending, notePrepared, noteUnfit, settlePending } from "./settled";
import { Standing } from "./standing";
import { swallow } from "./swallow";
import { retire } from "./tunnels";

/** What the answer to a call decides besides. */
export enum Fate {
  NONE,
  /** What the call sets for its connection is set. */
  SETTLE,
  /** The upstream sends at any time from then on. */
  LISTEN,
  /** The upstream is told what is set for the connection: this tunnel may be used once it has taken all of it. */
  PREPARE,
  /** The upstream has begun the client's transaction. */
  BEGIN,
  /** It has dropped it. */
  DROP,
  /** Nothing: it is a copy of a call (proxy/policies/mirror.ts). */
  MIRROR,
}

/** The call that was added last has this fate. */
export function destine(call: Call, fate: Fate): void {
  call.fate = fate;
  call.tunnel.fated++;
}

/** Notes a call that is the filter's own, whose bytes are said on the tunnel (`sendOwn`): the client hears nothing of it. */
export function addOwnCall(connection: Connection, tunnel: Tunnel, fate: Fate): void {
  const call = addCall(tunnel, changetype<Series>(0), ++connection.orders, 0);
  connection.callCount++;
  swallow(connection, call);
  destine(call, fate);
}

function firstFate(tunnel: Tunnel): Fate {
  const first = changetype<Call | null>(tunnel.firstCall);
  return first ? first.fate : Fate.NONE;
}

/** Some calls of the tunnel have a fate: what it sends next may be the first of what comes at any time. */
export function expectNews(connection: Connection, tunnel: Tunnel): void {
  if (firstFate(tunnel) == Fate.LISTEN) listen(connection.protocol, tunnel.codec, true);
}

/** Whether what is in `message`, which is no answer, is what the client waits for that wants to listen. */
export function isAwaitedNews(tunnel: Tunnel): bool {
  return tunnel.fated != 0 && firstFate(tunnel) == Fate.LISTEN;
}

/** The call, which is taken, is answered by what is in `message`. */
export function meetFate(connection: Connection, tunnel: Tunnel, call: Call): void {
  switch (call.fate) {
    case Fate.SETTLE:
      connection.standing &= ~Standing.WAITING;
      if (message.ok) settlePending(connection, tunnel);
      else dropPending(connection);
      break;
    case Fate.LISTEN:
      connection.standing &= ~Standing.WAITING;
      meetListening(connection, tunnel);
      break;
    case Fate.PREPARE:
      if (message.ok) notePrepared(connection, tunnel);
      else {
        noteUnfit(connection, tunnel);
        retire(connection, tunnel, Count.RETIRED_UNFIT);
      }
      break;
    case Fate.BEGIN:
      // What the client sent behind it was carried out at once, and it believes otherwise.
      if (!message.ok) closeSoon(connection, CloseReason.TRANSACTION_REFUSED);
      break;
    default:
      break;
  }
  if (connection.blocked) wakeConnection(connection);
}

function meetListening(connection: Connection, tunnel: Tunnel): void {
  if (!message.ok) {
    listen(connection.protocol, tunnel.codec, false);
    return;
  }
  tunnel.listened = !message.ends;
  if (!isListening(connection.protocol, tunnel.codec)) return;
  connection.standing |= Standing.LISTENING;
  connection.pin = tunnel;
}

/** What the tunnel's upstream sent is the last that it sends unasked. */
export function endListening(connection: Connection, tunnel: Tunnel): void {
  tunnel.listened = false;
  if (connection.pin != tunnel || !(connection.standing & Standing.LISTENING)) return;
  connection.standing &= ~Standing.LISTENING;
  connection.pin = null;
  if (connection.blocked) wakeConnection(connection);
}

/** The call, which is taken, will have no answer: its tunnel has ended. */
export function missFate(connection: Connection, tunnel: Tunnel, call: Call): void {
  switch (call.fate) {
    case Fate.SETTLE:
      connection.standing &= ~Standing.WAITING;
      dropPending(connection);
      break;
    case Fate.LISTEN:
      connection.standing &= ~Standing.WAITING;
      break;
    case Fate.PREPARE:
      noteUnfit(connection, tunnel);
      break;
    default:
      break;
  }
  if (connection.blocked) wakeConnection(connection);
}

/** A tunnel has ended that calls to come depend on. */
export function losePin(connection: Connection, tunnel: Tunnel): void {
  if (tunnel.listened) closeSoon(connection, CloseReason.LISTENING_LOST);
  if (connection.pin != tunnel) return;
  connection.pin = null;
  // What was begun or watched is lost, so it cannot be ended as the client wants.
  connection.standing = (connection.standing & ~(Standing.BEGUN | Standing.WATCHING)) | Standing.ABORTED;
}
