import { equalBytes } from "../memory/bytes";

/**
 * The attribute values of the message under decoding, by slot. A table gives each attribute that its routes name a slot;
 * the codec fills the slots of the demand and leaves all others alone.
 *
 *     slot i: [ address u32 | length u32 ]      absent: address 0
 */
const slots: usize = memory.data(64 * 8);

export function clearSlots(count: i32): void {
  for (let slot = 0; slot < count; slot++) store<u64>(slots + ((<usize>slot) << 3), 0);
}

export function setSlot(slot: i32, address: usize, length: u32): void {
  store<u32>(slots + ((<usize>slot) << 3), <u32>address);
  store<u32>(slots + ((<usize>slot) << 3), length, 4);
}

/** Address of the value in `slot`, 0 where the message has none. */
export function slotAddress(slot: i32): usize {
  return <usize>load<u32>(slots + ((<usize>slot) << 3));
}

export function slotLength(slot: i32): u32 {
  return load<u32>(slots + ((<usize>slot) << 3), 4);
}

/**
 * What a table wants to know of each message. Built at configuration, frozen, freed with its table.
 *
 * A codec knows some attributes by number (`builtins`, see its `builtinOf`); all others are looked for by name among the
 * message's attachments.
 */
@unmanaged
export class Demand {
  /** Slots in use: `clearSlots(slotCount)` before a decode. */
  slotCount: i32;
  /** Slot of built-in attribute n, or -1; `builtinSlot` reads it. Sixteen is more than any codec has. */
  builtin0: i32;
  builtin1: i32;
  builtin2: i32;
  builtin3: i32;
  builtin4: i32;
  builtin5: i32;
  builtin6: i32;
  builtin7: i32;
  builtin8: i32;
  builtin9: i32;
  builtin10: i32;
  builtin11: i32;
  builtin12: i32;
  builtin13: i32;
  builtin14: i32;
  builtin15: i32;
  /** Attributes to be found by name: `namedCount` entries of [ name address u32 | name length u32 | slot i32 ]. */
  namedCount: i32;
  named: usize;
  /** Bit n: a name of n bytes is among them, as far as bits go. Most names need no other look. */
  namedLengths: u32;
  /**
   * Attributes to be found at another place of the message than names usually are, which their prefix says ("arg.", "status."; see a codec's
   * `placeOf`): `placedCount` entries of [ name address u32 | name length u32 | slot i32 | place i32 | number i32 ], the name without its
   * prefix, and what number it is in decimal, or -1.
   */
  placedCount: i32;
  placed: usize;
}

export const BUILTINS: i32 = 16;
export const NAMED_ENTRY_BYTES: usize = 12;
export const PLACED_ENTRY_BYTES: usize = 20;

/** Adds an attribute to be found by name; `named` has room for it. */
export function addNamed(demand: Demand, name: usize, length: u32, slot: i32): void {
  const entry = demand.named + <usize>demand.namedCount * NAMED_ENTRY_BYTES;
  demand.namedCount++;
  if (length < 32) demand.namedLengths |= 1 << length;
  store<u32>(entry, <u32>name);
  store<u32>(entry, length, 4);
  store<i32>(entry, slot, 8);
}

/** Adds an attribute to be found at `place`; `placed` has room for it. `name` is without the prefix. */
export function addPlaced(demand: Demand, name: usize, length: u32, slot: i32, place: i32): void {
  const entry = demand.placed + <usize>demand.placedCount * PLACED_ENTRY_BYTES;
  demand.placedCount++;
  store<u32>(entry, <u32>name);
  store<u32>(entry, length, 4);
  store<i32>(entry, slot, 8);
  store<i32>(entry, place, 12);
  store<i32>(entry, decimalOf(name, length), 16);
}

/** The number that is written there, of up to nine digits, or -1. */
function decimalOf(text: usize, length: u32): i32 {
  if (length == 0 || length > 9) return -1;
  let number: i32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const digit = <i32>load<u8>(text + i) - 0x30;
    if (<u32>digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

/** Slot of the wanted attribute called `name` at `place`, or -1. */
export function placedSlot(demand: Demand, place: i32, name: usize, length: u32): i32 {
  let entry = demand.placed;
  for (let i = 0; i < demand.placedCount; i++, entry += PLACED_ENTRY_BYTES) {
    if (
      load<i32>(entry, 12) == place &&
      load<u32>(entry, 4) == length &&
      equalBytes(<usize>load<u32>(entry), name, length)
    ) {
      return load<i32>(entry, 8);
    }
  }
  return -1;
}

/** Slot of the wanted attribute of this number at `place`, or -1. */
export function numberedSlot(demand: Demand, place: i32, number: i32): i32 {
  let entry = demand.placed;
  for (let i = 0; i < demand.placedCount; i++, entry += PLACED_ENTRY_BYTES) {
    if (load<i32>(entry, 12) == place && load<i32>(entry, 16) == number) return load<i32>(entry, 8);
  }
  return -1;
}

export function builtinSlot(demand: Demand, builtin: i32): i32 {
  return load<i32>(changetype<usize>(demand) + ((<usize>builtin) << 2), offsetof<Demand>("builtin0"));
}

/** Slot of the wanted attribute called `name`, or -1. */
export function namedSlot(demand: Demand, name: usize, length: u32): i32 {
  let entry = demand.named;
  for (let i = 0; i < demand.namedCount; i++, entry += NAMED_ENTRY_BYTES) {
    if (load<u32>(entry, 4) == length && equalBytes(<usize>load<u32>(entry), name, length)) {
      return load<i32>(entry, 8);
    }
  }
  return -1;
}

/** The built-in attribute has this value, if it is wanted. */
export function fillBuiltin(demand: Demand, builtin: i32, address: usize, length: u32): void {
  const slot = builtinSlot(demand, builtin);
  if (slot >= 0) setSlot(slot, address, length);
}
