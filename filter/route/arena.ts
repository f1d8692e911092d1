import { copyBytes } from "../memory/bytes";

/**
 * Memory that is taken piece by piece and given back as a whole: a table is one arena, so a table that turns out to be bad
 * half-way leaves nothing behind.
 *
 *     chunk: [ next chunk u32 | … 16 | pieces, each aligned to 8 … ]
 */
@unmanaged
export class Arena {
  chunks: usize;
  at: usize;
  end: usize;
  /** Bytes of the next chunk: small tables take little, large ones few chunks. */
  chunkBytes: usize;
}

const HEAD_BYTES: usize = 16;
const FIRST_CHUNK_BYTES: usize = 4096;
const LARGEST_CHUNK_BYTES: usize = 128 << 10;

export function newArena(): Arena {
  const arena = changetype<Arena>(heap.alloc(offsetof<Arena>()));
  arena.chunks = 0;
  arena.at = 0;
  arena.end = 0;
  arena.chunkBytes = FIRST_CHUNK_BYTES;
  return arena;
}

/** `bytes` of memory with whatever was in it. */
export function reserve(arena: Arena, bytes: usize): usize {
  const size = (bytes + 7) & ~7;
  if (arena.end - arena.at < size) addChunk(arena, size);
  const address = arena.at;
  arena.at += size;
  return address;
}

/** `bytes` of zeroed memory. */
export function take(arena: Arena, bytes: usize): usize {
  const address = reserve(arena, bytes);
  if (bytes > 128) memory.fill(address, 0, bytes);
  // What is reserved is a multiple of 8.
  else for (let at: usize = 0; at < bytes; at += 8) store<u64>(address + at, 0);
  return address;
}

export function copyInto(arena: Arena, source: usize, bytes: usize): usize {
  const address = reserve(arena, bytes);
  copyBytes(address, source, <u32>bytes);
  return address;
}

export function freeArena(arena: Arena): void {
  let chunk = arena.chunks;
  while (chunk) {
    const next = <usize>load<u32>(chunk);
    heap.free(chunk);
    chunk = next;
  }
  heap.free(changetype<usize>(arena));
}

function addChunk(arena: Arena, size: usize): void {
  const bytes = max(arena.chunkBytes, size + HEAD_BYTES);
  const chunk = heap.alloc(bytes);
  store<u32>(chunk, <u32>arena.chunks);
  arena.chunks = chunk;
  arena.at = chunk + HEAD_BYTES;
  arena.end = chunk + bytes;
  arena.chunkBytes = min(arena.chunkBytes << 1, LARGEST_CHUNK_BYTES);
}
