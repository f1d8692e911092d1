import { MAX_TUNNELS } from "../memory/limits";
import { clusterOf, connectionSettings, setOutlierDetection } from "../route/builder";
import { ConsistentHash } from "../route/policies/consistent-hash";
import { OutlierDetection } from "../route/policies/outlier-detection";
import { integer, readInteger } from "./integer";
import {
  enterList,
  enterObject,
  fieldsSeen,
  isField,
  nextElement,
  nextField,
  otherField,
  readString,
  text,
  textBytes,
} from "./json";
import { readConsistentHash } from "./policies/read-consistent-hash";
import { readOutlierDetection } from "./policies/read-outlier-detection";
import { fail, failAt, failAtWith, failed, failMissing } from "./problem";

/** Bits of the fields of ClusterSettings and of ConnectionSettings. */
const NAME: u32 = 0;
const MIN_TUNNELS: u32 = 1;
const MAX_TUNNELS_OF_CLUSTER: u32 = 2;
const CALLS_PER_TUNNEL: u32 = 3;
const MAX_TUNNEL_AGE: u32 = 4;
const MAX_TUNNEL_CALLS: u32 = 5;
const OUTLIER_DETECTION: u32 = 6;
const CONSISTENT_HASH: u32 = 7;
const MAX_AGE: u32 = 0;
const IDLE_TIMEOUT: u32 = 1;
const TUNNEL_IDLE_TIMEOUT: u32 = 2;

export function readClusters(): void {
  if (!enterList()) return;
  for (let count: u32 = 0; nextElement(count); count++) readCluster();
}

/** A field that is 0 is as good as absent: its default holds. */
function readCluster(): bool {
  if (!enterObject()) return false;
  let name: usize = 0;
  let nameLength: u32 = 0;
  let minTunnels: u32 = 0;
  let maxTunnels: u32 = 0;
  let callsPerTunnel: u32 = 0;
  let maxTunnelAge_ms: u32 = 0;
  let maxTunnelCalls: u32 = 0;
  let consistentHash: ConsistentHash | null = null;
  let detection: OutlierDetection | null = null;
  while (nextField()) {
    if (isField("name", NAME)) {
      if (readString() && textBytes == 0) fail("must not be empty");
      name = text;
      nameLength = textBytes;
    } else if (isField("min_tunnels", MIN_TUNNELS)) {
      minTunnels = readNumber(MAX_TUNNELS);
    } else if (isField("max_tunnels", MAX_TUNNELS_OF_CLUSTER)) {
      maxTunnels = readNumber(MAX_TUNNELS);
    } else if (isField("calls_per_tunnel", CALLS_PER_TUNNEL)) {
      callsPerTunnel = readNumber(u32.MAX_VALUE);
    } else if (isField("max_tunnel_age_ms", MAX_TUNNEL_AGE)) {
      maxTunnelAge_ms = readNumber(u32.MAX_VALUE);
    } else if (isField("max_tunnel_calls", MAX_TUNNEL_CALLS)) {
      maxTunnelCalls = readNumber(u32.MAX_VALUE);
    } else if (isField("consistent_hash", CONSISTENT_HASH)) {
      consistentHash = readConsistentHash();
    } else if (isField("outlier_detection", OUTLIER_DETECTION)) {
      detection = readOutlierDetection();
    } else {
      otherField();
    }
  }
  if (failed) return false;
  if (!(fieldsSeen & (1 << NAME))) return failMissing("name");
  if (maxTunnels && maxTunnels < minTunnels) return failAt("max_tunnels", "must not be less than min_tunnels");
  const cluster = clusterOf(name, nameLength);
  if (cluster.configured) return failAtWith("name", "the cluster has settings already", name, nameLength);
  cluster.configured = true;
  if (minTunnels) cluster.minTunnels = minTunnels;
  cluster.maxTunnels = maxTunnels ? maxTunnels : max(cluster.maxTunnels, cluster.minTunnels);
  if (callsPerTunnel) cluster.callsPerTunnel = callsPerTunnel;
  if (maxTunnelAge_ms) cluster.maxTunnelAge_ms = maxTunnelAge_ms;
  cluster.maxTunnelCalls = maxTunnelCalls;
  cluster.consistentHash = consistentHash;
  if (detection) setOutlierDetection(cluster, detection);
  return true;
}

export function readConnection(): void {
  if (!enterObject()) return;
  const settings = connectionSettings();
  while (nextField()) {
    if (isField("max_age_ms", MAX_AGE)) {
      settings.maxAge_ms = readNumber(u32.MAX_VALUE);
    } else if (isField("idle_timeout_ms", IDLE_TIMEOUT)) {
      settings.idleTimeout_ms = readNumber(u32.MAX_VALUE);
    } else if (isField("tunnel_idle_timeout_ms", TUNNEL_IDLE_TIMEOUT)) {
      const timeout_ms = readNumber(u32.MAX_VALUE);
      if (timeout_ms) settings.tunnelIdleTimeout_ms = timeout_ms;
    } else {
      otherField();
    }
  }
}

/** An integer from 0; 0 too where it is refused. */
function readNumber(highest: u32): u32 {
  return readInteger(0, highest) ? <u32>integer : 0;
}
