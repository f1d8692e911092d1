import { Arena, copyInto, reserve } from "./arena";

/** Words in a row, of unknown number until the last is there. */
@unmanaged
export class List {
  words: usize;
  count: u32;
  capacity: u32;
}

export function newList(arena: Arena): List {
  const list = changetype<List>(reserve(arena, offsetof<List>()));
  list.words = 0;
  list.count = 0;
  list.capacity = 0;
  return list;
}

export function push(list: List, arena: Arena, word: u32): void {
  if (list.count == list.capacity) {
    list.capacity = list.capacity ? list.capacity << 1 : 8;
    const words = reserve(arena, (<usize>list.capacity) << 2);
    memory.copy(words, list.words, (<usize>list.count) << 2);
    list.words = words;
  }
  store<u32>(list.words + ((<usize>list.count) << 2), word);
  list.count++;
}

/** Moves the words into another arena, and the list is empty again. */
export function drain(list: List, arena: Arena): usize {
  return drainFrom(list, arena, 0);
}

/** The same of those behind the first `kept`, which stay. */
export function drainFrom(list: List, arena: Arena, kept: u32): usize {
  const words = copyInto(arena, list.words + ((<usize>kept) << 2), (<usize>(list.count - kept)) << 2);
  list.count = kept;
  return words;
}
