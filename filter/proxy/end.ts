import { decodeResponse, replyStatus } from "../codec/codec";
import { message } from "../codec/message";
import { ReplyCode } from "../codec/reply";
import { Step } from "../codec/step";
import { now_us } from "../host/clock";
import { removeTunnel } from "../http2/session";
import { dropHeld, freeTunnel, Tunnel, TunnelState } from "../http2/tunnel";
import { tick_ms } from "./age";
import { Call, takeCall, takeOldestCall } from "./call";
import { Connection, closeSoon, wakeConnection } from "./connection";
import { CloseReason } from "./label";
import { isProbe } from "./probe";
import { describeFailure, replyError } from "./reply";
import { countCall, tellDuration } from "./series";
import { resend } from "./unsent";

/** Microseconds since 1970 of this write; 0 until a call needs it. */
let time_us: u64 = 0;

export function beginWrite(): void {
  time_us = 0;
}

/** The call is answered by what is in `message`. */
export function endCall(connection: Connection, tunnel: Tunnel): void {
  connection.unprovenBytes = 0;
  const call = takeCall(tunnel, message.id);
  if (!call) return;
  connection.callCount--;
  connection.usedAt_ms = tick_ms;
  tunnel.usedAt_ms = tick_ms;
  recordAnswer(call, message.status);
}

export function recordAnswer(call: Call, status: u32): void {
  const entry = countCall(call.series, status);
  if (!call.started_us) return;
  if (!time_us) time_us = now_us();
  tellDuration(entry, time_us > call.started_us ? time_us - call.started_us : 0);
}

/** HCM is done with the tunnel's stream. What it held still goes to the client when its turn comes. */
export function endTunnel(connection: Connection, tunnel: Tunnel): void {
  if (tunnel.ended) return;
  tunnel.ended = true;
  if (tunnel.state == TunnelState.OPENING || tunnel.state == TunnelState.REFUSED) {
    if (!isProbe(tunnel)) {
      connection.spareRefused = true;
      connection.spareRefusedAt_ms = tick_ms;
    }
    resend(connection, tunnel);
  }
  if (connection.messageTunnel == tunnel) connection.messageTunnel = null;
  // What waited for the tunnel's window goes another way now, or is dropped if it had begun.
  if (connection.blocked) wakeConnection(connection);
  if (tunnel.heldBytes) dropCutMessage(connection, tunnel);
  if (connection.delivering == tunnel) closeSoon(connection, CloseReason.ANSWER_CUT);
  else if (!tunnel.heldBytes) finishTunnel(connection, tunnel);
}

/** The tunnel has ended: a message that is not whole in what is held will never be, and the client has seen nothing of it. */
function dropCutMessage(connection: Connection, tunnel: Tunnel): void {
  let whole: u32 = 0;
  while (whole < tunnel.heldBytes) {
    const left = tunnel.heldBytes - whole;
    const step = decodeResponse(connection.listener.protocol, tunnel.held + whole, left, message);
    if (step != Step.DONE || message.total > left) break;
    whole += message.total;
  }
  tunnel.heldBytes = whole;
  if (whole) return;
  dropHeld(tunnel);
  connection.heldTunnels--;
}

/** The calls that are left have no answer coming: each gets the protocol's error. */
export function finishTunnel(connection: Connection, tunnel: Tunnel): void {
  for (;;) {
    const call = takeOldestCall(tunnel);
    if (!call) break;
    recordAnswer(call, replyStatus(connection.listener.protocol, ReplyCode.UPSTREAM_FAILURE));
    connection.callCount--;
    describeFailure(tunnel, tunnel.state != TunnelState.OPEN);
    replyError(connection, call.id, call.dialect, ReplyCode.UPSTREAM_FAILURE);
  }
  if (tunnel.retiring) connection.retiringTunnels--;
  removeTunnel(connection, tunnel);
  freeTunnel(tunnel);
}
