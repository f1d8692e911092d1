import { addNamed, addPlaced, BUILTINS, Demand, NAMED_ENTRY_BYTES, PLACED_ENTRY_BYTES } from "../codec/attributes";
import { builtinOf, placeOf, placePrefixBytes } from "../codec/codec";
import { take } from "./arena";
import { Table } from "./table";

/** What the table's routes ask of the messages of a protocol: each of their attributes by what it is there. */
export function newDemand(table: Table, protocol: i32): Demand {
  const demand = changetype<Demand>(take(table.arena, offsetof<Demand>()));
  demand.named = take(table.arena, <usize>table.attributeCount * NAMED_ENTRY_BYTES);
  demand.placed = take(table.arena, <usize>table.attributeCount * PLACED_ENTRY_BYTES);
  memory.fill(changetype<usize>(demand) + offsetof<Demand>("builtin0"), 0xff, (<usize>BUILTINS) << 2);
  demand.slotCount = table.attributeCount;
  for (let slot = 0; slot < table.attributeCount; slot++) {
    const entry = table.attributes + ((<usize>slot) << 3);
    ask(demand, protocol, slot, <usize>load<u32>(entry), load<u32>(entry, 4));
  }
  return demand;
}

function ask(demand: Demand, protocol: i32, slot: i32, name: usize, length: u32): void {
  const builtin = builtinOf(protocol, name, length);
  if (builtin >= 0) {
    store<i32>(changetype<usize>(demand) + ((<usize>builtin) << 2), slot, offsetof<Demand>("builtin0"));
    return;
  }
  const place = placeOf(protocol, name, length);
  if (place) addPlaced(demand, name + placePrefixBytes, length - placePrefixBytes, slot, place);
  else addNamed(demand, name, length, slot);
}
