import { Kind, message } from "../codec/message";
import { ReplyCode } from "../codec/reply";
import { Step } from "../codec/step";
import { Tunnel, TunnelState } from "../http2/tunnel";
import { Policy } from "../route/policy";
import { Cluster, nameOf, Table } from "../route/table";
import { addCall, findCall } from "./call";
import { Connection, wakeConnection } from "./connection";
import { Count } from "./count";
import { decodeNext } from "./decode";
import { destine, Fate } from "./fate";
import { delist } from "./hold";
import { freeKept, Kept } from "./kept-call";
import { CloseReason } from "./label";
import { Lead } from "./lead";
import { count } from "./listener";
import { tunnelFor } from "./policies/hash-tunnel";
import { changedKept, changedLength } from "./policies/mutation";
import { beginKept } from "./read";
import { addText, beginText, callerOfMessage, replyError } from "./reply";
import { setResumed } from "./resumed";
import { leadCall, leadHost, leadRoute, leadTunnel, mirrorCall, noteChange, sendCall } from "./route-call";
import { seriesOfMessage } from "./series";
import { swallow } from "./swallow";
import { isMidMessage, useTunnel } from "./tunnels";
import { sendOwn } from "./unsent";

/**
 * Kept calls that are ready go on: each is decoded once more and led by the table of now from the stage on to which it has come; if it can be
 * sent, its bytes go out in front of what the client has sent since. Only between two frames.
 */
export function resumeCalls(connection: Connection): void {
  const table = connection.listener.table;
  if (!table) return;
  let kept = connection.firstWaiting;
  // Those that cannot be sent yet are ready still; the first ones are mostly the ones that are.
  for (let left = connection.readyCalls; kept && left && connection.closing == CloseReason.NONE; ) {
    const next = kept.next;
    if (kept.ready) {
      left--;
      resume(connection, table, kept);
    }
    // Where answers come in order no call may be sent before one that the client has made earlier.
    if (connection.ordered && connection.firstWaiting == kept && kept.awaited) return;
    kept = next;
  }
}

function resume(connection: Connection, table: Table, kept: Kept): void {
  const step = decodeKept(connection, table, kept);
  if (kept.mirror) {
    if (step == Step.DONE && sendMirrored(connection, table, kept)) count(connection.listener, Count.MIRRORED);
    else count(connection.listener, Count.MIRROR_DROPPED);
    delist(connection, kept);
    freeKept(kept);
    return;
  }
  // Only a table that has come since can find fault with it.
  if (step != Step.DONE) {
    endWaiting(connection, kept, ReplyCode.BAD_REQUEST);
    return;
  }
  setResumed(kept);
  const lead = leadCall(connection, table);
  if (lead == Lead.READY && sendKept(connection, table, kept)) setResumed(null);
  else {
    setResumed(null);
    if (lead == Lead.REFUSED) forget(connection, kept);
  }
}

function decodeKept(connection: Connection, table: Table, kept: Kept): Step {
  const codec = connection.codec;
  const word0 = codec.word0;
  const word1 = codec.word1;
  beginKept(kept.bytes, kept.length);
  const step = decodeNext(connection.protocol, codec, table);
  codec.word0 = word0;
  codec.word1 = word1;
  return step;
}

/** False: not now. */
function sendKept(connection: Connection, table: Table, kept: Kept): bool {
  const tunnel = leadTunnel;
  const policy = leadRoute.policy;
  if (isMidMessage(connection, tunnel) || !sendBytes(connection, tunnel, kept, policy)) return false;
  delist(connection, kept);
  const call = sendCall(connection, tunnel, nameOf(table, leadHost), leadRoute, true);
  if (policy) noteChange(policy, call);
  mirrorCall(connection, table, leadRoute);
  if (!kept.call) freeKept(kept);
  return true;
}

/** The message is kept as the client sent it: what its route changes is changed anew. */
function sendBytes(connection: Connection, tunnel: Tunnel, kept: Kept, policy: Policy | null): bool {
  const mutations = policy ? policy.mutations : null;
  if (!mutations) return sendOwn(connection, tunnel, kept.bytes, kept.length);
  return sendOwn(connection, tunnel, changedKept(kept.bytes, kept.length), changedLength(kept.length));
}

/** A copy, to a cluster of its own: whatever hinders it, the client's calls have precedence. */
function sendMirrored(connection: Connection, table: Table, kept: Kept): bool {
  if (kept.table != table.serial) return false;
  const cluster = changetype<Cluster>(kept.mirror);
  const name = nameOf(table, cluster);
  if (connection.draining) return false;
  const tunnel = tunnelFor(connection, cluster, null);
  if (!tunnel || isMidMessage(connection, tunnel) || findCall(tunnel, message.id)) return false;
  if (tunnel.settled != connection.settledSerial || !sendOwn(connection, tunnel, kept.bytes, kept.length)) return false;
  useTunnel(connection, tunnel);
  if (message.kind == Kind.ONE_WAY) {
    if (tunnel.state == TunnelState.OPENING) tunnel.oneWayCalls++;
    return true;
  }
  const call = addCall(tunnel, seriesOfMessage(connection.listener, name, name), ++connection.orders, 0);
  connection.callCount++;
  swallow(connection, call);
  destine(call, Fate.MIRROR);
  return true;
}

/** The call, which waits, is answered with an error. */
export function endWaiting(connection: Connection, kept: Kept, code: ReplyCode): void {
  const table = connection.listener.table;
  if (table && kept.awaited && decodeKept(connection, table, kept) != Step.MORE) {
    beginText();
    addText(
      code == ReplyCode.TIMEOUT
        ? "meltemi: no answer within the route's timeout, which ended between two tries"
        : "meltemi: the call cannot be read any more",
    );
    setResumed(kept);
    replyError(connection, callerOfMessage(connection), code);
    setResumed(null);
  }
  forget(connection, kept);
  wakeConnection(connection);
}

function forget(connection: Connection, kept: Kept): void {
  delist(connection, kept);
  if (kept.awaited) connection.callCount--;
  freeKept(kept);
}
