import { takeOfTable } from "../../route/builder";
import { TimeoutAttribute } from "../../route/policies/timeout-attribute";
import { enterObject, fieldsSeen, isField, nextField, otherField } from "../json";
import { MAX_DURATION_MS, readNumber } from "../number";
import { failAt, failMissing } from "../problem";
import { readAttributeName } from "./read-attribute";

const ATTRIBUTE: u32 = 0;
const MAX: u32 = 1;

/** Null: it is refused. */
export function readTimeoutAttribute(): TimeoutAttribute | null {
  if (!enterObject()) return null;
  const timeout = changetype<TimeoutAttribute>(takeOfTable(offsetof<TimeoutAttribute>()));
  while (nextField()) {
    if (isField("attribute", ATTRIBUTE)) timeout.slot = readAttributeName();
    else if (isField("max_ms", MAX)) timeout.max_ms = readNumber(MAX_DURATION_MS);
    else otherField();
  }
  if (!(fieldsSeen & (1 << ATTRIBUTE))) failMissing("attribute");
  // What callers say without a bound would be as good as no timeout.
  else if (timeout.max_ms == 0) failAt("max_ms", "must be 1 or more");
  return timeout;
}
