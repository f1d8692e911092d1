import { addTunnel } from "../http2/session";
import { newTunnel, Tunnel, TunnelState, wantHost } from "../http2/tunnel";
import { MAKE_WAY_MS, MAX_MISSED_SPREADS, MAX_TUNNELS, SPARE_PAUSE_MS } from "../memory/limits";
import { Name } from "../memory/name";
import { OutlierDetection } from "../route/policies/outlier-detection";
import { Cluster } from "../route/table";
import { since_ms, tick_ms } from "./age";
import { Connection, isReceiving, wakeConnection } from "./connection";
import { Count } from "./count";
import { count } from "./listener";
import { judgesHosts } from "./policies/detections";
import { aim, Verdict, verdictOn } from "./policies/ejection";
import { hostChanges, otherHost } from "./policies/hosts";
import { random32 } from "./random";
import { traceTunnel, tracing } from "./trace";

/**
 * Which tunnel a call takes: among those of its cluster the one with the fewest calls in flight, the one that was not used for longest
 * among equals. So the calls of one client connection spread over as many hosts as it has tunnels.
 *
 * More tunnels are opened as calls come: up to `minTunnels` anyway, then where all have `callsPerTunnel` in flight. A tunnel past its age
 * or its number of calls is replaced, because only a new one can lead to a host that is new. Nobody waits for any of this: a tunnel
 * that is being opened takes calls only where no other is open.
 *
 * Envoy picks a host with few tunnels, and counts a tunnel from when it is open until it has ended. Therefore only one tunnel of a
 * cluster is opened or replaced at a time. A successor is opened first, so that it leads to a host without tunnels if there is one. If it
 * leads to a host that the connection reaches already, it is given up, and the old tunnel ends before the next one is opened.
 */
let best: Tunnel | null = null;
let opening: Tunnel | null = null;
/** One whose time is over. */
let expired: Tunnel | null = null;
/** Tunnels of the cluster that take calls, those being opened included. */
let candidates: u32 = 0;
/** One is about to end whose successor is to be opened then. */
let makingWay: bool = false;

/** The tunnel of this connection for a call to `cluster`, opened if need be; null if none may be opened. */
export function tunnelTo(connection: Connection, cluster: Cluster): Tunnel | null {
  const detection = cluster.outlierDetection;
  if (detection) leaveEjected(connection, cluster, detection);
  survey(connection, cluster);
  if (connection.sequential) return onlyTunnel(connection, cluster);
  if (expired && mayGo(connection, cluster)) {
    retireExpired(connection, expired!, cluster);
    survey(connection, cluster);
  }
  if (candidates == 0 || wantsMore(connection, cluster)) {
    const spare = candidates != 0;
    if (!spare || maySpare(connection)) {
      const opened = openForCalls(connection, cluster);
      if (opened) {
        if (spare && candidates <= cluster.minTunnels) spread(connection, opened);
        opening = opened;
      }
    }
  }
  return best || opening;
}

/** As `tunnelTo`, but to another host than `host`; null: there is none, as far as is known. */
export function tunnelBeside(connection: Connection, cluster: Cluster, host: Name): Tunnel | null {
  if (connection.sequential) return null;
  const detection = cluster.outlierDetection;
  if (detection) leaveEjected(connection, cluster, detection);
  let other: Tunnel | null = null;
  let tunnels: u32 = 0;
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (tunnel.cluster == cluster.name && takesCalls(tunnel)) {
      tunnels++;
      if (tunnel.host != host) other = better(other, tunnel);
    }
    tunnel = tunnel.next;
  }
  if (other || tunnels >= cluster.maxTunnels || !maySpare(connection)) return other;
  const opened = openForCalls(connection, cluster);
  // One that is known to be another, where any is.
  const known = opened && !opened.wanted ? otherHost(cluster.name!, host) : null;
  if (opened && known) wantHost(opened, known);
  return opened;
}

/**
 * Where the order of calls counts at the upstream: the one tunnel to the cluster. It is replaced where nothing is under way on it, nor
 * depends on it.
 */
function onlyTunnel(connection: Connection, cluster: Cluster): Tunnel | null {
  const only = best || opening;
  if (only && (only != expired || !isIdle(connection, only))) return only;
  if (only) retireExpired(connection, only, cluster);
  return openForCalls(connection, cluster);
}

/** A new tunnel for calls; null as `openTunnel`. */
function openForCalls(connection: Connection, cluster: Cluster): Tunnel | null {
  const opened = openAged(connection, cluster);
  const detection = cluster.outlierDetection;
  if (opened && detection) aim(connection, opened, detection);
  return opened;
}

/** A new tunnel that is up to an eighth of its age old, so that tunnels do not retire together; null as `openTunnel`. */
export function openAged(connection: Connection, cluster: Cluster): Tunnel | null {
  const opened = openTunnel(connection, cluster.name!, false);
  if (opened) opened.openedAt_ms = tick_ms - (random32() % ((cluster.maxTunnelAge_ms >> 3) + 1));
  return opened;
}

/** Before a call takes a tunnel to the cluster: those of the connection to hosts that have been ejected take none. */
export function leaveEjected(connection: Connection, cluster: Cluster, detection: OutlierDetection): void {
  if (!judgesHosts(detection, cluster.name!) || connection.hostChanges == hostChanges) return;
  connection.hostChanges = hostChanges;
  let tunnel = connection.tunnels;
  while (tunnel) {
    heedHost(connection, tunnel);
    tunnel = tunnel.next;
  }
}

/** What the tunnel's host has become. Where the order of calls counts the tunnel is left when it is idle: it is looked at once a second. */
export function heedHost(connection: Connection, tunnel: Tunnel): void {
  if (!takesCalls(tunnel)) return;
  const verdict = verdictOn(tunnel);
  if (verdict == Verdict.REPLACE) tunnel.expired = true;
  if (verdict != Verdict.LEAVE || (connection.sequential && !isIdle(connection, tunnel))) return;
  retire(connection, tunnel, Count.RETIRED_EJECTED);
}

/** It has come to an ejected host. */
export function giveUpEjected(connection: Connection, tunnel: Tunnel): void {
  retire(connection, tunnel, Count.RETIRED_EJECTED);
  wakeConnection(connection);
}

/** Whether the expired tunnel's successor is there, or is to have its host. */
function mayGo(connection: Connection, cluster: Cluster): bool {
  if (opening || makingWay || candidates == 1) return false;
  return candidates > cluster.minTunnels || connection.missedSpreads != 0;
}

/** The tunnel is to lead to a host that the others do not lead to. */
function spread(connection: Connection, tunnel: Tunnel): void {
  tunnel.spreads = connection.missedSpreads < MAX_MISSED_SPREADS;
  if (!tunnel.spreads) connection.missedSpreads = 0;
}

/**
 * A tunnel that was to spread the calls is open. Envoy draws some hosts and takes the one with the fewest tunnels of all clients: that
 * may be one that this client's calls reach already.
 */
export function checkSpread(connection: Connection, tunnel: Tunnel): void {
  if (!isReached(connection, tunnel)) {
    connection.missedSpreads = 0;
    return;
  }
  connection.missedSpreads++;
  makeWay(connection, tunnel, Count.RETIRED_SAME_HOST);
  wakeConnection(connection);
}

/** Whether another tunnel leads to the same host, and is not to be replaced. */
function isReached(connection: Connection, opened: Tunnel): bool {
  const host = opened.host;
  let tunnel = host ? connection.tunnels : null;
  while (tunnel) {
    const other = tunnel != opened && tunnel.state == TunnelState.OPEN && takesCalls(tunnel);
    if (other && !tunnel.expired && tunnel.host == host && tunnel.cluster == opened.cluster) return true;
    tunnel = tunnel.next;
  }
  return false;
}

/** A call goes on this tunnel. */
export function useTunnel(connection: Connection, tunnel: Tunnel): void {
  tunnel.lastUse = ++connection.uses;
  tunnel.calls++;
  tunnel.usedAt_ms = tick_ms;
  connection.usedAt_ms = tick_ms;
}

function survey(connection: Connection, cluster: Cluster): void {
  best = null;
  opening = null;
  expired = null;
  candidates = 0;
  makingWay = false;
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (tunnel.cluster == cluster.name) consider(tunnel, cluster);
    tunnel = tunnel.next;
  }
}

function consider(tunnel: Tunnel, cluster: Cluster): void {
  if (!takesCalls(tunnel)) {
    if (tunnel.makesWay && since_ms(tunnel.retiredAt_ms) < MAKE_WAY_MS) makingWay = true;
    return;
  }
  candidates++;
  if (tunnel.state != TunnelState.OPEN) opening = better(opening, tunnel);
  else {
    best = better(best, tunnel);
    if (isExpired(tunnel, cluster)) {
      tunnel.expired = true;
      expired = tunnel;
    }
  }
}

export function takesCalls(tunnel: Tunnel): bool {
  return tunnel.state <= TunnelState.OPEN && !tunnel.ended && !tunnel.retiring;
}

export function isExpired(tunnel: Tunnel, cluster: Cluster): bool {
  return (
    tunnel.expired ||
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

function wantsMore(connection: Connection, cluster: Cluster): bool {
  if (opening || makingWay) return false;
  if (candidates < cluster.minTunnels) return true;
  if (expired && candidates <= cluster.minTunnels && !(connection.missedSpreads && candidates > 1)) return true;
  return best!.callCount >= cluster.callsPerTunnel && candidates < cluster.maxTunnels;
}

/** Whether a tunnel may be opened that no call needs: not on a connection that is to end, nor at once after one was refused. */
export function maySpare(connection: Connection): bool {
  return !connection.draining && (!connection.spareRefused || since_ms(connection.spareRefusedAt_ms) >= SPARE_PAUSE_MS);
}

function retireExpired(connection: Connection, tunnel: Tunnel, cluster: Cluster): void {
  const old = since_ms(tunnel.openedAt_ms) >= cluster.maxTunnelAge_ms;
  const worn = cluster.maxTunnelCalls != 0 && tunnel.calls >= cluster.maxTunnelCalls;
  makeWay(connection, tunnel, old ? Count.RETIRED_AGE : worn ? Count.RETIRED_CALLS : Count.RETIRED_READMITTED);
}

function makeWay(connection: Connection, tunnel: Tunnel, reason: Count): void {
  tunnel.makesWay = true;
  tunnel.retiredAt_ms = tick_ms;
  retire(connection, tunnel, reason);
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
    !tunnel.listened &&
    connection.pin != tunnel &&
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
  return isReceiving(connection) && connection.messageTunnel == tunnel;
}
