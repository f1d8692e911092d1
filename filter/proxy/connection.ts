import { Protocol } from "../codec/codec";
import { wake } from "../host/queue";
import { initSession, Session } from "../http2/session";
import { freeTunnel, Tunnel } from "../http2/tunnel";
import { dropBlock } from "../memory/kept";
import { Name, release } from "../memory/name";
import { dropState, State } from "../memory/state";
import { VirtualHost } from "../route/table";
import { tick_ms } from "./age";
import { takeOldestCall } from "./call";
import { Count } from "./count";
import { freeKept, Kept } from "./kept-call";
import { CloseReason, closedBy, closeReasonLabel } from "./label";
import { closeListener, codecOf, countClosed, countMore, Listener } from "./listener";
import { random32 } from "./random";
import { countCall, STATUS_UNANSWERED } from "./series";
import { traceReason, tracing } from "./trace";

/**
 * One client connection: its HTTP/2 session with HCM, and where both directions stand between two callbacks.
 *
 * What the client sent and could not be passed on lies in Envoy's read buffer, where TCP feels it. It lies in the stash while
 * something else has to be passed on before it, and while a message is collected that is longer than the read buffer may
 * become. In stream order: stash, read buffer.
 */
@unmanaged
export class Connection extends Session {
  id: u32;
  /** What Envoy calls it in its own log; 0 as long as nothing of it was traced. */
  traceId: u64;
  listener: Listener;
  /** The listener's, or AUTO until the first bytes have told it (proxy/detect.ts). */
  protocol: Protocol;
  /** Why it is being closed; NONE while it is not. */
  closing: i32;

  /** Bytes of the announced DATA frame that the client has still to send. They are passed untouched. */
  announced: u32;
  /** Bytes of the message under way, or of its part, that the client has still to send, the announced ones included. */
  messageRest: u32;
  /** Another part of that message follows. */
  messageOpen: bool;
  /** What the codec remembers of the client's side. */
  codec: State;
  /** Answers go to the client in the order of its calls (proxy/in-order.ts), which are numbered: the last one's number. */
  ordered: bool;
  orders: u32;
  /** Calls to one cluster take one tunnel. */
  sequential: bool;
  /** What former calls have made of it (proxy/standing.ts), and the tunnel that those to come depend on. */
  standing: u32;
  pin: Tunnel | null;
  /** What the client has set for it (proxy/settled.ts), and how often that has changed. */
  settled: usize;
  settledBytes: u32;
  settledCapacity: u32;
  pendingBytes: u32;
  settledSerial: u32;
  /** A cluster whose upstream could not be told of it. */
  unfit: Name | null;
  /** That message is sent changed (proxy/splices.ts): what is left of its edits, how many of them are done, and how far that is. 0: it is not. */
  splices: usize;
  splicesBytes: u32;
  spliceIndex: u32;
  splicePassed: u32;
  spliceOwnSent: u32;
  /** Where that message goes; null: it is dropped (once the announced bytes have gone). */
  messageTunnel: Tunnel | null;
  /** While a read is passed on: the tunnel in the middle of whose message the read began. */
  midMessage: Tunnel | null;
  /** Bytes that stash and read buffer must hold before there is anything to do. */
  wanted: u32;
  /**
   * Which rules of the listener's authorization policies may hold for its calls, a bit each, and the serial of the table that has the rules
   * (proxy/policies/authorize.ts); 0: it has not been looked at.
   */
  ruleBits: usize;
  ruleBitsOf: u32;
  /** The call that is held back was noted as a policy wants it, and is not to be noted again. */
  audited: bool;
  /** What was done to its calls (proxy/response-flags.ts), a bit each. */
  flags: u32;
  /** How far the call has come that is at the front of the read and could not be sent yet (proxy/policies/stage.ts). */
  stage: i32;
  /** What it waits for, if it was held there (proxy/hold.ts). */
  front: Kept | null;
  /** Calls that the filter keeps and that are not in flight: held ones, and such as are to be sent once more. In the order in which they began to wait. */
  firstWaiting: Kept | null;
  lastWaiting: Kept | null;
  /** Those of them that can go on. */
  readyCalls: u32;
  /** Held back for want of window: more of it is a reason to look again. */
  blocked: bool;
  stash: usize;
  stashBytes: u32;
  stashCapacity: u32;
  /** Streams from this one on are new: their HEADERS have not been written. */
  unopenedStream: u32;

  /** The tunnel whose message the client is receiving; null between messages. */
  delivering: Tunnel | null;
  /** Tunnels that have bytes held back. */
  heldTunnels: u32;
  /** Replies of the filter's own that wait for a place between messages. */
  replies: usize;
  repliesCapacity: u32;
  repliesBytes: u32;
  /** Where answers come in order: the place of the last of them among the calls. */
  newestReply: u32;
  /** Bytes of own replies since an upstream's answer was last delivered (see MAX_UNPROVEN_REPLY_BYTES). */
  unprovenBytes: u32;
  /** The virtual host of the address that the client dialled, in the table of that serial. */
  hostByAddress: VirtualHost | null;
  hostByAddressIn: u32;
  /** Calls for whose answers the client waits, in flight on all tunnels or waiting, and those in flight whose answers go nowhere. */
  callCount: u32;
  swallowing: u32;
  /** Calls that were ever sent on tunnels: the order of their use (`Tunnel.lastUse`). */
  uses: u32;
  /** Tunnels that finish what they have, and are to be given up then. */
  retiringTunnels: u32;
  /** Tunnels in a row that were to spread the calls and led to a host that they reached already. */
  missedSpreads: u32;
  /** Tunnels in a row that have led to ejected hosts (proxy/policies/ejection.ts); what `hostChanges` was when its tunnels were last looked at. */
  ejectedArrivals: u32;
  hostChanges: u32;
  /** When the last tunnel was refused; `spareRefused`: one was. */
  spareRefused: bool;
  spareRefusedAt_ms: u32;

  /** The client was told to make its next calls elsewhere; when nothing is under way any more the connection is closed. */
  draining: bool;
  /** Why: what is counted when it is closed. */
  drainReason: i32;
  drainingSince_ms: u32;
  /** What `uses` was at the last probe for a drain, and when that was. */
  probedUses: u32;
  probedAt_ms: u32;
  /** When it was accepted (up to an eighth of its greatest age earlier, so that clients do not come back together), and last used by a call. */
  openedAt_ms: u32;
  usedAt_ms: u32;

  /** To be visited by `proxy_on_queue_ready`. */
  woken: bool;
  nextWoken: Connection | null;
}

let firstWoken: Connection | null = null;
let lastWoken: Connection | null = null;

export function newConnection(id: u32, listener: Listener): Connection {
  const connection = changetype<Connection>(heap.alloc(offsetof<Connection>() + offsetof<State>()));
  memory.fill(changetype<usize>(connection), 0, offsetof<Connection>() + offsetof<State>());
  connection.codec = changetype<State>(changetype<usize>(connection) + offsetof<Connection>());
  initSession(connection);
  connection.id = id;
  connection.listener = listener;
  connection.protocol = codecOf(listener);
  listener.references++;
  connection.unopenedStream = connection.nextStream;
  const table = listener.table;
  connection.openedAt_ms = tick_ms - (table ? random32() % ((table.connection.maxAge_ms >> 3) + 1) : 0);
  connection.usedAt_ms = tick_ms;
  connection.probedAt_ms = tick_ms;
  return connection;
}

export function freeConnection(connection: Connection): void {
  countLeft(connection);
  let tunnel = connection.tunnels;
  while (tunnel) {
    const next = tunnel.next;
    for (let call = takeOldestCall(tunnel); call; call = takeOldestCall(tunnel)) {
      if (!call.swallowed) countCall(call.series, STATUS_UNANSWERED);
      const kept = call.kept;
      if (kept) freeKept(kept);
    }
    freeTunnel(tunnel);
    tunnel = next;
  }
  let waiting = connection.firstWaiting;
  while (waiting) {
    const next = waiting.next;
    freeKept(waiting);
    waiting = next;
  }
  const front = connection.front;
  if (front) freeKept(front);
  if (connection.woken) forgetWoken(connection);
  dropBlock(connection.stash, connection.stashCapacity);
  if (connection.ruleBits) heap.free(connection.ruleBits);
  dropBlock(connection.splices, connection.splicesBytes);
  dropBlock(connection.replies, connection.repliesCapacity);
  dropState(connection.codec);
  dropBlock(connection.settled, connection.settledCapacity);
  const unfit = connection.unfit;
  if (unfit) release(unfit);
  if (connection.control) heap.free(connection.control);
  closeListener(connection.listener);
  heap.free(changetype<usize>(connection));
}

/** What ends with the connection: its calls in flight get no answer. */
function countLeft(connection: Connection): void {
  const clientLeft = connection.closing == CloseReason.CLIENT_LEFT_BUSY;
  const unanswered = clientLeft ? Count.UNANSWERED_CLIENT_LEFT : Count.UNANSWERED_CLOSED;
  countMore(connection.listener, unanswered, connection.callCount);
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (!tunnel.ended && !tunnel.resetOwed && !tunnel.probe)
      countMore(connection.listener, Count.TUNNEL_CONNECTION_ENDED, 1);
    tunnel = tunnel.next;
  }
}

/** Lets `proxy_on_queue_ready` visit the connection soon. */
export function wakeConnection(connection: Connection): void {
  if (connection.woken) return;
  connection.woken = true;
  connection.nextWoken = null;
  if (lastWoken) lastWoken!.nextWoken = connection;
  else firstWoken = connection;
  lastWoken = connection;
  wake();
}

/** The connection that was woken last of all that wait for a visit: those woken from here on are for the next turn. */
export function newestWoken(): Connection | null {
  return lastWoken;
}

/** Takes the one that has waited longest. */
export function takeWoken(): Connection | null {
  const connection = firstWoken;
  if (!connection) return null;
  firstWoken = connection.nextWoken;
  if (!firstWoken) lastWoken = null;
  connection.woken = false;
  return connection;
}

function forgetWoken(connection: Connection): void {
  let before: Connection | null = null;
  let woken = firstWoken;
  while (woken && woken != connection) {
    before = woken;
    woken = woken.nextWoken;
  }
  if (before) before.nextWoken = connection.nextWoken;
  else firstWoken = connection.nextWoken;
  if (lastWoken == connection) lastWoken = before;
}

/** The client has sent a message in part. */
export function isReceiving(connection: Connection): bool {
  return connection.messageRest != 0 || connection.messageOpen || connection.splices != 0;
}

/** Nothing is under way in either direction. */
export function isQuiet(connection: Connection): bool {
  return (
    !connection.callCount &&
    !connection.firstWaiting &&
    !isReceiving(connection) &&
    !connection.wanted &&
    !connection.blocked &&
    !connection.delivering &&
    !connection.heldTunnels &&
    !connection.repliesBytes
  );
}

/** The connection has ended: by the client (`byClient`), by the filter, whose reason is known, or by Envoy. */
export function noteClosed(connection: Connection, byClient: bool): void {
  if (connection.closing == CloseReason.NONE) {
    connection.closing = closedBy(byClient, connection.callCount != 0);
    countClosed(connection.listener, connection.closing);
  }
  if (tracing) traceReason(connection.traceId, "closed", closeReasonLabel(connection.closing));
}

/** Counts the reason, and has the connection closed once what has been written to the client is on its way. */
export function closeSoon(connection: Connection, reason: i32): void {
  if (connection.closing != CloseReason.NONE) return;
  connection.closing = reason;
  countClosed(connection.listener, reason);
  if (tracing) traceReason(connection.traceId, "close", closeReasonLabel(reason));
  wakeConnection(connection);
}
