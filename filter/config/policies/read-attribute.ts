import { slotOf } from "../../route/builder";
import { readString, text, textBytes } from "../json";
import { fail } from "../problem";

/** Reads the name of an attribute, and returns the slot in which calls have its value; -1 where it is refused. */
export function readAttributeName(): i32 {
  if (!readString()) return -1;
  if (textBytes == 0) fail("must not be empty");
  const slot = slotOf(text, textBytes);
  if (slot < 0) fail("the routes name more than 64 different attributes");
  return slot;
}
