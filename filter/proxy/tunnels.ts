import { addTunnel } from "../http2/session";
import { newTunnel, Tunnel, TunnelState } from "../http2/tunnel";
import { Name } from "../memory/name";
import { Connection } from "./connection";

/** The tunnel of this connection to `cluster`, opened if need be; null if none may be opened. */
export function tunnelTo(connection: Connection, cluster: Name): Tunnel | null {
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (tunnel.cluster == cluster && takesCalls(tunnel)) return tunnel;
    tunnel = tunnel.next;
  }
  if (connection.goingAway) return null;
  if (connection.tunnelCount >= connection.peerMaxStreams && !abandonIdle(connection)) return null;
  const opened = newTunnel(connection.nextStream, cluster, connection.peerInitialWindow);
  connection.nextStream += 2;
  addTunnel(connection, opened);
  return opened;
}

function takesCalls(tunnel: Tunnel): bool {
  return tunnel.state <= TunnelState.OPEN && !tunnel.ended && !tunnel.goingAway;
}

/** Gives up a tunnel on which nothing is under way. */
function abandonIdle(connection: Connection): bool {
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (tunnel.state == TunnelState.OPEN && isIdle(connection, tunnel)) {
      tunnel.state = TunnelState.ABANDONED;
      return true;
    }
    tunnel = tunnel.next;
  }
  return false;
}

function isIdle(connection: Connection, tunnel: Tunnel): bool {
  return (
    !tunnel.ended &&
    !tunnel.firstCall &&
    !tunnel.plannedBytes &&
    !tunnel.heldBytes &&
    !tunnel.headBytes &&
    !tunnel.skipRest &&
    connection.delivering != tunnel &&
    connection.messageTunnel != tunnel
  );
}
