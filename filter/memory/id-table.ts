/**
 * From a host's context id (never 0) to an address: open addressing with linear probing, at most half full.
 *
 *     slot: [ id u32 | address u32 ]
 */
@unmanaged
export class IdTable {
  slots: usize;
  mask: u32;
  used: u32;
}

const SLOT_SHIFT: usize = 3;
const FIRST_SLOTS: u32 = 64;

export function newIdTable(): IdTable {
  const table = changetype<IdTable>(heap.alloc(offsetof<IdTable>()));
  allocate(table, FIRST_SLOTS);
  return table;
}

/** The address kept for `id`, 0 if none. */
export function getId(table: IdTable, id: u32): usize {
  let i = id & table.mask;
  let slot = table.slots + ((<usize>i) << SLOT_SHIFT);
  while (load<u32>(slot) != id && load<u32>(slot) != 0) {
    i = (i + 1) & table.mask;
    slot = table.slots + ((<usize>i) << SLOT_SHIFT);
  }
  return <usize>load<u32>(slot, 4);
}

export function putId(table: IdTable, id: u32, address: usize): void {
  if ((table.used + 1) << 1 > table.mask) grow(table);
  let i = id & table.mask;
  while (load<u32>(table.slots + ((<usize>i) << SLOT_SHIFT))) i = (i + 1) & table.mask;
  const slot = table.slots + ((<usize>i) << SLOT_SHIFT);
  store<u32>(slot, id);
  store<u32>(slot, <u32>address, 4);
  table.used++;
}

/** Removes `id` and moves up what had to probe past it. */
export function removeId(table: IdTable, id: u32): void {
  const slots = table.slots;
  const mask = table.mask;
  let hole = id & mask;
  while (load<u32>(slots + ((<usize>hole) << SLOT_SHIFT)) != id) {
    if (!load<u32>(slots + ((<usize>hole) << SLOT_SHIFT))) return;
    hole = (hole + 1) & mask;
  }
  for (let i = (hole + 1) & mask; ; i = (i + 1) & mask) {
    const key = load<u32>(slots + ((<usize>i) << SLOT_SHIFT));
    if (!key) break;
    const home = key & mask;
    // Stays where it is if its home lies cyclically in (hole, i].
    if (hole <= i ? hole < home && home <= i : hole < home || home <= i) continue;
    store<u64>(slots + ((<usize>hole) << SLOT_SHIFT), load<u64>(slots + ((<usize>i) << SLOT_SHIFT)));
    hole = i;
  }
  store<u64>(slots + ((<usize>hole) << SLOT_SHIFT), 0);
  table.used--;
}

function allocate(table: IdTable, slots: u32): void {
  table.slots = heap.alloc((<usize>slots) << SLOT_SHIFT);
  memory.fill(table.slots, 0, (<usize>slots) << SLOT_SHIFT);
  table.mask = slots - 1;
  table.used = 0;
}

function grow(table: IdTable): void {
  const old = table.slots;
  const oldMask = table.mask;
  allocate(table, (oldMask + 1) << 1);
  for (let i: u32 = 0; i <= oldMask; i++) {
    const slot = old + ((<usize>i) << SLOT_SHIFT);
    if (load<u32>(slot)) putId(table, load<u32>(slot), <usize>load<u32>(slot, 4));
  }
  heap.free(old);
}
