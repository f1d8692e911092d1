import { Kind, message } from "../codec/message";
import { reasonText } from "../codec/reason";
import { ReplyCode } from "../codec/reply";
import { Tunnel } from "../http2/tunnel";
import { MAX_CALLS_PER_CONNECTION } from "../memory/limits";
import { Name } from "../memory/name";
import { find, found } from "../route/find";
import { pickCluster, Table } from "../route/table";
import { addCall, takeOldestCall } from "./call";
import { Connection } from "./connection";
import { random32 } from "./random";
import { readTime_us } from "./read";
import { addName, addText, beginText, replyError, replyHeartbeat, replyNotFound } from "./reply";
import { countCall, STATUS_ONE_WAY, seriesOf } from "./series";
import { tunnelTo } from "./tunnels";

/** Decides where the message goes that is in `message`: `connection.messageTunnel`, null if it goes nowhere. */
export function accept(connection: Connection, table: Table): void {
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
    if (!oneWay) refuseOverload(connection, cluster.name);
    return;
  }
  connection.messageTunnel = tunnel;
  const series = seriesOf(connection.listener, host.name, message.method, message.methodBytes, cluster.name);
  if (oneWay) {
    countCall(series, STATUS_ONE_WAY);
    return;
  }
  if (connection.callCount == MAX_CALLS_PER_CONNECTION) forgetOldest(connection, tunnel);
  if (connection.callCount == MAX_CALLS_PER_CONNECTION) return;
  connection.callCount++;
  addCall(tunnel, message.id, series, message.dialect, readTime_us());
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
export function refuseBad(connection: Connection): void {
  connection.messageTunnel = null;
  if (message.kind != Kind.CALL) return;
  beginText();
  addText("meltemi: the call cannot be read: ");
  addText(reasonText(message.reason));
  replyError(connection, message.id, message.dialect, ReplyCode.BAD_REQUEST);
}
