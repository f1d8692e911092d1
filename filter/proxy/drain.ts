import { TunnelState } from "../http2/tunnel";
import { DRAIN_NOTICE_MS } from "../memory/limits";
import { since_ms, tick_ms } from "./age";
import { Connection, isQuiet, wakeConnection } from "./connection";
import { endTunnel } from "./end";
import { replyGoingAway } from "./reply";
import { traceEvent, tracing } from "./trace";
import { TunnelEnd } from "./tunnel-end";

/**
 * The way a connection ends without losing a call: the client is told to make its next calls elsewhere, what it asks until it has
 * heard that is answered, and when nothing is under way any more the connection is closed.
 */
export function startDraining(connection: Connection): void {
  if (connection.draining) return;
  connection.draining = true;
  connection.drainingSince_ms = tick_ms;
  if (tracing) traceEvent(connection.traceId, "drain");
  replyGoingAway(connection);
  wakeConnection(connection);
}

/** Whether the connection has done its work: what the client sent before it heard of the drain has arrived and is answered. */
export function isDrained(connection: Connection): bool {
  return connection.draining && since_ms(connection.drainingSince_ms) >= DRAIN_NOTICE_MS && isQuiet(connection);
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
