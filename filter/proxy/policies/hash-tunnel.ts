import { Tunnel, TunnelState } from "../../http2/tunnel";
import { MAX_LOOKING_BY_HASH, MAX_OPENING_BY_HASH } from "../../memory/limits";
import { Name } from "../../memory/name";
import { bucketOf, ConsistentHash } from "../../route/policies/consistent-hash";
import { Cluster } from "../../route/table";
import { Connection, wakeConnection } from "../connection";
import { Count } from "../count";
import { count } from "../listener";
import { random32 } from "../random";
import { isExpired, leaveEjected, maySpare, openAged, retire, takesCalls, tunnelBeside, tunnelTo } from "../tunnels";
import { BucketHosts, bucketHosts, hostOfBucket, isStale, learnHost, mayLookAgain } from "./bucket-hosts";
import { ClusterHosts, hostsOf, isEjected } from "./hosts";

/**
 * Which tunnel a call takes whose cluster has a consistent hash. Its value is in a bucket, the bucket is in a header of the CONNECT, and by
 * that header Envoy's RING_HASH or MAGLEV picks the host: so equal values reach one host from every connection, worker and Envoy. Buckets
 * that lead to one host share a tunnel to it. What a bucket leads to is looked at again from time to time (`BucketHosts`), by a tunnel that
 * no call waits for: one whose host is reached already is given up.
 */
/** Buckets that are looked at for one whose host is good; and how far apart they are, a prime. */
const MAX_STAND_INS: u32 = 32;
const STAND_IN_STRIDE: u64 = 2_654_435_761;

let found: Tunnel | null = null;
let opening: Tunnel | null = null;
let openings: u32 = 0;

/** With null from `tunnelFor`: the call has to wait until one of the tunnels that are being opened is there. */
export let mustWait: bool = false;

/**
 * The tunnel of this connection for the call in the attribute slots, to another host than `tried`, if that is not null and there is one. Null if
 * it has to wait (`mustWait`), or none may be opened.
 */
export function tunnelFor(connection: Connection, cluster: Cluster, tried: Name | null): Tunnel | null {
  mustWait = false;
  const hash = cluster.consistentHash;
  // Where the order of calls counts they take one tunnel, whatever is in them.
  if (hash && !connection.sequential) return tunnelByHash(connection, cluster, hash, tried);
  const other = tried ? tunnelBeside(connection, cluster, tried) : null;
  return other || tunnelTo(connection, cluster);
}

function tunnelByHash(
  connection: Connection,
  cluster: Cluster,
  hash: ConsistentHash,
  tried: Name | null,
): Tunnel | null {
  const name = cluster.name!;
  const detection = cluster.outlierDetection;
  if (detection) leaveEjected(connection, cluster, detection);
  const hosts = bucketHosts(hash, name, cluster.maxTunnelAge_ms);
  const bucket = fitBucket(hosts, bucketOf(hash, random32()), detection ? ejectingHosts(name) : null, tried);
  const host = hostOfBucket(hosts, bucket);
  const stale = isStale(hosts, bucket);
  survey(connection, name, bucket, host, hosts);
  const known = found;
  if (known) {
    if (isExpired(known, cluster)) known.expired = true;
    const mayLook = !opening && openings < MAX_LOOKING_BY_HASH && maySpare(connection);
    if ((stale || known.expired) && mayLook && mayLookAgain(hosts)) {
      openForBucket(connection, cluster, bucket);
    }
    return known;
  }
  if (opening) return opening;
  mustWait = openings >= MAX_OPENING_BY_HASH;
  return mustWait ? null : openForBucket(connection, cluster, bucket);
}

/** The cluster's hosts, if some of them are ejected. */
function ejectingHosts(cluster: Name): ClusterHosts | null {
  const judged = hostsOf(cluster);
  if (!judged) return null;
  return judged.ejected ? judged : null;
}

/**
 * The bucket by which a call goes whose own is `bucket`: that one, unless its host is ejected or has been tried. Then it is the next of a row that
 * is the same everywhere, so that its values have one host again.
 */
function fitBucket(hosts: BucketHosts, bucket: u32, ejecting: ClusterHosts | null, tried: Name | null): u32 {
  if (!ejecting && !tried) return bucket;
  for (let step: u32 = 0; step < MAX_STAND_INS; step++) {
    const other = <u32>((<u64>bucket + <u64>step * STAND_IN_STRIDE) % hosts.count);
    const host = hostOfBucket(hosts, other);
    if (!host || (host != tried && !(ejecting && isEjected(ejecting, host)))) return other;
  }
  return bucket;
}

function survey(connection: Connection, cluster: Name, bucket: u32, host: Name | null, hosts: BucketHosts): void {
  found = null;
  opening = null;
  openings = 0;
  let tunnel = connection.tunnels;
  while (tunnel) {
    if (tunnel.cluster == cluster && tunnel.bucket && takesCalls(tunnel)) consider(tunnel, bucket, host, hosts);
    tunnel = tunnel.next;
  }
}

/** The newest ones come first. */
function consider(tunnel: Tunnel, bucket: u32, host: Name | null, hosts: BucketHosts): void {
  if (tunnel.state == TunnelState.OPEN) {
    if (!found && host && tunnel.host == host) found = tunnel;
    return;
  }
  openings++;
  if (!opening && leadsThere(tunnel, bucket, host, hosts)) opening = tunnel;
}

/** Whether a tunnel that is being opened will reach what the bucket leads to, as far as is known. */
function leadsThere(tunnel: Tunnel, bucket: u32, host: Name | null, hosts: BucketHosts): bool {
  const other = tunnel.bucket - 1;
  if (other == bucket) return true;
  return host != null && other < hosts.count && hostOfBucket(hosts, other) == host && !isStale(hosts, bucket);
}

function openForBucket(connection: Connection, cluster: Cluster, bucket: u32): Tunnel | null {
  // By chance up to an eighth of its age old, as all tunnels are. No other host is named for it: the bucket alone says where it leads.
  const opened = openAged(connection, cluster);
  if (opened) opened.bucket = bucket + 1;
  return opened;
}

/** A tunnel that was opened for a bucket is there. */
export function noteBucketHost(connection: Connection, tunnel: Tunnel): void {
  const host = tunnel.host;
  if (host && learnHost(tunnel.cluster, tunnel.bucket - 1, host)) count(connection.listener, Count.BUCKETS_MOVED);
  // Calls may wait for a tunnel to be there.
  if (connection.blocked) wakeConnection(connection);
}

/** Of two tunnels for buckets that lead to one host the connection keeps one, the former if it is not too old. */
export function keepOneToHost(connection: Connection, tunnel: Tunnel): void {
  const host = tunnel.host;
  if (!host) return;
  let other = connection.tunnels;
  while (other) {
    const same =
      other != tunnel && other.state == TunnelState.OPEN && other.cluster == tunnel.cluster && other.host == host;
    if (same && other.bucket && takesCalls(other)) {
      if (other.expired) retire(connection, other, Count.RETIRED_AGE);
      else if (!tunnel.retiring) retire(connection, tunnel, Count.RETIRED_SAME_HOST);
      wakeConnection(connection);
    }
    other = other.next;
  }
}
