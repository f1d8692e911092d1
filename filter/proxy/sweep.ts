import { Tunnel, TunnelState } from "../http2/tunnel";
import { ABANDON_TIMEOUT_MS } from "../memory/limits";
import { since_ms } from "./age";
import { Connection, isQuiet, wakeConnection } from "./connection";
import { Count } from "./count";
import { closeIfDrained, startDraining } from "./drain";
import { CloseReason } from "./label";
import { count } from "./listener";
import { probeDrain } from "./probe";
import { traceTunnel, tracing } from "./trace";
import { abandonIfIdle, heedHost } from "./tunnels";

/**
 * What time does to a connection, looked at once a second: nothing of it costs a call anything. Frames that come of it go out with
 * the visit that is asked for.
 */
export function sweep(connection: Connection): void {
  if (connection.closing != CloseReason.NONE) return;
  const table = connection.listener.table;
  if (!table) return;
  const settings = table.connection;
  if (connection.tunnels) sweepTunnels(connection, settings.tunnelIdleTimeout_ms);
  closeIfDrained(connection);
  if (connection.closing != CloseReason.NONE) return;
  const old = settings.maxAge_ms != 0 && since_ms(connection.openedAt_ms) >= settings.maxAge_ms;
  if (old) startDraining(connection, CloseReason.DRAINED);
  else if (isIdle(connection, settings.idleTimeout_ms)) startDraining(connection, CloseReason.IDLE_TIMEOUT);
  probeDrain(connection);
}

function isIdle(connection: Connection, timeout_ms: u32): bool {
  return timeout_ms != 0 && since_ms(connection.usedAt_ms) >= timeout_ms && isQuiet(connection);
}

function sweepTunnels(connection: Connection, idleTimeout_ms: u32): void {
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (tunnel.at) heedHost(connection, tunnel);
    if (isForgotten(tunnel)) {
      count(connection.listener, Count.TUNNEL_ABANDONED);
      if (tracing) traceTunnel(connection.traceId, "tunnel_reset", tunnel);
      tunnel.resetOwed = true;
      connection.tunnelsOwe = true;
      wakeConnection(connection);
    } else if (tunnel.retiring || since_ms(tunnel.usedAt_ms) >= idleTimeout_ms) {
      if (abandonIfIdle(connection, tunnel)) wakeConnection(connection);
    }
    tunnel = tunnel.next;
  }
}

/** Its upstream was told that we have finished, and does not finish itself. */
function isForgotten(tunnel: Tunnel): bool {
  return (
    tunnel.state == TunnelState.ABANDONED &&
    !tunnel.endOwed &&
    !tunnel.resetOwed &&
    since_ms(tunnel.usedAt_ms) >= ABANDON_TIMEOUT_MS
  );
}
