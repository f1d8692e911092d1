import { equalBytes } from "../memory/bytes";
import { Arena, reserve, take } from "./arena";

/**
 * Byte strings to numbers other than 0, while a table is built: most are asked for once and are not there. That takes one word of a small
 * array then, which stays in the processor's cache, where a ByteMap of ten thousand entries does not.
 *
 *     heads: [ first entry u32, 0: none ]      entry: [ next u32 | hash u32 | key address u32 | key length u32 | value u32 ]
 */
@unmanaged
export class Chains {
  heads: usize;
  mask: u32;
}

const LEAST_HEADS: u32 = 64;
const ENTRY_BYTES: usize = 20;

/** For about so many entries: with more the chains become longer. */
export function newChains(arena: Arena, entries: u32): Chains {
  let count = LEAST_HEADS;
  while (count < entries) count <<= 1;
  const chains = changetype<Chains>(reserve(arena, offsetof<Chains>()));
  chains.heads = take(arena, (<usize>count) << 2);
  chains.mask = count - 1;
  return chains;
}

/** The value of the key, or 0. */
export function valueIn(chains: Chains, hash: u32, key: usize, length: u32): u32 {
  let entry = <usize>load<u32>(chains.heads + ((<usize>(hash & chains.mask)) << 2));
  while (entry) {
    if (load<u32>(entry, 4) == hash && load<u32>(entry, 12) == length) {
      if (equalBytes(<usize>load<u32>(entry, 8), key, length)) return load<u32>(entry, 16);
    }
    entry = <usize>load<u32>(entry);
  }
  return 0;
}

/** Adds a key that is not there. Its bytes stay where they are. */
export function addTo(chains: Chains, arena: Arena, hash: u32, key: usize, length: u32, value: u32): void {
  const head = chains.heads + ((<usize>(hash & chains.mask)) << 2);
  const entry = reserve(arena, ENTRY_BYTES);
  store<u32>(entry, load<u32>(head));
  store<u32>(entry, hash, 4);
  store<u32>(entry, <u32>key, 8);
  store<u32>(entry, length, 12);
  store<u32>(entry, value, 16);
  store<u32>(head, <u32>entry);
}
