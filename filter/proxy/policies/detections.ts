import { Name } from "../../memory/name";
import { OutlierDetection } from "../../route/policies/outlier-detection";
import { nameOf, Table } from "../../route/table";
import { ClusterHosts, hostsOf, noteChange, openHosts } from "./hosts";
import { newOutlierCounts } from "./outlier-counts";

/** By what hosts are judged: tables come and go, and what is known of hosts stays. */

/** Whether the cluster's hosts are judged, from now on at least. False: so many clusters are known that these are not. */
export function judgesHosts(detection: OutlierDetection, cluster: Name): bool {
  const known = changetype<ClusterHosts | null>(detection.hosts);
  if (known && known.detection != null) return true;
  const hosts = openHosts(cluster);
  if (!hosts) return false;
  takeUp(detection, hosts);
  return true;
}

function takeUp(detection: OutlierDetection, hosts: ClusterHosts): void {
  detection.hosts = changetype<usize>(hosts);
  hosts.detection = detection;
  if (!hosts.counts) hosts.counts = newOutlierCounts();
  // Tunnels that are there are to be looked at.
  noteChange();
}

/** The table is in force: what it says of clusters holds from now on. */
export function takeUpDetections(table: Table): void {
  let detection = table.firstDetection;
  while (detection) {
    const hosts = hostsOf(nameOf(table, detection.cluster));
    if (hosts) takeUp(detection, hosts);
    detection = detection.next;
  }
}

/** The table goes. What another one says of the same clusters is taken up again with the next call. */
export function letGoDetections(table: Table): void {
  let detection = table.firstDetection;
  while (detection) {
    const hosts = changetype<ClusterHosts | null>(detection.hosts);
    if (hosts && hosts.detection == detection) hosts.detection = null;
    detection = detection.next;
  }
}
