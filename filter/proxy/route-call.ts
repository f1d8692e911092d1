import { nextKey } from "../codec/codec";
import { Kind, message } from "../codec/message";
import { reasonText } from "../codec/reason";
import { ReplyCode } from "../codec/reply";
import { Tunnel, TunnelState } from "../http2/tunnel";
import { DRAIN_GRACE_MS, MAX_CALLS_PER_CONNECTION } from "../memory/limits";
import { Name } from "../memory/name";
import { find, hostOf } from "../route/find";
import { Retry } from "../route/policies/retry";
import { Policy } from "../route/policy";
import { Cluster, demandOf, nameOf, Route, Table, VirtualHost } from "../route/table";
import { since_ms } from "./age";
import { addCall, awaitChange, takeOldestCall } from "./call";
import { Call } from "./call-in-flight";
import { Connection } from "./connection";
import { Count } from "./count";
import { hostByAddress } from "./dialled";
import { isWhole } from "./hold";
import { freeKept, keepMessage } from "./kept-call";
import { Lead } from "./lead";
import { count } from "./listener";
import { admit } from "./policies/admit";
import { findPlace, takePlaces } from "./policies/circuit-breaker";
import { certainlyLeadsTo, destinationOf, isSticky } from "./policies/destination";
import { mustWait, tunnelFor } from "./policies/hash-tunnel";
import { mirror } from "./policies/mirror";
import { answerRules, Change, changeCall } from "./policies/mutation";
import { follow } from "./policies/retry";
import { prepare } from "./prepare";
import { readTime_us } from "./read";
import {
  addBytes,
  addName,
  addText,
  beginText,
  callerOfMessage,
  orderAnswers,
  replyError,
  replyNotFound,
} from "./reply";
import { resumed } from "./resumed";
import { countCall, Series, STATUS_ONE_WAY, STATUS_UNANSWERED, seriesOfMessage, takesSample } from "./series";
import { beginSplices } from "./splices";
import { limitTime } from "./time-limit";
import { traceCall, traceReason, tracing } from "./trace";
import { useTunnel } from "./tunnels";

/** Where the call in `message` goes, after Lead.READY. */
export let leadHost: VirtualHost = changetype<VirtualHost>(0);
export let leadRoute: Route = changetype<Route>(0);
export let leadTunnel: Tunnel = changetype<Tunnel>(0);

export function routeCall(connection: Connection, table: Table): bool {
  const lead = leadCall(connection, table);
  if (lead == Lead.READY) {
    const call = sendCall(connection, leadTunnel, nameOf(table, leadHost), leadRoute, true);
    const policy = leadRoute.policy;
    if (policy && noteChange(policy, call)) beginSplices(connection);
    mirrorCall(connection, table, leadRoute);
  }
  return lead != Lead.LATER;
}

/** Finds the tunnel that the call in `message` is to take. */
export function leadCall(connection: Connection, table: Table): Lead {
  const host = hostOf(table, message) || dialledHost(connection, table);
  const route = host ? find(host) : null;
  const oneWay = message.kind == Kind.ONE_WAY;
  if (!route || !host) {
    if (tracing) traceCall(connection.traceId, null, null, null);
    if (oneWay) countDropped(connection, ReplyCode.NOT_FOUND);
    else replyNotFound(connection, host ? nameOf(table, host) : null);
    return Lead.REFUSED;
  }
  if (connection.sendWindow <= 0) return Lead.LATER;
  if (message.ordered) orderAnswers(connection);
  if (message.sequential) connection.sequential = true;
  // Whose turn it is must be known of each call, so none is forgotten: the next one waits for an answer.
  if (connection.ordered && (isFull(connection) || mustFollow(connection))) return Lead.LATER;
  const policy = route.policy;
  if (policy) {
    const lead = admit(connection, policy, nameOf(table, host));
    if (lead != Lead.READY) return lead;
    const breaker = policy.circuitBreaker;
    // Each time: while the call waited others may have taken the places. One that was sent before is not judged again.
    const place = breaker && !isRetry() ? findPlace(connection, table, breaker) : Lead.READY;
    if (place != Lead.READY) return place;
    if (policy.keptBytes && !isWhole(connection, policy.keptBytes)) return Lead.LATER;
  }
  const cluster = destinationOf(route);
  const clusterName = nameOf(table, cluster);
  if (message.several && !allLead(connection, table, host, route, cluster)) {
    if (tracing) traceCall(connection.traceId, route, null, null);
    refuseApart(connection);
    return Lead.REFUSED;
  }
  if (policy) {
    const change = leadChanged(connection, table, policy);
    if (change == Lead.REFUSED && tracing) traceCall(connection.traceId, route, clusterName, null);
    if (change != Lead.READY) return change;
  }
  let tunnel: Tunnel | null = null;
  if (!refusesCalls(connection)) {
    tunnel = pickTunnel(connection, cluster);
    if (!tunnel && mustWait) return Lead.LATER;
  }
  if (!tunnel) {
    if (tracing) traceCall(connection.traceId, route, clusterName, null);
    if (oneWay) countDropped(connection, ReplyCode.OVERLOADED);
    else refuseOverload(connection, clusterName);
    return Lead.REFUSED;
  }
  if (tunnel.sendWindow <= 0) return Lead.LATER;
  if (tunnel.settled != connection.settledSerial) return prepare(connection, tunnel) ? Lead.REFUSED : Lead.LATER;
  // An answer that is to be changed must be known as one.
  if (tunnel.changing && isFull(connection)) return Lead.LATER;
  leadHost = host;
  leadRoute = route;
  leadTunnel = tunnel;
  return Lead.READY;
}

/** Whether a call that the client has made before waits to be sent once more: the upstream is to see it first. */
function mustFollow(connection: Connection): bool {
  const first = connection.firstWaiting;
  return first && !resumed ? first.awaited : false;
}

/** What the route changes in the call is decided before it is sent. */
function leadChanged(connection: Connection, table: Table, policy: Policy): Lead {
  const mutations = policy.mutations;
  if (!mutations) return Lead.READY;
  const change = changeCall(connection, table, mutations);
  if (change == Change.LATER || (change == Change.READY && answerRules && isFull(connection))) return Lead.LATER;
  return change == Change.READY ? Lead.READY : Lead.REFUSED;
}

/** The call, which may be one that is not remembered, is sent: as `changeCall` has it, if this is true. */
export function noteChange(policy: Policy, call: Call | null): bool {
  if (!policy.mutations) return false;
  const rules = answerRules;
  if (call && rules) awaitChange(call, rules);
  return true;
}

/** Whether all that the call speaks of leads to the cluster that the first does. */
function allLead(connection: Connection, table: Table, host: VirtualHost, route: Route, cluster: Cluster): bool {
  const demand = demandOf(table, connection.protocol);
  while (nextKey(connection.protocol, demand)) {
    const other = find(host);
    if (!other) return false;
    // What is drawn is drawn for all of them; what goes by a value goes by that of each.
    if (other == route && !isSticky(route)) continue;
    if (!certainlyLeadsTo(other, cluster)) return false;
  }
  return true;
}

/**
 * The call in `message` goes on this tunnel. `mayRepeat`: it may be sent once more, if its route asks for that. Null: it is not remembered.
 */
export function sendCall(
  connection: Connection,
  tunnel: Tunnel,
  host: Name,
  route: Route | null,
  mayRepeat: bool,
): Call | null {
  const kept = resumed;
  useTunnel(connection, tunnel);
  if (!kept) connection.messageTunnel = tunnel;
  if (tracing) traceCall(connection.traceId, route, tunnel.cluster, tunnel);
  const series = seriesOfMessage(connection.listener, host, tunnel.cluster);
  if (message.kind == Kind.ONE_WAY) {
    countCall(series, STATUS_ONE_WAY);
    if (tunnel.state == TunnelState.OPENING) tunnel.oneWayCalls++;
    return null;
  }
  // The client waits for a kept call already.
  if (!kept) {
    if (isFull(connection)) forgetOldest(connection, tunnel);
    if (isFull(connection)) return null;
    connection.callCount++;
  }
  const order = kept ? kept.order : ++connection.orders;
  const started_us = kept && kept.started_us != 0 ? kept.started_us : timeOfSample(series);
  const call = addCall(tunnel, series, order, started_us);
  const policy = route ? route.policy : null;
  if (policy) govern(connection, policy, call, mayRepeat);
  return call;
}

/** When a call of the series is sent that is sent now; 0: its duration is not measured. */
function timeOfSample(series: Series): u64 {
  return takesSample(series) || tracing ? readTime_us() : 0;
}

/** The tunnel for the call in `message`; one that has been tried before goes to another host, if there is one. */
function pickTunnel(connection: Connection, cluster: Cluster): Tunnel | null {
  const kept = resumed;
  return tunnelFor(connection, cluster, kept ? kept.triedHost : null);
}

/** What the route asks for of a call in flight: its message is kept where it may be sent once more, its time runs, it takes its places. */
function govern(connection: Connection, policy: Policy, call: Call, mayRepeat: bool): void {
  const retry = policy.retry;
  if (retry && mayRepeat) keepForRetry(call, retry);
  limitTime(connection, call, policy);
  const breaker = policy.circuitBreaker;
  if (breaker) takePlaces(connection, connection.listener.table!, breaker, call);
}

/** Copies of the call in `message`, which has been sent, go to where its route mirrors calls. */
export function mirrorCall(connection: Connection, table: Table, route: Route): void {
  const policy = route.policy;
  const mirrors = policy ? policy.mirrors : null;
  if (mirrors && !message.open && !message.opensStream && !isRetry()) {
    mirror(connection, table, mirrors, policy!.mutations != null);
  }
}

function isRetry(): bool {
  const kept = resumed;
  return kept ? kept.retries != 0 : false;
}

function keepForRetry(call: Call, retry: Retry): void {
  if (message.open || message.opensStream || message.total > retry.maxBytes) return;
  const kept = resumed || keepMessage();
  if (kept) follow(call, kept, retry);
}

/** Asked of Envoy once for each connection and table. */
export function dialledHost(connection: Connection, table: Table): VirtualHost | null {
  if (connection.hostByAddressIn != table.serial) {
    connection.hostByAddress = hostByAddress(table);
    connection.hostByAddressIn = table.serial;
  }
  return connection.hostByAddress;
}

/** A client that was told to go, and has gone on all the same for long enough. */
function refusesCalls(connection: Connection): bool {
  return connection.draining && since_ms(connection.drainingSince_ms) >= DRAIN_GRACE_MS;
}

/** Whether as many calls are in flight as the connection may remember. */
function isFull(connection: Connection): bool {
  return connection.callCount + connection.swallowing >= MAX_CALLS_PER_CONNECTION;
}

/** A caller that asks without end and is not answered shall not fill the memory: its oldest call is no longer measured. */
function forgetOldest(connection: Connection, tunnel: Tunnel): void {
  // Where it has none on this tunnel, the new call itself is not.
  count(connection.listener, Count.UNANSWERED_FORGOTTEN);
  const oldest = takeOldestCall(tunnel);
  if (!oldest) return;
  if (oldest.swallowed) {
    connection.swallowing--;
    return;
  }
  const kept = oldest.kept;
  if (kept) freeKept(kept);
  countCall(oldest.series, STATUS_UNANSWERED);
  connection.callCount--;
}

/** A one-way call that goes nowhere: nobody waits for a reply that would say why. */
function countDropped(connection: Connection, code: ReplyCode): void {
  count(connection.listener, Count.ONE_WAY_DROPPED + code);
}

function refuseOverload(connection: Connection, cluster: Name): void {
  beginText();
  addText(
    connection.draining ? "meltemi: the proxy is being drained, cluster " : "meltemi: too many tunnels, cluster ",
  );
  addName(cluster);
  replyError(connection, callerOfMessage(connection), ReplyCode.OVERLOADED);
}

/** What belongs together would go different ways. */
export function refuseApart(connection: Connection): void {
  beginText();
  addText("meltemi: ");
  addBytes(message.method, message.methodBytes);
  addText(" and what it belongs to lead to different clusters");
  replyError(connection, callerOfMessage(connection), ReplyCode.APART);
}

/** The frame is sound, what is in it is not: the caller is told, and the message is dropped. */
export function refuseBad(connection: Connection): void {
  connection.messageTunnel = null;
  if (tracing) traceReason(connection.traceId, "bad_message", reasonText(message.reason));
  if (message.kind == Kind.ONE_WAY) countDropped(connection, ReplyCode.BAD_REQUEST);
  if (message.kind != Kind.CALL) return;
  beginText();
  addText("meltemi: the call cannot be read: ");
  addText(reasonText(message.reason));
  replyError(connection, callerOfMessage(connection), ReplyCode.BAD_REQUEST);
}
