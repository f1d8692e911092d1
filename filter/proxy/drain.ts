import { Tunnel, TunnelState } from "../http2/tunnel";
import { asciiOf } from "../memory/ascii";
import { DRAIN_NOTICE_MS, PROBE_CALLS, PROBE_PERIOD_MS } from "../memory/limits";
import { intern, Name } from "../memory/name";
import { since_ms, tick_ms } from "./age";
import { Connection, isQuiet, wakeConnection } from "./connection";
import { endTunnel } from "./end";
import { replyGoingAway } from "./reply";
import { openTunnel } from "./tunnels";

/**
 * The way a connection ends without losing a call: the client is told to make its next calls elsewhere, what it asks until it has
 * heard that is answered, and when nothing is under way any more the connection is closed.
 */
export function startDraining(connection: Connection): void {
  if (connection.draining) return;
  connection.draining = true;
  connection.drainingSince_ms = tick_ms;
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
      endTunnel(connection, tunnel);
    }
    tunnel = next;
  }
  if (connection.unopenedStream > lastStream) connection.unopenedStream = connection.nextStream;
}

/**
 * HCM tells of a drain only when it answers a request, and a tunnel is one request for many calls. So one that nobody answers is
 * asked now and then: a CONNECT to a cluster that no mesh has.
 */
const probeName: usize = asciiOf("meltemi-drain-probe");
const PROBE_NAME_BYTES: u32 = 19;
let probe: Name = changetype<Name>(0);

/** Opens the probe if it is due: where nothing was called since the last one, nothing can be lost by not knowing. */
export function probeDrain(connection: Connection): void {
  if (connection.draining || connection.uses == connection.probedUses) return;
  if (connection.uses - connection.probedUses < PROBE_CALLS && since_ms(connection.probedAt_ms) < PROBE_PERIOD_MS)
    return;
  connection.probedUses = connection.uses;
  connection.probedAt_ms = tick_ms;
  if (!changetype<usize>(probe)) probe = intern(probeName, PROBE_NAME_BYTES);
  if (openTunnel(connection, probe)) wakeConnection(connection);
}

/** A refused probe says nothing of any upstream. */
export function isProbe(tunnel: Tunnel): bool {
  return tunnel.cluster == probe;
}
