import { TunnelState } from "../http2/tunnel";
import { DRAIN_NOTICE_MS } from "../memory/limits";
import { since_ms, tick_ms } from "./age";
import { Connection, closeSoon, isQuiet, wakeConnection } from "./connection";
import { endTunnel } from "./end";
import { CloseReason } from "./label";
import { replyGoingAway } from "./reply";
import { Standing } from "./standing";
import { traceEvent, tracing } from "./trace";
import { TunnelEnd } from "./tunnel-end";

/**
 * The way a connection ends without losing a call: the client is told to make its next calls elsewhere, what it asks until it has
 * heard that is answered, and when nothing is under way any more the connection is closed.
 */
export function startDraining(connection: Connection, reason: CloseReason): void {
  if (connection.draining) return;
  // HCM writes nothing before it has been spoken to, so a client that has not called yet cannot be told.
  if (!connection.prefaceSent && isQuiet(connection)) {
    closeSoon(connection, reason);
    return;
  }
  connection.draining = true;
  connection.drainReason = reason;
  connection.drainingSince_ms = tick_ms;
  if (tracing) traceEvent(connection.traceId, "drain");
  replyGoingAway(connection);
  wakeConnection(connection);
}

/** Closes a connection that has done its work: what the client sent before it heard of the drain has arrived and is answered. */
export function closeIfDrained(connection: Connection): void {
  if (!connection.draining) return;
  if (connection.standing & Standing.LEAVING) {
    if (hasAllAnswers(connection)) closeSoon(connection, connection.drainReason);
    return;
  }
  if (since_ms(connection.drainingSince_ms) < DRAIN_NOTICE_MS) return;
  if (isQuiet(connection)) closeSoon(connection, connection.drainReason);
}

function hasAllAnswers(connection: Connection): bool {
  return !connection.callCount && !connection.delivering && !connection.heldTunnels && !connection.repliesBytes;
}

/** HCM has said which stream is its last: it knows nothing of those behind it, so their calls are answered now. */
export function dropTunnelsBeyond(connection: Connection, lastStream: u32): void {
  let tunnel = connection.tunnels;
  while (tunnel) {
    const next = tunnel.next;
    if (tunnel.stream > lastStream && !tunnel.ended) {
      tunnel.state = TunnelState.REFUSED;
      endTunnel(connection, tunnel, TunnelEnd.GOAWAY);
    }
    tunnel = next;
  }
  if (connection.unopenedStream > lastStream) connection.unopenedStream = connection.nextStream;
}
