import { equalBytes } from "../../memory/bytes";
import { NAME_COUNT_AT, NAMES_AT } from "./program";

/** The number of the declared attribute called `name`; -1: there is none, so it is a key of a map. */
export function builtinOf(program: usize, name: usize, length: u32): i32 {
  const count = load<i32>(program, NAME_COUNT_AT);
  let entry = program + load<u32>(program, NAMES_AT);
  for (let builtin = 0; builtin < count; builtin++, entry += 8) {
    if (load<u32>(entry, 4) == length && equalBytes(program + load<u32>(entry), name, length)) return builtin;
  }
  return -1;
}
