/**
 * From a key of 64 bits (never 0) to an address: open addressing with linear probing, at most half full.
 *
 *     slot: [ key u64 | address u32 | … 16 ]
 */
@unmanaged
export class KeyTable {
  slots: usize;
  mask: u32;
  used: u32;
  /** Whoever chooses keys does not choose which of them share a slot. */
  seed: u64;
}

const SLOT_SHIFT: usize = 4;
const FIRST_SLOTS: u32 = 16;
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

export function newKeyTable(seed: u64): KeyTable {
  const table = changetype<KeyTable>(heap.alloc(offsetof<KeyTable>()));
  table.seed = seed;
  allocate(table, FIRST_SLOTS);
  return table;
}

export function freeKeyTable(table: KeyTable): void {
  heap.free(table.slots);
  heap.free(changetype<usize>(table));
}

/** The address kept for `key`, 0 if none. */
export function getKey(table: KeyTable, key: u64): usize {
  return <usize>load<u32>(find(table, key), 8);
}

/** Keeps an address for a key that is not there. */
export function putKey(table: KeyTable, key: u64, address: usize): void {
  if ((table.used + 1) << 1 > table.mask) grow(table);
  const slot = find(table, key);
  store<u64>(slot, key);
  store<u32>(slot, <u32>address, 8);
  table.used++;
}

/** Removes `key` and moves up what had to probe past it. */
export function removeKey(table: KeyTable, key: u64): void {
  const mask = table.mask;
  const slot = find(table, key);
  if (!load<u64>(slot)) return;
  let hole = <u32>((slot - table.slots) >> SLOT_SHIFT);
  for (let i = (hole + 1) & mask; ; i = (i + 1) & mask) {
    const other = at(table, i);
    if (!load<u64>(other)) break;
    const home = homeOf(table, load<u64>(other));
    // Stays where it is if its home lies cyclically in (hole, i].
    if (hole <= i ? hole < home && home <= i : hole < home || home <= i) continue;
    memory.copy(at(table, hole), other, 1 << SLOT_SHIFT);
    hole = i;
  }
  memory.fill(at(table, hole), 0, 1 << SLOT_SHIFT);
  table.used--;
}

function at(table: KeyTable, index: u32): usize {
  return table.slots + ((<usize>index) << SLOT_SHIFT);
}

function homeOf(table: KeyTable, key: u64): u32 {
  return <u32>(((key ^ table.seed) * MIX) >> 32) & table.mask;
}

/** The key's slot, or the free one where it would be put. */
function find(table: KeyTable, key: u64): usize {
  let i = homeOf(table, key);
  let slot = at(table, i);
  while (load<u64>(slot) != key && load<u64>(slot) != 0) {
    i = (i + 1) & table.mask;
    slot = at(table, i);
  }
  return slot;
}

function allocate(table: KeyTable, slots: u32): void {
  table.slots = heap.alloc((<usize>slots) << SLOT_SHIFT);
  memory.fill(table.slots, 0, (<usize>slots) << SLOT_SHIFT);
  table.mask = slots - 1;
  table.used = 0;
}

function grow(table: KeyTable): void {
  const old = table.slots;
  const oldMask = table.mask;
  allocate(table, (oldMask + 1) << 1);
  for (let i: u32 = 0; i <= oldMask; i++) {
    const slot = old + ((<usize>i) << SLOT_SHIFT);
    if (load<u64>(slot)) putKey(table, load<u64>(slot), <usize>load<u32>(slot, 8));
  }
  heap.free(old);
}
