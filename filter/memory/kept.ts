import { MAX_KEPT_BYTES } from "./limits";

/**
 * The blocks that peers make this VM keep from one callback to the next: what waits to be sent on, answers that are held back,
 * own replies. Their sum is bounded, because memory that is exhausted ends the VM, and with it everybody's connections.
 */
let keptBytes: u32 = 0;

/** A block of `bytes`, or 0: no more may be kept, and the connection that asks has to go. */
export function keepBlock(bytes: u32): usize {
  if (bytes > MAX_KEPT_BYTES - keptBytes) return 0;
  keptBytes += bytes;
  return heap.alloc(bytes);
}

/** Gives back a block of `bytes`; 0 is none. */
export function dropBlock(block: usize, bytes: u32): void {
  if (!block) return;
  keptBytes -= bytes;
  heap.free(block);
}

/** The block with its first `used` bytes, enlarged to `bytes`; 0 as `keepBlock`, and then the old block stays. */
export function enlargeBlock(block: usize, oldBytes: u32, used: u32, bytes: u32): usize {
  const larger = keepBlock(bytes);
  if (!larger) return 0;
  memory.copy(larger, block, used);
  dropBlock(block, oldBytes);
  return larger;
}
