import { Protocol } from "../../codec/codec";
import { closeDownstream, enterConnection } from "../../host/buffer";
import { wake } from "../../host/queue";
import { freeTunnel, newTunnel, Tunnel } from "../../http2/tunnel";
import { dropBlock, enlargeBlock } from "../../memory/kept";
import { MAX_VISITS } from "../../memory/limits";
import { dropState, State } from "../../memory/state";
import { nameOf } from "../../route/table";
import { since_ms, tick_ms } from "../age";
import { takeOldestCall } from "../call";
import { Count } from "../count";
import { CloseReason, closedBy, closeReasonLabel } from "../label";
import { closeListener, codecOf, countClosed, countMore, Listener } from "../listener";
import { Mode } from "../mode";
import { countCall, STATUS_UNANSWERED } from "../series";
import { traceReason, tracing } from "../trace";

/**
 * One client connection that tcp_proxy carries as a whole: the modes `connection` and `observe`. Its bytes are Envoy's; the
 * filter looks at them, and says whether they may go on.
 */
@unmanaged
export class Carried {
  id: u32;
  /** What Envoy calls it in its own log; 0 as long as nothing of it was traced. */
  traceId: u64;
  listener: Listener;
  /** The listener's, or AUTO until the first bytes have told it. */
  protocol: Protocol;
  openedAt_ms: u32;
  /** Why it is being closed; NONE while it is not. */
  closing: i32;
  /** In mode `connection`: tcp_proxy has its cluster, and all that is left to do is to let bytes pass. */
  chosen: bool;

  /** Bytes of a message that are not in Envoy's read buffer: a long first call, or the beginning of one that has gone on. */
  block: usize;
  blockBytes: u32;
  blockCapacity: u32;
  /** Bytes that block and read buffer must hold before there is anything to decide. */
  wanted: u32;

  /** In mode `connection`: bytes in front of the first call, which are signs of life and notices. */
  passedOver: u32;

  /** What the codec remembers of the client's side. */
  codec: State;
  /** In mode `observe`: answers come in the order of the calls. */
  ordered: bool;
  /** In mode `observe`: bytes of the client's message under way, or of its part, that are still to come. */
  messageRest: u32;
  /** In mode `observe`: the upstream's side, with the calls in flight. It is no stream of HTTP/2. */
  upstream: Tunnel | null;
  nextDoomed: Carried | null;
}

/** Connections to be closed by `proxy_on_queue_ready`. */
let firstDoomed: Carried | null = null;

export function newCarried(id: u32, listener: Listener): Carried {
  const carried = changetype<Carried>(heap.alloc(offsetof<Carried>() + offsetof<State>()));
  memory.fill(changetype<usize>(carried), 0, offsetof<Carried>() + offsetof<State>());
  carried.codec = changetype<State>(changetype<usize>(carried) + offsetof<Carried>());
  carried.id = id;
  carried.listener = listener;
  carried.protocol = codecOf(listener);
  carried.openedAt_ms = tick_ms;
  listener.references++;
  const table = listener.table;
  if (listener.mode != Mode.OBSERVE || !table) return carried;
  const cluster = table.cluster;
  if (cluster) carried.upstream = newTunnel(0, nameOf(table, cluster), 0);
  return carried;
}

/** Calls in flight: only in mode `observe` they are known. */
export function callsOf(carried: Carried): u32 {
  const upstream = carried.upstream;
  return upstream ? upstream.callCount : 0;
}

/** The connection has ended: by the client (`byClient`), by the filter, whose reason is known, or by tcp_proxy. */
export function noteCarriedClosed(carried: Carried, byClient: bool): void {
  if (carried.closing == CloseReason.NONE) {
    carried.closing = closedBy(byClient, callsOf(carried) != 0);
    countClosed(carried.listener, carried.closing);
  }
  if (tracing) traceReason(carried.traceId, "closed", closeReasonLabel(carried.closing));
}

export function freeCarried(carried: Carried): void {
  const upstream = carried.upstream;
  if (upstream) {
    const clientLeft = carried.closing == CloseReason.CLIENT_LEFT_BUSY;
    const unanswered = clientLeft ? Count.UNANSWERED_CLIENT_LEFT : Count.UNANSWERED_CLOSED;
    countMore(carried.listener, unanswered, upstream.callCount);
    for (let call = takeOldestCall(upstream); call; call = takeOldestCall(upstream)) {
      countCall(call.series, STATUS_UNANSWERED);
    }
    freeTunnel(upstream);
  }
  forgetDoomed(carried);
  dropKept(carried);
  dropState(carried.codec);
  closeListener(carried.listener);
  heap.free(changetype<usize>(carried));
}

/** Room for `bytes` in the block, which grows with what has come, not with what was announced. False: no more may be kept. */
export function reserveKept(carried: Carried, bytes: u32): bool {
  if (bytes <= carried.blockCapacity) return true;
  const capacity = max<u32>(bytes, carried.blockCapacity << 1);
  const block = enlargeBlock(carried.block, carried.blockCapacity, carried.blockBytes, capacity);
  if (!block) return false;
  carried.block = block;
  carried.blockCapacity = capacity;
  return true;
}

export function dropKept(carried: Carried): void {
  dropBlock(carried.block, carried.blockCapacity);
  carried.block = 0;
  carried.blockBytes = 0;
  carried.blockCapacity = 0;
}

/** From the client's own callback: counts the reason and closes. Nothing of the read goes on. */
export function closeCarried(carried: Carried, reason: i32): void {
  carried.closing = reason;
  countClosed(carried.listener, reason);
  if (tracing) traceReason(carried.traceId, "close", closeReasonLabel(reason));
  closeDownstream();
}

/** From a callback that is not the client's, or in which nothing may be closed: counts the reason, and closes a moment later. */
export function doom(carried: Carried, reason: i32): void {
  carried.closing = reason;
  countClosed(carried.listener, reason);
  if (tracing) traceReason(carried.traceId, "close", closeReasonLabel(reason));
  carried.nextDoomed = firstDoomed;
  firstDoomed = carried;
  wake();
}

/**
 * Once a second: tcp_proxy's idle timeout begins when it hears of the connection. Until then, which is until the first call, it is
 * the filter's.
 */
export function sweepCarried(carried: Carried): void {
  if (carried.listener.mode != Mode.CONNECTION || carried.chosen || carried.closing != CloseReason.NONE) return;
  const table = carried.listener.table;
  const timeout_ms = table ? table.connection.idleTimeout_ms : 0;
  if (timeout_ms && since_ms(carried.openedAt_ms) >= timeout_ms) doom(carried, CloseReason.IDLE_TIMEOUT);
}

/** In `proxy_on_queue_ready`. */
export function closeDoomed(): void {
  for (let visits: u32 = 0; firstDoomed && visits < MAX_VISITS; visits++) {
    const carried = firstDoomed!;
    firstDoomed = carried.nextDoomed;
    if (enterConnection(carried.id)) closeDownstream();
  }
  if (firstDoomed) wake();
}

function forgetDoomed(carried: Carried): void {
  if (carried.closing == CloseReason.NONE) return;
  if (firstDoomed == carried) firstDoomed = carried.nextDoomed;
  else {
    let before = firstDoomed;
    while (before && before.nextDoomed != carried) before = before.nextDoomed;
    if (before) before.nextDoomed = carried.nextDoomed;
  }
}
