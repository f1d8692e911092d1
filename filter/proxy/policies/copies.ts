import { replyStatus } from "../../codec/codec";
import { ReplyCode } from "../../codec/reply";
import { Tunnel, TunnelState } from "../../http2/tunnel";
import { tick_ms } from "../age";
import { takeOldestCall } from "../call";
import { Call } from "../call-in-flight";
import { Connection, wakeConnection } from "../connection";
import { Fate } from "../fate";
import { countCall } from "../series";
import { isMidMessage } from "../tunnels";

/**
 * What the tunnel's upstream sends cannot be read. If all that was asked there are copies of calls, that is nobody's trouble: the tunnel is
 * given up with them. False: it is not so.
 */
export function giveUpCopies(connection: Connection, tunnel: Tunnel): bool {
  if (tunnel.state != TunnelState.OPEN || !hasCopiesOnly(tunnel) || isMidMessage(connection, tunnel)) return false;
  for (let call = takeOldestCall(tunnel); call; call = takeOldestCall(tunnel)) {
    connection.swallowing--;
    countCall(call.series, replyStatus(connection.protocol, ReplyCode.UPSTREAM_FAILURE));
  }
  tunnel.headBytes = 0;
  tunnel.headNeed = 0;
  tunnel.state = TunnelState.ABANDONED;
  tunnel.endOwed = true;
  tunnel.usedAt_ms = tick_ms;
  connection.tunnelsOwe = true;
  wakeConnection(connection);
  return true;
}

function hasCopiesOnly(tunnel: Tunnel): bool {
  let call = changetype<Call | null>(tunnel.firstCall);
  if (!call) return false;
  while (call) {
    if (call.fate != Fate.MIRROR) return false;
    call = call.next;
  }
  return true;
}
