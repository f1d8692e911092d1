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
  /** What is asked while a message is looked at. */
  ASIDE,
}

/** [ base u32 | bytes u32 ] by region. */
const regions: usize = memory.data(24, 4);
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
  const entry = regions + ((<usize>region) << 3);
  if (!fits(bytes, load<u32>(entry, 4))) {
    const base = load<u32>(entry);
    if (base) heap.free(base);
    const capacity = capacityFor(bytes);
    store<u32>(entry, <u32>heap.alloc(capacity));
    store<u32>(entry, <u32>capacity, 4);
  }
  return load<u32>(entry);
}

/** A region also counts as unfit when it is far too large: one great read shall not keep memory for ever. */
function fits(bytes: usize, capacity: usize): bool {
  return bytes <= capacity && (capacity <= ARENA_KEPT_BYTES || bytes > ARENA_KEPT_BYTES);
}

function capacityFor(bytes: usize): usize {
  return (bytes + ARENA_BYTES - 1) & ~(ARENA_BYTES - 1) || ARENA_BYTES;
}
