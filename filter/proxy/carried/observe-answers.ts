import { decodeResponse } from "../../codec/codec";
import { Kind, message } from "../../codec/message";
import { Step } from "../../codec/step";
import { Region } from "../../host/arena";
import { Buffer, fetch } from "../../host/buffer";
import { dropHeld, headOf, hold, Tunnel } from "../../http2/tunnel";
import { FIRST_FETCH_BYTES, MAX_HEAD_BYTES, SHORT_HEAD_BYTES } from "../../memory/limits";
import { takeCall, takeOldestCall } from "../call";
import { Count } from "../count";
import { beginWrite, recordAnswer } from "../end";
import { CloseReason } from "../label";
import { count } from "../listener";
import { traceAnswer, tracing } from "../trace";
import { Carried, doom } from "./carried";

/** Mode `observe`: takes note of the answers in the `size` bytes that tcp_proxy writes to the client, all of which go on. */
export function observeAnswers(carried: Carried, size: u32): void {
  const upstream = carried.upstream;
  if (!upstream || carried.closing != CloseReason.NONE) return;
  let at = min<u32>(upstream.messageRest, size);
  upstream.messageRest -= at;
  if (at == size) return;
  beginWrite();
  /** Bytes [from, end) of the write are at `window`. */
  let window: usize = 0;
  let from: u32 = at;
  let end: u32 = at;
  while (at < size) {
    if (end < size && at + SHORT_HEAD_BYTES > end) {
      from = at;
      end = at + min<u32>(FIRST_FETCH_BYTES, size - at);
      window = fetch(Buffer.UPSTREAM, from, end - from, Region.MAIN);
    }
    const taken = readHead(carried, upstream, window + (at - from), end - at);
    if (carried.closing != CloseReason.NONE) return;
    at += taken;
    const here = min<u32>(upstream.messageRest, size - at);
    upstream.messageRest -= here;
    at += here;
  }
}

/**
 * Reads the head of the next message, or of the next part of one, which may have come in pieces, and returns how many of the `n` bytes at
 * `p` it took: those of a piece that is kept, else none.
 */
function readHead(carried: Carried, upstream: Tunnel, p: usize, n: u32): u32 {
  const kept = upstream.headBytes + upstream.heldBytes;
  let taken: u32 = 0;
  if (kept) {
    taken = min<u32>(max<u32>(SHORT_HEAD_BYTES, upstream.headNeed) - kept, n);
    if (!keepHead(carried, upstream, p, taken)) return 0;
    p = upstream.heldBytes ? upstream.held : headOf(upstream);
    n = kept + taken;
  }
  const step = decodeResponse(carried.protocol, upstream.codec, p, n, message);
  if (step == Step.MORE && message.need <= MAX_HEAD_BYTES) {
    upstream.headNeed = message.need;
    if (kept) return taken;
    return keepHead(carried, upstream, p, n) ? n : 0;
  }
  if (step != Step.DONE) {
    doom(carried, CloseReason.BAD_ANSWER);
    return 0;
  }
  upstream.headBytes = 0;
  upstream.headNeed = 0;
  dropHeld(upstream);
  // What was kept of it has gone on already. It was no whole message, or it would not have been kept.
  upstream.messageRest = message.total - kept;
  if (message.kind == Kind.ANSWER) noteAnswer(carried, upstream);
  return 0;
}

/** Adds `n` bytes to what is kept of a head. False: no more may be kept, and the connection is closed. */
function keepHead(carried: Carried, upstream: Tunnel, p: usize, n: u32): bool {
  const head = upstream.headBytes;
  if (!upstream.heldBytes && head + n <= SHORT_HEAD_BYTES) {
    memory.copy(headOf(upstream) + head, p, n);
    upstream.headBytes = head + n;
    return true;
  }
  upstream.headBytes = 0;
  if ((!head || hold(upstream, headOf(upstream), head)) && hold(upstream, p, n)) return true;
  doom(carried, CloseReason.MEMORY_LIMIT);
  return false;
}

function noteAnswer(carried: Carried, upstream: Tunnel): void {
  const call = carried.ordered ? takeOldestCall(upstream) : takeCall(upstream, message.id);
  if (!call) {
    count(carried.listener, Count.UNMATCHED_ANSWERS);
    return;
  }
  const duration_us = recordAnswer(call, message.status);
  if (tracing) traceAnswer(carried.traceId, upstream, message.status, duration_us);
}
