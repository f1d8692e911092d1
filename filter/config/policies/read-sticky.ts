import { takeOfTable } from "../../route/builder";
import { Sticky } from "../../route/policies/sticky";
import { enterObject, fieldsSeen, isField, nextField, otherField } from "../json";
import { failMissing } from "../problem";
import { readAttributeName } from "./read-attribute";

const ATTRIBUTE: u32 = 0;

/** Null: it is refused. */
export function readSticky(): Sticky | null {
  if (!enterObject()) return null;
  const sticky = changetype<Sticky>(takeOfTable(offsetof<Sticky>()));
  while (nextField()) {
    if (isField("attribute", ATTRIBUTE)) sticky.slot = readAttributeName();
    else otherField();
  }
  if (!(fieldsSeen & (1 << ATTRIBUTE))) failMissing("attribute");
  return sticky;
}
