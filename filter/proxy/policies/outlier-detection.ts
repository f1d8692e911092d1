import { message } from "../../codec/message";
import { LogLevel, logBytes } from "../../host/log";
import { Tunnel } from "../../http2/tunnel";
import { writeAscii, writeDecimal } from "../../memory/ascii";
import { Name, nameBytes } from "../../memory/name";
import { isErrorStatus, OutlierDetection } from "../../route/policies/outlier-detection";
import { since_ms, tick_ms } from "../age";
import { Connection } from "../connection";
import { traceTunnelReason, tracing } from "../trace";
import { firstClusterHosts, forgetHosts, Host, noteChange } from "./hosts";
import { addOutlierCount, OutlierCount } from "./outlier-counts";

/**
 * Hosts are judged by how their calls end, which Envoy does not see: errors in a row, and the share of errors in an interval. One that
 * fails too much is ejected: its tunnels take no more calls (tunnels.ts), and new ones are to lead elsewhere (ejection.ts). It comes back when
 * its time is over. Each VM judges by what it has seen itself.
 */

/** The answer in `message` has come by a tunnel whose host is judged. */
export function noteAnswer(connection: Connection, tunnel: Tunnel): void {
  const host = changetype<Host>(tunnel.at);
  const detection = host.cluster.detection;
  if (detection) judge(connection, tunnel, host, detection, isErrorStatus(detection, message.status, message.ok));
}

/** A call has had no answer from a host that is judged: in time, or before its connection ended. */
export function noteFault(connection: Connection, tunnel: Tunnel): void {
  const host = changetype<Host>(tunnel.at);
  const detection = host.cluster.detection;
  if (detection) judge(connection, tunnel, host, detection, true);
}

function judge(connection: Connection, tunnel: Tunnel, host: Host, detection: OutlierDetection, error: bool): void {
  if (host.ejected) return;
  if (since_ms(host.since_ms) >= detection.interval_ms) {
    host.since_ms = tick_ms;
    host.calls = 0;
    host.errors = 0;
  }
  host.calls++;
  if (!error) {
    host.consecutive = 0;
    return;
  }
  host.errors++;
  host.consecutive++;
  if (detection.consecutiveErrors && host.consecutive >= detection.consecutiveErrors) {
    eject(connection, tunnel, host, detection, OutlierCount.CONSECUTIVE_ERRORS);
  } else if (
    detection.errorPercentage &&
    host.calls >= detection.minimumCalls &&
    <u64>host.errors * 100 >= <u64>host.calls * detection.errorPercentage
  ) {
    eject(connection, tunnel, host, detection, OutlierCount.ERROR_PERCENTAGE);
  }
}

function eject(
  connection: Connection,
  tunnel: Tunnel,
  host: Host,
  detection: OutlierDetection,
  why: OutlierCount,
): void {
  const hosts = host.cluster;
  const allowed = max<u32>(<u32>((<u64>hosts.known * detection.maxEjectionPercent) / 100), 1);
  const enforced = hosts.ejected < allowed;
  addOutlierCount(hosts.counts, enforced ? why : OutlierCount.NOT_ENFORCED);
  forgive(host);
  if (!enforced) {
    if (tracing) traceTunnelReason(connection.traceId, "host_spared", tunnel, reasonOf(why));
    return;
  }
  if (tracing) traceTunnelReason(connection.traceId, "host_ejected", tunnel, reasonOf(why));
  host.ejected = true;
  hosts.ejected++;
  host.ejections++;
  const time_ms = <u32>min<u64>(<u64>detection.baseEjectionTime_ms * host.ejections, detection.maxEjectionTime_ms);
  host.until_ms = tick_ms + time_ms;
  noteChange();
  log(host, "ejected, ", why == OutlierCount.CONSECUTIVE_ERRORS ? "errors in a row" : "share of errors", time_ms);
}

function reasonOf(why: OutlierCount): string {
  return why == OutlierCount.CONSECUTIVE_ERRORS ? "consecutive_errors" : "error_percentage";
}

/** All that is held against it. */
function forgive(host: Host): void {
  host.consecutive = 0;
  host.calls = 0;
  host.errors = 0;
  host.since_ms = tick_ms;
}

/** Once a second, when the tunnels have said where they are. */
export function sweepHosts(): void {
  let hosts = firstClusterHosts();
  while (hosts) {
    const detection = hosts.detection;
    let host = hosts.first;
    while (host) {
      reckon(host, detection);
      host = host.next;
    }
    forgetHosts(hosts);
    hosts = hosts.next;
  }
}

/** What time does to a host. */
function reckon(host: Host, detection: OutlierDetection | null): void {
  if (host.ejected) {
    if (!detection || <i32>(tick_ms - host.until_ms) >= 0) readmit(host);
  } else if (host.ejections && (!detection || since_ms(host.reckoned_ms) >= detection.interval_ms)) {
    host.ejections--;
    host.reckoned_ms = tick_ms;
  }
}

function readmit(host: Host): void {
  const hosts = host.cluster;
  host.ejected = false;
  host.reckoned_ms = tick_ms;
  forgive(host);
  hosts.ejected--;
  hosts.readmissions++;
  addOutlierCount(hosts.counts, OutlierCount.UNEJECTIONS);
  noteChange();
  log(host, "gets calls again", "", 0);
}

const line: usize = memory.data(1024);
const MAX_LOGGED_BYTES: u32 = 256;

/** Rare, and what who looks for the reason of a shift in load wants to know. */
function log(host: Host, what: string, why: string, time_ms: u32): void {
  let out = writeName(writeAscii(line, "meltemi: host "), host.name);
  out = writeName(writeAscii(out, " of cluster "), host.cluster.cluster);
  out = writeAscii(writeAscii(writeAscii(out, ": "), what), why);
  if (time_ms) out = writeAscii(writeDecimal(writeAscii(out, ", for "), time_ms), " ms");
  logBytes(LogLevel.INFO, line, <u32>(out - line));
}

function writeName(out: usize, name: Name): usize {
  const length = min<u32>(name.length, MAX_LOGGED_BYTES);
  memory.copy(out, nameBytes(name), length);
  return out + length;
}
