import {
  clearOwn,
  editAt,
  editCount,
  editOwn,
  editOwnBytes,
  editRemoved,
  keepEdits,
  keptEditsBytes,
  restoreEdits,
} from "../codec/edits";
import { dropBlock, keepBlock } from "../memory/kept";
import { Connection, closeSoon } from "./connection";
import { CloseReason } from "./label";
import { planBytes, planOwn } from "./plan";
import { read } from "./read";

/**
 * A message of the client's that is sent changed: pieces of the read, and between them bytes of the filter's own, as the register of edits says.
 * All of it up to the last edit is in the read buffer; what lies behind passes as ever. Where a window ends within it, what is left of the edits is
 * kept (`Connection.splices`) until it goes on.
 */
const IN_REGISTER: usize = 1;

/** The call that was accepted is sent as the register of edits says. */
export function beginSplices(connection: Connection): void {
  if (!editCount) return;
  connection.splices = IN_REGISTER;
  connection.spliceIndex = 0;
  connection.splicePassed = 0;
  connection.spliceOwnSent = 0;
}

/** Plans the changed message as far as the windows go. False: it is not over. */
export function planSplices(connection: Connection): bool {
  const tunnel = connection.messageTunnel;
  // Nothing of it goes anywhere any more.
  if (!tunnel) {
    connection.splices = 0;
    return true;
  }
  for (; connection.spliceIndex < editCount; connection.spliceIndex++) {
    const index = connection.spliceIndex;
    const before = editAt(index) - connection.splicePassed;
    if (before) {
      const here = min<u32>(before, read.size - read.at);
      const taken = planBytes(connection, tunnel, read.at, here, here, false);
      pass(connection, taken);
      if (taken < before) return false;
    }
    const own = editOwnBytes(index) - connection.spliceOwnSent;
    if (own) {
      const taken = planOwn(connection, tunnel, editOwn(index) + connection.spliceOwnSent, own);
      connection.spliceOwnSent += taken;
      if (taken < own) return false;
    }
    pass(connection, editRemoved(index));
    connection.spliceOwnSent = 0;
  }
  connection.splices = 0;
  return true;
}

function pass(connection: Connection, bytes: u32): void {
  read.at += bytes;
  connection.messageRest -= bytes;
  connection.splicePassed += bytes;
}

/** At the beginning of a callback: what is left of a message that goes on is in the register again. */
export function restoreSplices(connection: Connection): void {
  clearOwn();
  if (!connection.splices) return;
  restoreEdits(connection.splices);
  dropBlock(connection.splices, connection.splicesBytes);
  connection.splices = IN_REGISTER;
}

/** At its end: what is left is kept. */
export function keepSplices(connection: Connection): void {
  if (!connection.splices) return;
  connection.splices = 0;
  if (connection.closing != CloseReason.NONE) return;
  const bytes = keptEditsBytes(connection.spliceIndex);
  const block = keepBlock(bytes);
  if (!block) {
    closeSoon(connection, CloseReason.MEMORY_LIMIT);
    return;
  }
  keepEdits(block, connection.spliceIndex);
  connection.splices = block;
  connection.splicesBytes = bytes;
  connection.spliceIndex = 0;
}
