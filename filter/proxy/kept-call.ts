import { editedBytes, editedLength, writeEdited } from "../codec/edits";
import { message } from "../codec/message";
import { Buffer, fetchInto } from "../host/buffer";
import { dropBlock, keepBlock } from "../memory/kept";
import { Name, release } from "../memory/name";
import { endRetried, Retry } from "../route/policies/retry";
import { disarm } from "./deadline";
import { Waiter, waitNoLonger } from "./policies/gate";
import { read } from "./read";

/**
 * A client's call of which the filter keeps the message, to send it itself: later than it came (a delay, a limit that is asked for), once more
 * (a retry), or elsewhere besides (a mirror). It waits in a list of its connection, or its call is in flight (`call`) and is not to be
 * lost with that.
 */
@unmanaged
export class Kept extends Waiter {
  /** Another one each time that it is used, and when it is not: who remembers it for later finds it gone by that. */
  serial: u32;
  /** What a rate limit service has said of it (proxy/policies/ask.ts). */
  verdict: i32;
  /** The others of its connection that wait; the next unused one. */
  next: Kept | null;
  previous: Kept | null;
  /** Its Call in flight; 0: it waits. */
  call: usize;
  /** The message, a block of its own. None: the message is the next in the connection's read, which waits for this. */
  bytes: usize;
  length: u32;
  /** What is to be done next, once it is `ready` (proxy/policies/stage.ts). */
  stage: i32;
  ready: bool;
  /** The client waits for its answer, which has this place among those of the connection. */
  awaited: bool;
  order: u32;
  /** When the call was sent first (see Call). */
  started_us: u64;
  /** It must have its answer by then; `limited`: it has such a time. Deadlines before it are those of waiting. */
  limited: bool;
  limit_ms: u32;
  /** Of a mirrored call: the Cluster where it goes, and the serial number of the table that has it. */
  mirror: usize;
  table: u32;
  /** Retries so far, how they are done, and the host that was tried last. */
  retries: u32;
  retry: Retry | null;
  triedHost: Name | null;
}

let free: Kept | null = null;
let serials: u32 = 0;

/** One with a copy of the message in `message`, all of which is in the read; null: the VM may keep no more. */
export function keepMessage(): Kept | null {
  const bytes = keepBlock(message.total);
  if (!bytes) return null;
  if (read.at + message.total <= read.memoryBytes) memory.copy(bytes, read.memory + read.at, message.total);
  else if (!fetchInto(Buffer.DOWNSTREAM, read.at, message.total, bytes)) {
    dropBlock(bytes, message.total);
    return null;
  }
  const kept = newKept();
  kept.bytes = bytes;
  kept.length = message.total;
  return kept;
}

/** The same of the message as the register of edits has it. */
export function keepChanged(): Kept | null {
  const length = editedLength(message.total);
  const bytes = keepBlock(length);
  if (!bytes) return null;
  // All that is changed is in memory.
  const edited = editedBytes();
  const rest = message.total - edited;
  const end = writeEdited(bytes, read.memory + read.at, edited);
  const at = read.at + edited;
  if (at + rest <= read.memoryBytes) memory.copy(end, read.memory + at, rest);
  else if (!fetchInto(Buffer.DOWNSTREAM, at, rest, end)) {
    dropBlock(bytes, length);
    return null;
  }
  const kept = newKept();
  kept.bytes = bytes;
  kept.length = length;
  return kept;
}

/** One without a message. */
export function newKept(): Kept {
  let kept = free;
  if (kept) free = kept.next;
  else kept = changetype<Kept>(heap.alloc(offsetof<Kept>()));
  memory.fill(changetype<usize>(kept), 0, offsetof<Kept>());
  kept.isKept = true;
  kept.serial = ++serials;
  return kept;
}

export function freeKept(kept: Kept): void {
  if (kept.timed) disarm(kept);
  if (kept.gate) waitNoLonger(kept, false);
  dropBlock(kept.bytes, kept.length);
  const host = kept.triedHost;
  if (host) release(host);
  const retry = kept.retry;
  if (retry) endRetried(retry, kept.retries != 0);
  kept.serial = 0;
  kept.next = free;
  free = kept;
}
