import { ARENA_BYTES, ARENA_KEPT_BYTES } from "../memory/limits";

/**
 * The memory that the host copies into. It asks `malloc` for the place of each block it returns; we hand out the region that
 * the current fetch named, so that no fetch allocates. A region's bytes are valid until the next fetch into it.
 */
export enum Region {
  /** Reads from the client and from the connection manager, properties, queue items, configuration. */
  MAIN,
  /** Windows of a message that is scanned while its head is still needed. */
  SCAN,
}

let mainBase: usize = 0;
let mainBytes: usize = 0;
let scanBase: usize = 0;
let scanBytes: usize = 0;
let region: Region = Region.MAIN;
/** A block that the next `malloc` is to return instead of a region; 0 if none. */
let target: usize = 0;

export function useRegion(next: Region): void {
  region = next;
}

/** Lets the next fetch go straight into `block`. */
export function useTarget(block: usize): void {
  target = block;
}

/** Called by the host, within our own calls to it. */
export function malloc(bytes: usize): usize {
  if (target) {
    const block = target;
    target = 0;
    return block;
  }
  if (region == Region.SCAN) {
    if (!fits(bytes, scanBytes)) {
      if (scanBase) heap.free(scanBase);
      scanBytes = capacityFor(bytes);
      scanBase = heap.alloc(scanBytes);
    }
    return scanBase;
  }
  if (!fits(bytes, mainBytes)) {
    if (mainBase) heap.free(mainBase);
    mainBytes = capacityFor(bytes);
    mainBase = heap.alloc(mainBytes);
  }
  return mainBase;
}

/** A region also counts as unfit when it is far too large: one great read shall not keep memory for ever. */
function fits(bytes: usize, capacity: usize): bool {
  return bytes <= capacity && (capacity <= ARENA_KEPT_BYTES || bytes > ARENA_KEPT_BYTES);
}

function capacityFor(bytes: usize): usize {
  return (bytes + ARENA_BYTES - 1) & ~(ARENA_BYTES - 1) || ARENA_BYTES;
}
