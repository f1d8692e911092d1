import { asciiOf } from "../memory/ascii";
import { PROBE_CALLS, PROBE_PERIOD_MS } from "../memory/limits";
import { intern, Name } from "../memory/name";
import { since_ms, tick_ms } from "./age";
import { Connection, wakeConnection } from "./connection";
import { openTunnel } from "./tunnels";

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
  if (openTunnel(connection, probe, true)) wakeConnection(connection);
}
