import { mutateResponse } from "../../codec/codec";
import { beginEdits, clearOwn, editedBytes, editNeed, editReason, refuseEdit } from "../../codec/edits";
import { message } from "../../codec/message";
import { reasonText } from "../../codec/reason";
import { ReplyCode } from "../../codec/reply";
import { Reason, Step } from "../../codec/step";
import { Tunnel } from "../../http2/tunnel";
import { DEFAULT_MAX_MESSAGE_BYTES, RECEIVE_WINDOW_BYTES } from "../../memory/limits";
import { nameBytes } from "../../memory/name";
import { findCall } from "../call";
import { Call } from "../call-in-flight";
import { Connection, wakeConnection } from "../connection";
import { Count } from "../count";
import { endCall } from "../end";
import { count } from "../listener";
import { addText, beginText, callerOfCall, replyError } from "../reply";

/** The answer in `message` cannot be changed as it is to be: the caller gets an error in its place. */
export let answerRefused: bool = false;

/**
 * What becomes of the answer in `message`, of which `n` bytes are at `p`, on a tunnel with calls whose answers are changed: it is in the register of
 * edits, or `answerRefused`. MORE: `editNeed` bytes of it must be there.
 */
export function changeAnswer(connection: Connection, tunnel: Tunnel, p: usize, n: u32): Step {
  beginEdits();
  answerRefused = false;
  const call = callOf(connection, tunnel);
  if (!call || call.swallowed) return Step.DONE;
  const rules = call.rules;
  if (!rules) return Step.DONE;
  clearOwn();
  const here = min<u32>(n, message.total);
  let step = mutateResponse(connection.protocol, p, here, message.total, nameBytes(rules));
  if (step != Step.BAD && editNeed > maxMessageBytes(connection)) step = refuseEdit(Reason.TOO_LARGE);
  if (step == Step.MORE) {
    grantAhead(connection, tunnel, editNeed);
    return step;
  }
  if (step == Step.BAD) answerRefused = true;
  return Step.DONE;
}

function callOf(connection: Connection, tunnel: Tunnel): Call | null {
  return connection.ordered ? changetype<Call | null>(tunnel.firstCall) : findCall(tunnel, message.id);
}

function maxMessageBytes(connection: Connection): u32 {
  const table = connection.listener.table;
  return table ? table.maxMessageBytes : DEFAULT_MAX_MESSAGE_BYTES;
}

/**
 * An answer of so many bytes must be there before any of it is delivered. Half of the tunnel's window is always granted; what is longer is granted
 * besides, and not a second time when it is delivered.
 */
function grantAhead(connection: Connection, tunnel: Tunnel, bytes: u32): void {
  if (bytes <= RECEIVE_WINDOW_BYTES / 2 || tunnel.grantedAhead >= bytes) return;
  const more = max<u32>(bytes - tunnel.grantedAhead, RECEIVE_WINDOW_BYTES / 2);
  tunnel.grantedAhead += more;
  tunnel.delivered += more;
  connection.tunnelsOwe = true;
  wakeConnection(connection);
}

/** Bytes of the answer, of which `kept` are kept aside, that are written by the edits: all of them that are changed, and all that are kept. */
export function changedBytes(kept: u32): u32 {
  return max<u32>(editedBytes(), min<u32>(kept, message.total));
}

/** Ends the call of the answer that is refused: the caller is told, and the answer goes nowhere. */
export function refuseAnswer(connection: Connection, tunnel: Tunnel): void {
  const call = callOf(connection, tunnel)!;
  const caller = callerOfCall(call);
  // It may be sent once more.
  if (!endCall(connection, tunnel)) return;
  count(connection.listener, Count.RESPONSE_NOT_MUTATED);
  beginText();
  addText("meltemi: the answer cannot be changed as the route asks: ");
  addText(reasonText(editReason));
  replyError(connection, caller, ReplyCode.UNMUTABLE);
}
