import { KNOWN_HOST_MS, MAX_KNOWN_CLUSTERS, MAX_KNOWN_HOSTS } from "../../memory/limits";
import { Name, release, retain } from "../../memory/name";
import { OutlierDetection } from "../../route/policies/outlier-detection";
import { since_ms, tick_ms } from "../age";
import { random32 } from "../random";
import { forgetEjectedTold, tellOutlierCounts } from "./outlier-counts";

/** A host that tunnels of this VM lead to, or have led to not long ago. */
@unmanaged
export class Host {
  next: Host | null;
  cluster: ClusterHosts;
  name: Name;
  /** When a tunnel was last there. */
  seen_ms: u32;
  /** Envoy did not lead there when it was asked to, or no tunnel has for long: it is known no more. */
  missing: bool;

  /** How its calls ended (outlier-detection.ts): errors in a row; and all since `since_ms`, and the errors among them. */
  consecutive: u32;
  calls: u32;
  errors: u32;
  since_ms: u32;
  /** It gets no calls until `until_ms`. */
  ejected: bool;
  until_ms: u32;
  /** How often it was, less one for each interval since in which it was not; when that was last reckoned. */
  ejections: u32;
  reckoned_ms: u32;
}

/** The hosts of a cluster. */
@unmanaged
export class ClusterHosts {
  next: ClusterHosts | null;
  cluster: Name;
  first: Host | null;
  /** Those that are not missing, and those that are ejected. */
  known: u32;
  ejected: u32;
  /** How often one was let in again. */
  readmissions: u32;
  /** By what they are judged; null: they are not. It is of a table in force. */
  detection: OutlierDetection | null;
  /** Counts of ejections, by their reasons and how they ended, and of hosts that are ejected (outlier-counts.ts). */
  counts: usize;
}

/** Changes with each host that is ejected or comes back, and with what is asked of hosts: connections look at their tunnels then. */
export let hostChanges: u32 = 0;

export function noteChange(): void {
  hostChanges++;
}

let firstCluster: ClusterHosts | null = null;
let clusterCount: u32 = 0;
let hostCount: u32 = 0;
let freeHost: Host | null = null;

export function firstClusterHosts(): ClusterHosts | null {
  return firstCluster;
}

/** Null: no host of it is known. */
export function hostsOf(cluster: Name): ClusterHosts | null {
  let hosts = firstCluster;
  while (hosts && hosts.cluster != cluster) hosts = hosts.next;
  return hosts;
}

/** The same, made if there is none; null: there are too many. */
export function openHosts(cluster: Name): ClusterHosts | null {
  const known = hostsOf(cluster);
  if (known || clusterCount >= MAX_KNOWN_CLUSTERS) return known;
  const hosts = changetype<ClusterHosts>(heap.alloc(offsetof<ClusterHosts>()));
  memory.fill(changetype<usize>(hosts), 0, offsetof<ClusterHosts>());
  hosts.cluster = retain(cluster);
  hosts.next = firstCluster;
  firstCluster = hosts;
  clusterCount++;
  return hosts;
}

/** A tunnel is there. Null: too many hosts are known. */
export function seeHost(hosts: ClusterHosts, name: Name): Host | null {
  let host = findHost(hosts, name);
  if (!host) {
    if (hostCount >= MAX_KNOWN_HOSTS) return null;
    host = freeHost;
    if (host) freeHost = host.next;
    else host = changetype<Host>(heap.alloc(offsetof<Host>()));
    memory.fill(changetype<usize>(host), 0, offsetof<Host>());
    host.cluster = hosts;
    host.name = retain(name);
    host.next = hosts.first;
    hosts.first = host;
    hosts.known++;
    hostCount++;
  } else if (host.missing) {
    host.missing = false;
    hosts.known++;
  }
  host.seen_ms = tick_ms;
  return host;
}

/** Envoy has led another way. */
export function missHost(hosts: ClusterHosts, name: Name): void {
  const host = findHost(hosts, name);
  if (host) noteMissing(host);
}

function noteMissing(host: Host): void {
  if (host.missing) return;
  host.missing = true;
  host.cluster.known--;
}

function findHost(hosts: ClusterHosts, name: Name): Host | null {
  let host = hosts.first;
  while (host && host.name != name) host = host.next;
  return host;
}

/** Whether calls may go there. */
export function isGood(host: Host): bool {
  return !host.ejected && !host.missing;
}

/** Whether the host of this name is one of them, and ejected. */
export function isEjected(hosts: ClusterHosts, name: Name): bool {
  let host = hosts.first;
  while (host && host.name != name) host = host.next;
  return host ? host.ejected : false;
}

/** One of the cluster's hosts that are known and not ejected, by chance, but not this one; null: there is none. */
export function otherHost(cluster: Name, but: Name | null): Name | null {
  const hosts = hostsOf(cluster);
  if (!hosts) return null;
  let chosen: Name | null = null;
  let among: u32 = 0;
  let host = hosts.first;
  while (host) {
    // Each of those that were seen so far is the chosen one with the same probability.
    if (isGood(host) && host.name != but && random32() % ++among == 0) chosen = host.name;
    host = host.next;
  }
  return chosen;
}

/** Once a second, when the tunnels have said where they are: what was not seen for long is forgotten. */
export function forgetHosts(hosts: ClusterHosts): void {
  let before: Host | null = null;
  let host = hosts.first;
  while (host) {
    const next = host.next;
    if (since_ms(host.seen_ms) < KNOWN_HOST_MS || host.ejected) before = host;
    else {
      noteMissing(host);
      // Tunnels hold on to the name.
      if (host.name.references > 1) before = host;
      else {
        if (before) before.next = next;
        else hosts.first = next;
        release(host.name);
        host.next = freeHost;
        freeHost = host;
        hostCount--;
      }
    }
    host = next;
  }
}

/** Tells the host what has changed since the last time. */
export function tellHosts(): void {
  let hosts = firstCluster;
  while (hosts) {
    if (hosts.counts) tellOutlierCounts(hosts.counts, hosts.cluster, hosts.ejected);
    hosts = hosts.next;
  }
}

export function forgetHostsTold(): void {
  let hosts = firstCluster;
  while (hosts) {
    if (hosts.counts) forgetEjectedTold(hosts.counts);
    hosts = hosts.next;
  }
}
