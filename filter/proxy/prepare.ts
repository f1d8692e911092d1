import { ReplyCode } from "../codec/reply";
import { Tunnel } from "../http2/tunnel";
import { Connection, wakeConnection } from "./connection";
import { addOwnCall, Fate } from "./fate";
import { addName, addText, beginText, callerOfMessage, replyError } from "./reply";
import { entryBytes, forgetUnfit, SETTLED_ENTRY_BYTES } from "./settled";
import { sendOwn } from "./unsent";

/** Whether bytes of the filter's own can be said on the tunnel before what is planned next. If not, they can be soon. */
export function maySay(connection: Connection, tunnel: Tunnel, bytes: u32): bool {
  if (tunnel.plannedBytes) {
    wakeConnection(connection);
    return false;
  }
  return <i32>bytes <= min<i32>(connection.sendWindow, tunnel.sendWindow);
}

/**
 * A call is to take a tunnel whose upstream does not know all that was set for the connection: it is told, and the call waits for its
 * answers. True: they will not come, and the call was refused.
 */
export function prepare(connection: Connection, tunnel: Tunnel): bool {
  const unfit = connection.unfit;
  if (unfit && unfit == tunnel.cluster) {
    forgetUnfit(connection);
    beginText();
    addText("meltemi: not reached, or does not take what the connection has set: cluster ");
    addName(tunnel.cluster);
    replyError(connection, callerOfMessage(connection), ReplyCode.UPSTREAM_FAILURE);
    return true;
  }
  if (tunnel.preparing || !maySay(connection, tunnel, connection.settledBytes)) return false;
  const end = connection.settled + connection.settledBytes;
  for (let entry = connection.settled; entry < end; entry += entryBytes(entry)) {
    if (!sendOwn(connection, tunnel, entry + SETTLED_ENTRY_BYTES, load<u32>(entry, 4))) return false;
    addOwnCall(connection, tunnel, Fate.PREPARE);
    tunnel.preparing++;
  }
  return false;
}
