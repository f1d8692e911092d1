import { Tunnel, TunnelState, wantHost } from "../../http2/tunnel";
import { MAX_EJECTED_ARRIVALS } from "../../memory/limits";
import { Name } from "../../memory/name";
import { OutlierDetection } from "../../route/policies/outlier-detection";
import { tick_ms } from "../age";
import { Connection } from "../connection";
import { random32 } from "../random";
import { ClusterHosts, Host, hostsOf, isGood, missHost, openHosts, seeHost } from "./hosts";
import { addOutlierCount, OutlierCount } from "./outlier-counts";

/**
 * What the ejection of hosts means to tunnels. Envoy knows nothing of it, so a new tunnel names a host that is known to be good; where
 * none is, or Envoy does not take it, the balancer decides, and a tunnel that leads to an ejected host is given up, a few times. After that
 * there may be no other host: the tunnel is used all the same.
 */

/** What is to become of a tunnel by its host. */
export enum Verdict {
  STAY,
  /** Its host is ejected. */
  LEAVE,
  /** It leads where it does because another host was ejected, which is not any more. */
  REPLACE,
}

/** The tunnel is about to be opened for calls, to a cluster whose hosts are judged: it is to lead to a good one. */
export function aim(connection: Connection, tunnel: Tunnel, detection: OutlierDetection): void {
  const hosts = changetype<ClusterHosts>(detection.hosts);
  if (!detection.hosts || !hosts.ejected) return;
  tunnel.standsIn = true;
  tunnel.readmissions = hosts.readmissions;
  const host = goodHost(connection, hosts, true) || goodHost(connection, hosts, false);
  if (host) wantHost(tunnel, host);
}

/** One by chance; `unreached`: no other tunnel of the connection leads there. */
function goodHost(connection: Connection, hosts: ClusterHosts, unreached: bool): Name | null {
  let chosen: Name | null = null;
  let among: u32 = 0;
  let host = hosts.first;
  while (host) {
    const fits = isGood(host) && !(unreached && isReached(connection, hosts.cluster, host.name));
    // Each of those that were seen so far is the chosen one with the same probability.
    if (fits && random32() % ++among == 0) chosen = host.name;
    host = host.next;
  }
  return chosen;
}

function isReached(connection: Connection, cluster: Name, host: Name): bool {
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (tunnel.cluster == cluster && !tunnel.ended && !tunnel.retiring) {
      if (tunnel.host == host || (!tunnel.host && tunnel.wanted == host)) return true;
    }
    tunnel = tunnel.next;
  }
  return false;
}

/** The tunnel is open. False: its host is ejected, and there may be another. */
export function arrive(connection: Connection, tunnel: Tunnel): bool {
  const name = tunnel.host;
  const hosts = name ? openHosts(tunnel.cluster) : null;
  if (!name || !hosts) return true;
  const wanted = tunnel.wanted;
  if (wanted && wanted != name) missHost(hosts, wanted);
  const host = seeHost(hosts, name);
  if (!host || !hosts.detection) return true;
  tunnel.at = changetype<usize>(host);
  if (!host.ejected) {
    connection.ejectedArrivals = 0;
    return true;
  }
  if (++connection.ejectedArrivals <= MAX_EJECTED_ARRIVALS) return false;
  connection.ejectedArrivals = 0;
  tunnel.tolerated = true;
  addOutlierCount(hosts.counts, OutlierCount.PANICS);
  return true;
}

export function verdictOn(tunnel: Tunnel): Verdict {
  const host = hostOf(tunnel);
  if (!host) return Verdict.STAY;
  host.seen_ms = tick_ms;
  if (host.ejected) return tunnel.tolerated ? Verdict.STAY : Verdict.LEAVE;
  tunnel.tolerated = false;
  return tunnel.standsIn && tunnel.readmissions != host.cluster.readmissions ? Verdict.REPLACE : Verdict.STAY;
}

/** Where the tunnel leads; one that was open before hosts of its cluster were judged learns it here. */
function hostOf(tunnel: Tunnel): Host | null {
  if (tunnel.at) return changetype<Host>(tunnel.at);
  const name = tunnel.host;
  if (!name || tunnel.state != TunnelState.OPEN) return null;
  const hosts = hostsOf(tunnel.cluster);
  if (hosts == null || hosts.detection == null) return null;
  const host = seeHost(hosts, name);
  tunnel.at = changetype<usize>(host);
  return host;
}
