import { Kind, message } from "../codec/message";
import { reasonText } from "../codec/reason";
import { ReplyCode } from "../codec/reply";
import { Tunnel } from "../http2/tunnel";
import { DRAIN_GRACE_MS, MAX_CALLS_PER_CONNECTION } from "../memory/limits";
import { Name } from "../memory/name";
import { find, found } from "../route/find";
import { pickCluster, Table } from "../route/table";
import { since_ms } from "./age";
import { addCall, takeOldestCall } from "./call";
import { Connection } from "./connection";
import { random32 } from "./random";
import { readTime_us } from "./read";
import { addName, addText, beginText, replyError, replyHeartbeat, replyNotFound } from "./reply";
import { countCall, STATUS_ONE_WAY, seriesOfMessage, takesSample } from "./series";
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
      return true;
  }
}

function routeCall(connection: Connection, table: Table): bool {
  const route = find(table, message);
  const host = found.virtualHost;
  const oneWay = message.kind == Kind.ONE_WAY;
  if (!route || !host) {
    if (!oneWay) replyNotFound(connection, host ? host.name : null);
    return true;
  }
  if (connection.sendWindow <= 0) return false;
  const cluster = pickCluster(route, route.clusterCount > 1 ? random32() : 0);
  let tunnel: Tunnel | null = null;
  if (!refusesCalls(connection)) tunnel = tunnelTo(connection, cluster);
  if (!tunnel) {
    if (!oneWay) refuseOverload(connection, cluster.name);
    return true;
  }
  if (tunnel.sendWindow <= 0) return false;
  useTunnel(connection, tunnel);
  connection.messageTunnel = tunnel;
  const series = seriesOfMessage(connection.listener, host.name, cluster.name);
  if (oneWay) {
    countCall(series, STATUS_ONE_WAY);
    return true;
  }
  if (connection.callCount == MAX_CALLS_PER_CONNECTION) forgetOldest(connection, tunnel);
  if (connection.callCount == MAX_CALLS_PER_CONNECTION) return true;
  connection.callCount++;
  addCall(tunnel, message.id, series, message.dialect, takesSample(series) ? readTime_us() : 0);
  return true;
}

/** A client that was told to go, and has gone on all the same for long enough. */
function refusesCalls(connection: Connection): bool {
  return connection.draining && since_ms(connection.drainingSince_ms) >= DRAIN_GRACE_MS;
}

/** A caller that asks without end and is not answered shall not fill the memory: its oldest call is no longer measured. */
function forgetOldest(connection: Connection, tunnel: Tunnel): void {
  if (takeOldestCall(tunnel)) connection.callCount--;
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
  if (message.kind != Kind.CALL) return;
  beginText();
  addText("meltemi: the call cannot be read: ");
  addText(reasonText(message.reason));
  replyError(connection, message.id, message.dialect, ReplyCode.BAD_REQUEST);
}
