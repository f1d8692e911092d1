import { Tunnel, TunnelState } from "../http2/tunnel";
import { Connection } from "./connection";
import { Count } from "./count";
import { countFailure, countRefusal, FailureReason } from "./failure";
import { count } from "./listener";
import { traceTunnelReason, tracing } from "./trace";

/** By what a tunnel's stream came to its end. */
export enum TunnelEnd {
  /** END_STREAM: the upstream's FIN, or the end of HCM's own text. */
  CLOSED,
  /** RST_STREAM. */
  RESET,
  /** GOAWAY: it never began. */
  GOAWAY,
}

/** Counts that a tunnel has ended, before its calls are answered or sent again. */
export function noteEnd(connection: Connection, tunnel: Tunnel, how: TunnelEnd): void {
  if (tunnel.probe || tunnel.resetOwed) return;
  const which = countOf(connection, tunnel, how);
  count(connection.listener, which);
  noteFailure(connection, tunnel, which);
  if (tracing) traceTunnelReason(connection.traceId, "tunnel_ended", tunnel, reasonOf(which));
}

function countOf(connection: Connection, tunnel: Tunnel, how: TunnelEnd): Count {
  if (how == TunnelEnd.GOAWAY) return Count.TUNNEL_GOAWAY;
  if (tunnel.state == TunnelState.ABANDONED) return tunnel.retiring ? Count.TUNNEL_RETIRED : Count.TUNNEL_IDLE;
  if (tunnel.state != TunnelState.OPEN) return Count.TUNNEL_REFUSED;
  const busy = tunnel.callCount != 0 || connection.delivering == tunnel;
  if (how == TunnelEnd.CLOSED) return busy ? Count.TUNNEL_CLOSED_BUSY : Count.TUNNEL_CLOSED;
  return busy ? Count.TUNNEL_RESET_BUSY : Count.TUNNEL_RESET;
}

function noteFailure(connection: Connection, tunnel: Tunnel, which: Count): void {
  const cluster = tunnel.cluster;
  const host = tunnel.host;
  if (which == Count.TUNNEL_REFUSED) {
    countRefusal(cluster, host, changetype<usize>(tunnel) + offsetof<Tunnel>("flags"), tunnel.flagsBytes);
  } else if (connection.delivering == tunnel) countFailure(cluster, host, FailureReason.ANSWER_CUT);
  else if (which == Count.TUNNEL_CLOSED_BUSY) countFailure(cluster, host, FailureReason.CLOSED);
  else if (which == Count.TUNNEL_RESET_BUSY) countFailure(cluster, host, FailureReason.RESET);
}

function reasonOf(which: Count): string {
  switch (which) {
    case Count.TUNNEL_REFUSED:
      return "refused";
    case Count.TUNNEL_GOAWAY:
      return "goaway";
    case Count.TUNNEL_IDLE:
      return "idle";
    case Count.TUNNEL_RETIRED:
      return "retired";
    case Count.TUNNEL_CLOSED:
    case Count.TUNNEL_CLOSED_BUSY:
      return "upstream_closed";
    default:
      return "upstream_reset";
  }
}
