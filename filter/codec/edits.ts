import { copyBytes } from "../memory/bytes";
import { MAX_EDITS } from "../memory/limits";
import { Reason, Step } from "./step";

/**
 * What becomes of a message whose attributes are changed: at some places bytes of it are left out and others put in. All else stays as
 * it is, and where it is.
 *
 *     edit: [ at u32 | removed u32 | own u32 | own bytes u32 ]      `at` counts from the message's first byte, `own` from that of the own bytes
 *
 * In the order of their places. This VM's register; a VM changes one message at a time.
 */
const EDIT_BYTES: u32 = 16;
const edits: usize = memory.data(16 * 256);

export let editCount: u32 = 0;
/** Bytes that the message is longer, or shorter, than it was. */
export let growth: i32 = 0;
/** More edits than there is room for: the message cannot be changed. */
export let tooMany: bool = false;

/** Own bytes of all messages of a callback, behind each other. */
let own: usize = 0;
let ownUsed: u32 = 0;
let ownCapacity: u32 = 0;
/** Where those begin that are being written. */
let ownBegun: u32 = 0;
/** With BAD from a codec's `mutate…`. */
export let editReason: Reason = Reason.NONE;
/** Bytes of the message that must be in memory for it, whether they are or not. */
export let editNeed: u32 = 0;

/** Forgets the own bytes of former callbacks. */
export function clearOwn(): void {
  ownUsed = 0;
}

export function beginEdits(): void {
  editCount = 0;
  growth = 0;
  tooMany = false;
  editNeed = 0;
}

export function editAt(index: u32): u32 {
  return load<u32>(edits + index * EDIT_BYTES);
}

export function editRemoved(index: u32): u32 {
  return load<u32>(edits + index * EDIT_BYTES, 4);
}

export function editOwn(index: u32): u32 {
  return load<u32>(edits + index * EDIT_BYTES, 8);
}

export function editOwnBytes(index: u32): u32 {
  return load<u32>(edits + index * EDIT_BYTES, 12);
}

/** Where own bytes lie, until the next are written. */
export function ownAddress(offset: u32): usize {
  return own + offset;
}

/** Room for up to `bytes` of the filter's own, behind what was written since `beginOwn`; `endOwn` says how far they go. */
export function ownRoom(bytes: u32): usize {
  const needed = ownUsed + bytes;
  if (needed > ownCapacity) {
    ownCapacity = max<u32>(needed << 1, 4096);
    const block = heap.alloc(ownCapacity);
    if (own) {
      memory.copy(block, own, ownUsed);
      heap.free(own);
    }
    own = block;
  }
  return own + ownUsed;
}

export function beginOwn(): void {
  ownBegun = ownUsed;
}

/** They end before `end`. */
export function endOwn(end: usize): void {
  ownUsed = <u32>(end - own);
}

export function copyOwn(from: usize, bytes: u32): void {
  const room = ownRoom(bytes);
  copyBytes(room, from, bytes);
  ownUsed += bytes;
}

/** In place of the `removed` bytes at `at` come the own bytes since `beginOwn`. */
export function edit(at: u32, removed: u32): void {
  const bytes = ownUsed - ownBegun;
  growth += <i32>bytes - <i32>removed;
  addEdit(at, removed, ownBegun, bytes);
  ownBegun = ownUsed;
}

/** The `bytes` at `at` are left out. */
export function cut(at: u32, bytes: u32): void {
  beginOwn();
  edit(at, bytes);
}

/** In place of the `removed` bytes at `at` comes a number, big-endian, of 4 bytes. */
export function editNumber(at: u32, removed: u32, value: u32): void {
  beginOwn();
  const room = ownRoom(4);
  store<u32>(room, bswap(value));
  endOwn(room + 4);
  edit(at, removed);
}

/** Most come in order. What is cut right behind another cut is one with it, so that a row of entries is one. */
function addEdit(at: u32, removed: u32, ownAt: u32, ownBytes: u32): void {
  let index = editCount;
  while (index && editAt(index - 1) > at) index--;
  if (index && index == editCount) {
    const last = edits + (index - 1) * EDIT_BYTES;
    if (!ownBytes && load<u32>(last) + load<u32>(last, 4) == at) {
      store<u32>(last, load<u32>(last, 4) + removed, 4);
      return;
    }
  }
  if (editCount == MAX_EDITS) {
    tooMany = true;
    return;
  }
  const place = edits + index * EDIT_BYTES;
  memory.copy(place + EDIT_BYTES, place, (editCount - index) * EDIT_BYTES);
  store<u32>(place, at);
  store<u32>(place, removed, 4);
  store<u32>(place, ownAt, 8);
  store<u32>(place, ownBytes, 12);
  editCount++;
}

/** The message cannot be changed, for this reason. */
export function refuseEdit(reason: Reason): Step {
  editCount = 0;
  editReason = reason;
  return Step.BAD;
}

/** The first `bytes` of the message must be in memory, of which `n` are. True: it is to be shown more (MORE). */
export function lacksForEdit(n: u32, bytes: u32): bool {
  editNeed = max<u32>(editNeed, bytes);
  return n < bytes;
}

export function endEdits(): Step {
  return tooMany ? refuseEdit(Reason.UNMUTABLE) : Step.DONE;
}

/** Bytes of the message up to the last edit's end: those behind it pass as they are. */
export function editedBytes(): u32 {
  return editCount ? editAt(editCount - 1) + editRemoved(editCount - 1) : 0;
}

/** Bytes that `writeEdited` writes of the first `bytes` of a message, which hold all edits. */
export function editedLength(bytes: u32): u32 {
  return bytes + growth;
}

/** Writes the first `bytes` of the message at `p` as the edits have it, and returns the end. */
export function writeEdited(out: usize, p: usize, bytes: u32): usize {
  let at: u32 = 0;
  for (let i: u32 = 0; i < editCount; i++) {
    const before = editAt(i) - at;
    memory.copy(out, p + at, before);
    out += before;
    memory.copy(out, own + editOwn(i), editOwnBytes(i));
    out += editOwnBytes(i);
    at = editAt(i) + editRemoved(i);
  }
  memory.copy(out, p + at, bytes - at);
  return out + (bytes - at);
}

/** Puts the edits, from the one at `index` on, and their own bytes at `block`, which has room for `keptEditsBytes`. */
export function keptEditsBytes(index: u32): u32 {
  let bytes = 4 + (editCount - index) * EDIT_BYTES;
  for (let i = index; i < editCount; i++) bytes += editOwnBytes(i);
  return bytes;
}

export function keepEdits(block: usize, index: u32): void {
  const count = editCount - index;
  store<u32>(block, count);
  let out = block + 4 + count * EDIT_BYTES;
  memory.copy(block + 4, edits + index * EDIT_BYTES, count * EDIT_BYTES);
  for (let i = index; i < editCount; i++) {
    memory.copy(out, own + editOwn(i), editOwnBytes(i));
    out += editOwnBytes(i);
  }
}

/** Takes them back from there. */
export function restoreEdits(block: usize): void {
  beginEdits();
  editCount = load<u32>(block);
  memory.copy(edits, block + 4, editCount * EDIT_BYTES);
  let from = block + 4 + editCount * EDIT_BYTES;
  for (let i: u32 = 0; i < editCount; i++) {
    const bytes = editOwnBytes(i);
    store<u32>(edits + i * EDIT_BYTES, ownUsed, 8);
    copyOwn(from, bytes);
    from += bytes;
  }
}
