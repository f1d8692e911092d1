import { Protocol } from "../../codec/codec";
import { Kind, message } from "../../codec/message";
import { Reason, Step } from "../../codec/step";
import { Buffer, closeDownstream, fetchInto, replaceFront } from "../../host/buffer";
import { setConnectionCluster } from "../../host/filter-state";
import { MAX_BYTES_BEFORE_CALL } from "../../memory/limits";
import { nameBytes } from "../../memory/name";
import { find, hostOf } from "../../route/find";
import { nameOf, pickCluster, Table } from "../../route/table";
import { decodeNext } from "../decode";
import { detectProtocol } from "../detect";
import { hostByAddress } from "../dialled";
import { CloseReason } from "../label";
import { random32 } from "../random";
import { beginRead, read } from "../read";
import { traceCall, tracing } from "../trace";
import { Carried, closeCarried, dropKept, reserveKept } from "./carried";
import { countRouted } from "./routed";

/**
 * Mode `connection`: whether the `bytes` in the read buffer may go on to tcp_proxy, which looks for its cluster when it gets its
 * first. They stay until the connection's first call is here as far as its routes ask; then they go, and so does all that follows.
 */
export function choose(carried: Carried, bytes: u32, endOfStream: bool): bool {
  if (carried.closing != CloseReason.NONE) return false;
  const chosen = bytes > 0 && look(carried, bytes);
  // Envoy lets such a client wait for an answer, but there is no call for which one could come.
  if (endOfStream && !chosen && carried.closing == CloseReason.NONE) closeDownstream();
  return chosen;
}

function look(carried: Carried, bytes: u32): bool {
  const table = carried.listener.table;
  if (!table) {
    closeCarried(carried, CloseReason.NOT_CONFIGURED);
    return false;
  }
  if (carried.blockBytes + bytes >= carried.wanted) {
    if (carried.blockBytes) bytes += restore(carried);
    beginRead(bytes);
    read.at = carried.passedOver;
    if (findCall(carried, table)) return routeConnection(carried, table);
    if (carried.closing != CloseReason.NONE) return false;
  }
  // Longer than the read buffer may become: what has come is kept here, so that the rest can come.
  if (carried.blockBytes || carried.wanted > table.readBufferBytes) keep(carried, bytes);
  return false;
}

/** Looks for the first call. False: it has not come (`carried.wanted`), or it never will (closing). */
function findCall(carried: Carried, table: Table): bool {
  if (carried.protocol == Protocol.AUTO && !recognise(carried, table)) return false;
  while (read.at < read.size) {
    const step = decodeNext(carried.protocol, carried.codec, table);
    if (step == Step.BAD) {
      closeCarried(carried, message.reason);
      return false;
    }
    if (step == Step.MORE) {
      carried.wanted = read.at + message.need;
      return false;
    }
    if (message.kind <= Kind.ONE_WAY) return true;
    // A sign of life or a notice tells nothing of where to go, and nobody is there yet to answer it. It goes with the call.
    carried.wanted = read.at + message.total;
    if (carried.wanted > MAX_BYTES_BEFORE_CALL) {
      closeCarried(carried, CloseReason.NO_CALL);
      return false;
    }
    if (carried.wanted > read.size) return false;
    read.at = carried.wanted;
    carried.passedOver = read.at;
  }
  carried.wanted = read.size + 1;
  return false;
}

/** Looks what the connection speaks. False: more bytes are needed, or it is none of the table's protocols (closing). */
function recognise(carried: Carried, table: Table): bool {
  if (read.at == read.size) return true;
  const protocol = detectProtocol(table);
  if (protocol == Protocol.UNKNOWN) closeCarried(carried, Reason.NOT_THIS_PROTOCOL);
  else if (protocol == Protocol.AUTO) carried.wanted = read.size + 1;
  else {
    carried.protocol = protocol;
    return true;
  }
  return false;
}

/** Routes the connection by the call in `message`. */
function routeConnection(carried: Carried, table: Table): bool {
  const host = hostOf(table, message) || hostByAddress(table);
  const route = host ? find(host) : null;
  if (!route || !host) {
    closeCarried(carried, CloseReason.NO_ROUTE);
    return false;
  }
  const cluster = nameOf(table, pickCluster(route, random32()));
  if (!setConnectionCluster(nameBytes(cluster), cluster.length)) {
    closeCarried(carried, CloseReason.CLUSTER_NOT_SET);
    return false;
  }
  carried.chosen = true;
  if (tracing) traceCall(carried.traceId, route, cluster, null);
  countRouted(carried.listener, nameOf(table, host), cluster);
  return true;
}

function keep(carried: Carried, bytes: u32): void {
  if (!reserveKept(carried, carried.blockBytes + bytes)) {
    closeCarried(carried, CloseReason.MEMORY_LIMIT);
    return;
  }
  if (!fetchInto(Buffer.DOWNSTREAM, 0, bytes, carried.block + carried.blockBytes)) return;
  carried.blockBytes += bytes;
  replaceFront(Buffer.DOWNSTREAM, bytes, 0, 0);
}

/** Puts what was kept back in front of the read buffer. */
function restore(carried: Carried): u32 {
  const bytes = carried.blockBytes;
  replaceFront(Buffer.DOWNSTREAM, 0, carried.block, bytes);
  dropKept(carried);
  return bytes;
}
