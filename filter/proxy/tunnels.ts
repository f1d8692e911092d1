import { addTunnel } from "../http2/session";
import { newTunnel, Tunnel, TunnelState } from "../http2/tunnel";
import { MAX_TUNNELS, SPARE_PAUSE_MS } from "../memory/limits";
import { Name } from "../memory/name";
import { Cluster } from "../route/table";
import { since_ms, tick_ms } from "./age";
import { Connection } from "./connection";
import { Count } from "./count";
import { count } from "./listener";
import { random32 } from "./random";
import { traceTunnel, tracing } from "./trace";

/**
 * Which tunnel a call takes: among those of its cluster the one with the fewest calls in flight, the one that was not used for longest
 * among equals. So the calls of one client connection spread over as many hosts as it has tunnels.
 *
 * More tunnels are opened as calls come: up to `minTunnels` anyway, then where all have `callsPerTunnel` in flight. A tunnel past its age
 * or its number of calls is replaced, because only a new one can lead to a host that is new. Nobody waits for any of this: a tunnel
 * that is being opened takes calls only where no other is open.
 */
let fresh: Tunnel | null = null;
let expired: Tunnel | null = null;
let opening: Tunnel | null = null;
/** Tunnels of the cluster that take calls, but for expired ones. */
let candidates: u32 = 0;

/** The tunnel of this connection for a call to `cluster`, opened if need be; null if none may be opened. */
export function tunnelTo(connection: Connection, cluster: Cluster): Tunnel | null {
  survey(connection, cluster);
  const established = fresh || expired;
  if (candidates == 0 || wantsMore(cluster)) {
    const spare = established != null || opening != null;
    if (!spare || maySpare(connection)) {
      const opened = openTunnel(connection, cluster.name, false);
      if (opened) {
        opened.openedAt_ms = tick_ms - (random32() % ((cluster.maxTunnelAge_ms >> 3) + 1));
        opening = opened;
      }
    }
  }
  if (fresh && expired) retireExpired(connection, cluster);
  return established || opening;
}

/** A call goes on this tunnel. */
export function useTunnel(connection: Connection, tunnel: Tunnel): void {
  tunnel.lastUse = ++connection.uses;
  tunnel.calls++;
  tunnel.usedAt_ms = tick_ms;
  connection.usedAt_ms = tick_ms;
}

function survey(connection: Connection, cluster: Cluster): void {
  fresh = null;
  expired = null;
  opening = null;
  candidates = 0;
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (tunnel.cluster == cluster.name && takesCalls(tunnel)) sort(tunnel, cluster);
    tunnel = tunnel.next;
  }
}

function sort(tunnel: Tunnel, cluster: Cluster): void {
  if (tunnel.state != TunnelState.OPEN) opening = better(opening, tunnel);
  else if (!isExpired(tunnel, cluster)) fresh = better(fresh, tunnel);
  else {
    expired = better(expired, tunnel);
    return;
  }
  candidates++;
}

export function takesCalls(tunnel: Tunnel): bool {
  return tunnel.state <= TunnelState.OPEN && !tunnel.ended && !tunnel.retiring;
}

function isExpired(tunnel: Tunnel, cluster: Cluster): bool {
  return (
    since_ms(tunnel.openedAt_ms) >= cluster.maxTunnelAge_ms ||
    (cluster.maxTunnelCalls != 0 && tunnel.calls >= cluster.maxTunnelCalls)
  );
}

/** One that HCM lets send nothing, because its upstream does not read, comes last. */
function better(best: Tunnel | null, other: Tunnel): Tunnel {
  if (!best) return other;
  const bestBlocked = best.sendWindow <= 0;
  if (bestBlocked != other.sendWindow <= 0) return bestBlocked ? other : best;
  if (best.callCount != other.callCount) return other.callCount < best.callCount ? other : best;
  return <i32>(other.lastUse - best.lastUse) < 0 ? other : best;
}

/**
 * Whether the cluster's tunnels are too few. One after the other: Envoy counts a tunnel for its host when it is open, and gives several that
 * are opened at once the same host.
 */
function wantsMore(cluster: Cluster): bool {
  if (opening) return false;
  if (candidates < cluster.minTunnels) return true;
  const least = fresh;
  return least != null && least.callCount >= cluster.callsPerTunnel && candidates < cluster.maxTunnels;
}

/** Whether a tunnel may be opened that no call needs: not on a connection that is to end, nor at once after one was refused. */
function maySpare(connection: Connection): bool {
  return !connection.draining && (!connection.spareRefused || since_ms(connection.spareRefusedAt_ms) >= SPARE_PAUSE_MS);
}

/** Their place is taken: they finish what they have. */
function retireExpired(connection: Connection, cluster: Cluster): void {
  let tunnel = connection.tunnels;
  while (tunnel) {
    const open = tunnel.cluster == cluster.name && tunnel.state == TunnelState.OPEN;
    if (open && takesCalls(tunnel) && isExpired(tunnel, cluster)) {
      const old = since_ms(tunnel.openedAt_ms) >= cluster.maxTunnelAge_ms;
      retire(connection, tunnel, old ? Count.RETIRED_AGE : Count.RETIRED_CALLS);
    }
    tunnel = tunnel.next;
  }
}

/** The tunnel takes no new calls, and is given up when it has nothing under way. */
export function retire(connection: Connection, tunnel: Tunnel, reason: Count): void {
  if (tunnel.retiring) return;
  count(connection.listener, reason);
  if (tracing) traceTunnel(connection.traceId, "tunnel_retired", tunnel);
  tunnel.retiring = true;
  connection.retiringTunnels++;
  abandonIfIdle(connection, tunnel);
}

export function abandonRetired(connection: Connection): void {
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (tunnel.retiring) abandonIfIdle(connection, tunnel);
    tunnel = tunnel.next;
  }
}

/** A new tunnel to `cluster`, its CONNECT to be written; null if HCM or MAX_TUNNELS allow no more. */
export function openTunnel(connection: Connection, cluster: Name, probe: bool): Tunnel | null {
  if (connection.nextStream > connection.lastStream) return null;
  // One that is given up is HCM's stream until HCM has ended it too.
  if (connection.tunnelCount >= min<u32>(MAX_TUNNELS, connection.peerMaxStreams)) abandonAnyIdle(connection);
  if (connection.tunnelCount >= connection.peerMaxStreams || livingTunnels(connection) >= MAX_TUNNELS) return null;
  const opened = newTunnel(connection.nextStream, cluster, connection.peerInitialWindow);
  opened.openedAt_ms = tick_ms;
  opened.usedAt_ms = tick_ms;
  opened.probe = probe;
  connection.nextStream += 2;
  addTunnel(connection, opened);
  count(connection.listener, probe ? Count.DRAIN_PROBES : Count.TUNNELS);
  if (tracing) traceTunnel(connection.traceId, "tunnel_opening", opened);
  return opened;
}

function livingTunnels(connection: Connection): u32 {
  let living: u32 = 0;
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (tunnel.state != TunnelState.ABANDONED) living++;
    tunnel = tunnel.next;
  }
  return living;
}

function abandonAnyIdle(connection: Connection): void {
  let tunnel = connection.tunnels;
  while (tunnel && !abandonIfIdle(connection, tunnel)) tunnel = tunnel.next;
}

/**
 * Gives up a tunnel on which nothing is under way. We end our side, as a client does that has finished: a reset would lose
 * one-way calls that the upstream has not read yet.
 */
export function abandonIfIdle(connection: Connection, tunnel: Tunnel): bool {
  if (tunnel.state != TunnelState.OPEN || !isIdle(connection, tunnel)) return false;
  if (tracing) traceTunnel(connection.traceId, "tunnel_given_up", tunnel);
  tunnel.state = TunnelState.ABANDONED;
  tunnel.endOwed = true;
  tunnel.usedAt_ms = tick_ms;
  connection.tunnelsOwe = true;
  return true;
}

function isIdle(connection: Connection, tunnel: Tunnel): bool {
  return (
    !tunnel.ended &&
    !tunnel.callCount &&
    !tunnel.plannedBytes &&
    !tunnel.heldBytes &&
    !tunnel.headBytes &&
    !tunnel.skipRest &&
    !tunnel.unsentOwed &&
    connection.delivering != tunnel &&
    !isMidMessage(connection, tunnel)
  );
}

/** Whether the client has still to send the rest of a message that goes there. */
export function isMidMessage(connection: Connection, tunnel: Tunnel): bool {
  return connection.messageRest != 0 && connection.messageTunnel == tunnel;
}
