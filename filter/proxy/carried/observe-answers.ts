import { decodeResponse } from "../../codec/codec";
import { Kind, message } from "../../codec/message";
import { Step } from "../../codec/step";
import { Region } from "../../host/arena";
import { Buffer, fetch } from "../../host/buffer";
import { headOf, Tunnel } from "../../http2/tunnel";
import { FIRST_FETCH_BYTES, MAX_RESPONSE_HEAD_BYTES } from "../../memory/limits";
import { takeCall } from "../call";
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
    if (end < size && at + MAX_RESPONSE_HEAD_BYTES > end) {
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
 * Reads the head of the next message, which may have come in parts, and returns how many of the `n` bytes at `p` it took: those of
 * a part that is kept, else none.
 */
function readHead(carried: Carried, upstream: Tunnel, p: usize, n: u32): u32 {
  const kept = upstream.headBytes;
  const more = min<u32>(MAX_RESPONSE_HEAD_BYTES - kept, n);
  if (kept) {
    memory.copy(headOf(upstream) + kept, p, more);
    p = headOf(upstream);
    n = kept + more;
  }
  const step = decodeResponse(carried.listener.protocol, p, n, message);
  if (step == Step.MORE && n < MAX_RESPONSE_HEAD_BYTES) {
    if (!kept) memory.copy(headOf(upstream), p, n);
    upstream.headBytes = n;
    return more;
  }
  if (step != Step.DONE) {
    doom(carried, CloseReason.BAD_ANSWER);
    return 0;
  }
  upstream.headBytes = 0;
  // What was kept of it has gone on already. It was no whole message, or it would not have been kept.
  upstream.messageRest = message.total - kept;
  if (message.kind == Kind.ANSWER) {
    const call = takeCall(upstream, message.id);
    if (!call) count(carried.listener, Count.UNMATCHED_ANSWERS);
    else {
      const duration_us = recordAnswer(call, message.status);
      if (tracing) traceAnswer(carried.traceId, upstream, message.status, duration_us);
    }
  }
  return 0;
}
