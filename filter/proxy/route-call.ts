import { Kind, message } from "../codec/message";
import { reasonText } from "../codec/reason";
import { ReplyCode } from "../codec/reply";
import { Tunnel, TunnelState } from "../http2/tunnel";
import { DRAIN_GRACE_MS, MAX_CALLS_PER_CONNECTION } from "../memory/limits";
import { Name } from "../memory/name";
import { find, found } from "../route/find";
import { pickCluster, Table } from "../route/table";
import { since_ms } from "./age";
import { addCall, takeOldestCall } from "./call";
import { Connection } from "./connection";
import { Count } from "./count";
import { count } from "./listener";
import { random32 } from "./random";
import { readTime_us } from "./read";
import { addName, addText, beginText, replyError, replyHeartbeat, replyNotFound } from "./reply";
import { countCall, STATUS_ONE_WAY, STATUS_UNANSWERED, seriesOfMessage, takesSample } from "./series";
import { traceCall, traceMessage, traceReason, tracing } from "./trace";
import { tunnelTo, useTunnel } from "./tunnels";

/**
 * Decides where the message goes that is in `message`: `connection.messageTunnel`, null if it goes nowhere. False: no byte of it could
 * be sent now, so nothing is decided yet. What comes until then, a tunnel that ends or a new table, may change its way.
 */
export function accept(connection: Connection, table: Table): bool {
  connection.messageTunnel = null;
  switch (message.kind) {
    case Kind.CALL:
    case Kind.ONE_WAY:
      return routeCall(connection, table);
    case Kind.HEARTBEAT:
      replyHeartbeat(connection);
      return true;
    default:
      // Notices are for the filter, which has no use for them; an answer could only be to a call that no upstream made.
      count(connection.listener, message.kind == Kind.ANSWER ? Count.DROPPED_CLIENT_ANSWER : Count.DROPPED_NOTICE);
      if (tracing) traceMessage(connection.traceId, "dropped");
      return true;
  }
}

function routeCall(connection: Connection, table: Table): bool {
  const route = find(table, message);
  const host = found.virtualHost;
  const oneWay = message.kind == Kind.ONE_WAY;
  if (!route || !host) {
    if (tracing) traceCall(connection.traceId, null, null, null);
    if (oneWay) countDropped(connection, ReplyCode.NOT_FOUND);
    else replyNotFound(connection, host ? host.name : null);
    return true;
  }
  if (connection.sendWindow <= 0) return false;
  const cluster = pickCluster(route, route.clusterCount > 1 ? random32() : 0);
  let tunnel: Tunnel | null = null;
  if (!refusesCalls(connection)) tunnel = tunnelTo(connection, cluster);
  if (!tunnel) {
    if (tracing) traceCall(connection.traceId, route, cluster.name, null);
    if (oneWay) countDropped(connection, ReplyCode.OVERLOADED);
    else refuseOverload(connection, cluster.name);
    return true;
  }
  if (tunnel.sendWindow <= 0) return false;
  useTunnel(connection, tunnel);
  connection.messageTunnel = tunnel;
  if (tracing) traceCall(connection.traceId, route, cluster.name, tunnel);
  const series = seriesOfMessage(connection.listener, host.name, cluster.name);
  if (oneWay) {
    countCall(series, STATUS_ONE_WAY);
    if (tunnel.state == TunnelState.OPENING) tunnel.oneWayCalls++;
    return true;
  }
  if (connection.callCount == MAX_CALLS_PER_CONNECTION) forgetOldest(connection, tunnel);
  if (connection.callCount == MAX_CALLS_PER_CONNECTION) return true;
  connection.callCount++;
  addCall(tunnel, message.id, series, message.dialect, takesSample(series) || tracing ? readTime_us() : 0);
  return true;
}

/** A client that was told to go, and has gone on all the same for long enough. */
function refusesCalls(connection: Connection): bool {
  return connection.draining && since_ms(connection.drainingSince_ms) >= DRAIN_GRACE_MS;
}

/** A caller that asks without end and is not answered shall not fill the memory: its oldest call is no longer measured. */
function forgetOldest(connection: Connection, tunnel: Tunnel): void {
  // Where it has none on this tunnel, the new call itself is not.
  count(connection.listener, Count.UNANSWERED_FORGOTTEN);
  const oldest = takeOldestCall(tunnel);
  if (!oldest) return;
  countCall(oldest.series, STATUS_UNANSWERED);
  connection.callCount--;
}

/** A one-way call that goes nowhere: nobody waits for a reply that would say why. */
function countDropped(connection: Connection, code: ReplyCode): void {
  count(connection.listener, Count.ONE_WAY_DROPPED + code);
}

function refuseOverload(connection: Connection, cluster: Name): void {
  beginText();
  addText(
    connection.draining ? "meltemi: the proxy is being drained, cluster " : "meltemi: too many tunnels, cluster ",
  );
  addName(cluster);
  replyError(connection, message.id, message.dialect, ReplyCode.OVERLOADED);
}

/** The frame is sound, what is in it is not: the caller is told, and the message is dropped. */
export function refuseBad(connection: Connection): void {
  connection.messageTunnel = null;
  if (tracing) traceReason(connection.traceId, "bad_message", reasonText(message.reason));
  if (message.kind == Kind.ONE_WAY) countDropped(connection, ReplyCode.BAD_REQUEST);
  if (message.kind != Kind.CALL) return;
  beginText();
  addText("meltemi: the call cannot be read: ");
  addText(reasonText(message.reason));
  replyError(connection, message.id, message.dialect, ReplyCode.BAD_REQUEST);
}
