import { MAX_BUCKET_ENTRIES } from "../../memory/limits";
import { Name, release, retain } from "../../memory/name";
import { ConsistentHash } from "../../route/policies/consistent-hash";
import { since_ms, tick_ms } from "../age";

/**
 * Which host each bucket of a cluster leads to, as Envoy's hash ring has it: learned from the tunnels that were opened for a bucket, and
 * known to all connections of the VM. What was learned goes stale with time, and when a bucket turns out to lead to another host than
 * before: then hosts have come or gone. It holds all the same until it has been looked at again.
 *
 *     entry: [ host Name u32, 0: not known | round in which it was learned u32 ]
 */
@unmanaged
export class BucketHosts {
  next: BucketHosts | null;
  cluster: Name;
  count: u32;
  /** What was learned in former rounds is stale. A round lasts for so long, unless a bucket is found that has moved. */
  round: u32;
  roundBegan_ms: u32;
  maxAge_ms: u32;
  /** The round began because a host has come or gone. */
  hurried: bool;
  /** Looks at stale entries in this tick. */
  looks: u32;
  looksCounted_ms: u32;
}

const ENTRY_BYTES: usize = 8;
const HEAD_BYTES: usize = offsetof<BucketHosts>();

/** In so many ticks, or a quarter of a round, all that is stale is looked at again, if calls ask for it. */
const TICKS_FOR_ALL: u32 = 8;
const TICK_MS: u32 = 1_000;
/** A host that comes and goes does not begin a round each time. */
const MIN_ROUND_MS: u32 = 5_000;

let first: BucketHosts | null = null;
let entries: u32 = 0;
/** Changes whenever something is forgotten. Never 0. */
let changes: u32 = 1;

function entryOf(hosts: BucketHosts, bucket: u32): usize {
  return changetype<usize>(hosts) + HEAD_BYTES + <usize>bucket * ENTRY_BYTES;
}

/** What is known of the buckets of `cluster`. `maxAge_ms`: what was learned so long ago is stale. */
export function bucketHosts(hash: ConsistentHash, cluster: Name, maxAge_ms: u32): BucketHosts {
  if (hash.hostsIn != changes) {
    hash.hosts = changetype<usize>(lookUp(cluster, hash.buckets));
    hash.hostsIn = changes;
  }
  const hosts = changetype<BucketHosts>(hash.hosts);
  hosts.maxAge_ms = maxAge_ms;
  if (since_ms(hosts.roundBegan_ms) >= maxAge_ms) beginRound(hosts, false);
  return hosts;
}

function lookUp(cluster: Name, count: u32): BucketHosts {
  const hosts = find(cluster);
  if (hosts && hosts.count == count) return hosts;
  if (hosts) forget(hosts);
  return newBucketHosts(cluster, count);
}

function find(cluster: Name): BucketHosts | null {
  let hosts = first;
  while (hosts && hosts.cluster != cluster) hosts = hosts.next;
  return hosts;
}

function newBucketHosts(cluster: Name, count: u32): BucketHosts {
  // More are used only by who has hundreds of such clusters, and is none the worse for it than having to learn again.
  while (first && entries + count > MAX_BUCKET_ENTRIES) forget(first!);
  const bytes = HEAD_BYTES + <usize>count * ENTRY_BYTES;
  const hosts = changetype<BucketHosts>(heap.alloc(bytes));
  memory.fill(changetype<usize>(hosts), 0, bytes);
  hosts.cluster = retain(cluster);
  hosts.count = count;
  hosts.roundBegan_ms = tick_ms;
  hosts.next = first;
  first = hosts;
  entries += count;
  return hosts;
}

function forget(hosts: BucketHosts): void {
  let before: BucketHosts | null = null;
  let other = first;
  while (other && other != hosts) {
    before = other;
    other = other.next;
  }
  if (before) before.next = hosts.next;
  else first = hosts.next;
  for (let bucket: u32 = 0; bucket < hosts.count; bucket++) {
    const host = hostOfBucket(hosts, bucket);
    if (host) release(host);
  }
  entries -= hosts.count;
  changes++;
  release(hosts.cluster);
  heap.free(changetype<usize>(hosts));
}

function beginRound(hosts: BucketHosts, hurried: bool): void {
  hosts.round++;
  hosts.roundBegan_ms = tick_ms;
  hosts.hurried = hurried;
}

/** Null: it is not known. */
export function hostOfBucket(hosts: BucketHosts, bucket: u32): Name | null {
  return changetype<Name | null>(<usize>load<u32>(entryOf(hosts, bucket)));
}

export function isStale(hosts: BucketHosts, bucket: u32): bool {
  return load<u32>(entryOf(hosts, bucket), 4) != hosts.round;
}

/** Whether a stale entry may be looked at again in this tick: it costs Envoy and a host a connection. If so, it is about to be. */
export function mayLookAgain(hosts: BucketHosts): bool {
  if (hosts.looksCounted_ms != tick_ms) {
    hosts.looksCounted_ms = tick_ms;
    hosts.looks = 0;
  }
  const ticks = hosts.hurried ? 1 : max<u32>(min<u32>(hosts.maxAge_ms / (4 * TICK_MS), TICKS_FOR_ALL), 1);
  if (hosts.looks >= (hosts.count + ticks - 1) / ticks) return false;
  hosts.looks++;
  return true;
}

/** A tunnel for the bucket has reached this host. True: it led to another one before. */
export function learnHost(cluster: Name, bucket: u32, host: Name): bool {
  const hosts = find(cluster);
  if (!hosts || bucket >= hosts.count) return false;
  const former = hostOfBucket(hosts, bucket);
  const moved = former != null && former != host;
  if (moved && since_ms(hosts.roundBegan_ms) >= min<u32>(MIN_ROUND_MS, hosts.maxAge_ms / 2)) beginRound(hosts, true);
  const entry = entryOf(hosts, bucket);
  store<u32>(entry, <u32>changetype<usize>(retain(host)));
  store<u32>(entry, hosts.round, 4);
  if (former) release(former);
  return moved;
}
