import { addTunnel } from "../http2/session";
import { newTunnel, Tunnel, TunnelState } from "../http2/tunnel";
import { MAX_TUNNELS } from "../memory/limits";
import { Cluster } from "../route/table";
import { Connection } from "./connection";

/** The tunnel of this connection to `cluster`, opened if need be; null if none may be opened. */
export function tunnelTo(connection: Connection, cluster: Cluster): Tunnel | null {
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (tunnel.cluster == cluster.name && takesCalls(tunnel)) return tunnel;
    tunnel = tunnel.next;
  }
  if (connection.goingAway) return null;
  // One that is given up is HCM's stream until HCM has ended it too.
  if (connection.tunnelCount >= min<u32>(MAX_TUNNELS, connection.peerMaxStreams)) abandonIdle(connection);
  if (connection.tunnelCount >= connection.peerMaxStreams || openTunnels(connection) >= MAX_TUNNELS) return null;
  const opened = newTunnel(connection.nextStream, cluster.name, connection.peerInitialWindow);
  connection.nextStream += 2;
  addTunnel(connection, opened);
  return opened;
}

function takesCalls(tunnel: Tunnel): bool {
  return tunnel.state <= TunnelState.OPEN && !tunnel.ended && !tunnel.goingAway;
}

function openTunnels(connection: Connection): u32 {
  let count: u32 = 0;
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (tunnel.state != TunnelState.ABANDONED) count++;
    tunnel = tunnel.next;
  }
  return count;
}

/**
 * Gives up a tunnel on which nothing is under way. We end our side, as a client does that has finished: a reset would lose
 * one-way calls that the upstream has not read yet.
 */
function abandonIdle(connection: Connection): void {
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (tunnel.state == TunnelState.OPEN && isIdle(connection, tunnel)) {
      tunnel.state = TunnelState.ABANDONED;
      tunnel.endOwed = true;
      connection.tunnelsOwe = true;
      return;
    }
    tunnel = tunnel.next;
  }
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
