import { TunnelState } from "../http2/tunnel";
import { asciiOf } from "../memory/ascii";
import { PROBE_CALLS, PROBE_PERIOD_MS } from "../memory/limits";
import { intern, Name } from "../memory/name";
import { since_ms, tick_ms } from "./age";
import { Connection, wakeConnection } from "./connection";
import { endTunnel } from "./end";
import { replyGoingAway } from "./reply";
import { openTunnel } from "./tunnels";

/**
 * The way a connection ends without losing a call: the client is told to make its next calls elsewhere, what it has asked is
 * answered, and when nothing is under way any more the connection is closed (`closeIfDrained`).
 */
export function startDraining(connection: Connection): void {
  if (connection.draining) return;
  connection.draining = true;
  connection.drainingSince_ms = tick_ms;
  replyGoingAway(connection);
  wakeConnection(connection);
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
