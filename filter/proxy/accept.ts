import { Act } from "../codec/act";
import { Kind, message } from "../codec/message";
import { Table } from "../route/table";
import { findCall, takeCall } from "./call";
import { conductCall } from "./conduct";
import { Connection } from "./connection";
import { Count } from "./count";
import { count } from "./listener";
import { authorize } from "./policies/authorize";
import { replyHeartbeat } from "./reply";
import { routeCall } from "./route-call";
import { countCall, STATUS_UNANSWERED } from "./series";
import { traceMessage, tracing } from "./trace";
import { useTunnel } from "./tunnels";

/**
 * Decides where the message goes that is in `message`: `connection.messageTunnel`, null if it goes nowhere. False: no byte of it could
 * be sent now, so nothing is decided yet. What comes until then, a tunnel that ends or a new table, may change its way.
 */
export function accept(connection: Connection, table: Table): bool {
  connection.messageTunnel = null;
  switch (message.kind) {
    case Kind.CALL:
    case Kind.ONE_WAY:
      return acceptCall(connection, table);
    case Kind.HEARTBEAT:
      replyHeartbeat(connection);
      return true;
    case Kind.STREAM:
    case Kind.STREAM_END:
      followStream(connection);
      return true;
    default:
      // Notices are for the filter, which has no use for them; an answer could only be to a call that no upstream made.
      count(connection.listener, message.kind == Kind.ANSWER ? Count.DROPPED_CLIENT_ANSWER : Count.DROPPED_NOTICE);
      if (tracing) traceMessage(connection.traceId, "dropped");
      return true;
  }
}

function acceptCall(connection: Connection, table: Table): bool {
  const authorization = table.authorization;
  if (!authorization) return sendOn(connection, table);
  const isDecided = !authorize(connection, table, authorization) || sendOn(connection, table);
  if (isDecided) connection.audited = false;
  return isDecided;
}

function sendOn(connection: Connection, table: Table): bool {
  if (message.act != Act.NONE || connection.standing) return conductCall(connection, table);
  return routeCall(connection, table);
}

/** A frame of a stream goes where the call went that opened it. */
function followStream(connection: Connection): void {
  let tunnel = connection.tunnels;
  while (tunnel && !findCall(tunnel, message.id)) tunnel = tunnel.next;
  connection.messageTunnel = tunnel;
  if (!tunnel) {
    // The upstream has ended the stream, or has failed: the client was told, or is about to be.
    count(connection.listener, Count.DROPPED_STREAM_FRAME);
    if (tracing) traceMessage(connection.traceId, "dropped");
    return;
  }
  useTunnel(connection, tunnel);
  if (message.kind != Kind.STREAM_END) return;
  countCall(takeCall(tunnel, message.id)!.series, STATUS_UNANSWERED);
  connection.callCount--;
}
