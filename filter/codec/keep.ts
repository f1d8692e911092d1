import { MAX_ATTRIBUTE_BYTES, MAX_SLOTS } from "../memory/limits";
import { setSlot, slotAddress, slotLength } from "./attributes";
import { Message } from "./message";

/**
 * Where texts go that cannot be read in place: those that were written in chunks, those with surrogates, and all that must
 * outlive the window they were found in. One area of MAX_ATTRIBUTE_BYTES each, so that the last of several attachments of one
 * name simply overwrites the others: 68 × 8 KiB, touched only when used.
 */
const areas: usize = memory.data((64 + 4) * 8192);

export const KEEP_SERVICE: i32 = MAX_SLOTS;
export const KEEP_VERSION: i32 = MAX_SLOTS + 1;
export const KEEP_METHOD: i32 = MAX_SLOTS + 2;
/** For what is read and forgotten: the type descriptor, the names of attachments. */
export const KEEP_SCRATCH: i32 = MAX_SLOTS + 3;

export function keepArea(index: i32): usize {
  return areas + <usize>index * MAX_ATTRIBUTE_BYTES;
}

/** Copies whatever message and slots refer to out of the window, which is about to be overwritten. */
export function keepAll(slotCount: i32, message: Message): void {
  message.service = kept(KEEP_SERVICE, message.service, message.serviceBytes);
  message.method = kept(KEEP_METHOD, message.method, message.methodBytes);
  for (let slot = 0; slot < slotCount; slot++) {
    const address = slotAddress(slot);
    if (address) setSlot(slot, kept(slot, address, slotLength(slot)), slotLength(slot));
  }
}

export function kept(index: i32, address: usize, bytes: u32): usize {
  const area = keepArea(index);
  memory.copy(area, address, bytes);
  return area;
}
