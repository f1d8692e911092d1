import { equalBytes } from "../memory/bytes";
import { Arena, take } from "./arena";

/**
 * Byte strings to numbers other than 0; open addressing, at most half full. The caller hashes, because an index hashes
 * prefixes from the front and suffixes from the back as it reads a value.
 *
 *     entry: [ hash u32 | key address u32 | key length u32 | value u32 ]      free: value 0
 */
@unmanaged
export class ByteMap {
  entries: usize;
  mask: u32;
  count: u32;
}

const LEAST_CAPACITY: u32 = 8;

/** FNV-1a, byte by byte: `HASH_START`, then `hashByte` for each byte, then `hashEnd`. */
export const HASH_START: u32 = 0x811c9dc5;

export function hashByte(hash: u32, byte: u8): u32 {
  return (hash ^ byte) * 0x01000193;
}

/** Entries are found by the low bits, which FNV mixes least. */
export function hashEnd(hash: u32): u32 {
  return hash ^ (hash >> 15);
}

export function hashForward(address: usize, length: u32): u32 {
  let hash = HASH_START;
  for (let i: usize = 0; i < length; i++) hash = hashByte(hash, load<u8>(address + i));
  return hashEnd(hash);
}

export function hashBackward(address: usize, length: u32): u32 {
  let hash = HASH_START;
  for (let i: usize = length; i > 0; i--) hash = hashByte(hash, load<u8>(address + i - 1));
  return hashEnd(hash);
}

/** With room for so many entries; it grows beyond them. */
export function newMap(arena: Arena, entries: u32): ByteMap {
  let capacity = LEAST_CAPACITY;
  while (capacity < entries << 1) capacity <<= 1;
  return mapOfCapacity(arena, capacity);
}

/** The value of the key, or 0. */
export function lookup(map: ByteMap, hash: u32, key: usize, length: u32): u32 {
  let index = hash & map.mask;
  while (true) {
    const entry = map.entries + ((<usize>index) << 4);
    const value = load<u32>(entry, 12);
    if (value == 0) return 0;
    if (load<u32>(entry) == hash && load<u32>(entry, 8) == length) {
      if (equalBytes(<usize>load<u32>(entry, 4), key, length)) return value;
    }
    index = (index + 1) & map.mask;
  }
}

/** Adds a key that is not in the map. The key's bytes stay where they are. */
export function insert(map: ByteMap, arena: Arena, hash: u32, key: usize, length: u32, value: u32): void {
  if ((map.count + 1) << 1 > map.mask + 1) {
    const larger = mapOfCapacity(arena, (map.mask + 1) << 1);
    addAll(larger, map);
    map.entries = larger.entries;
    map.mask = larger.mask;
  }
  place(map, hash, key, length, value);
}

/** The same map in another arena, without the room that growing leaves behind. */
export function copyMap(map: ByteMap, arena: Arena): ByteMap {
  const copy = newMap(arena, map.count);
  addAll(copy, map);
  return copy;
}

function mapOfCapacity(arena: Arena, capacity: u32): ByteMap {
  const map = changetype<ByteMap>(take(arena, offsetof<ByteMap>()));
  map.entries = take(arena, (<usize>capacity) << 4);
  map.mask = capacity - 1;
  map.count = 0;
  return map;
}

function addAll(map: ByteMap, source: ByteMap): void {
  for (let i: u32 = 0; i <= source.mask; i++) {
    const entry = source.entries + ((<usize>i) << 4);
    const value = load<u32>(entry, 12);
    if (value) place(map, load<u32>(entry), <usize>load<u32>(entry, 4), load<u32>(entry, 8), value);
  }
}

function place(map: ByteMap, hash: u32, key: usize, length: u32, value: u32): void {
  let index = hash & map.mask;
  while (load<u32>(map.entries + ((<usize>index) << 4), 12)) index = (index + 1) & map.mask;
  const entry = map.entries + ((<usize>index) << 4);
  store<u32>(entry, hash);
  store<u32>(entry, <u32>key, 4);
  store<u32>(entry, length, 8);
  store<u32>(entry, value, 12);
  map.count++;
}
