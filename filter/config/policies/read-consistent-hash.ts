import { DEFAULT_BUCKETS, MAX_BUCKETS } from "../../memory/limits";
import { takeOfTable } from "../../route/builder";
import { ConsistentHash } from "../../route/policies/consistent-hash";
import { enterObject, fieldsSeen, isField, nextField, otherField } from "../json";
import { readNumber } from "../number";
import { failMissing } from "../problem";
import { readAttributeName } from "./read-attribute";

const ATTRIBUTE: u32 = 0;
const BUCKETS: u32 = 1;

/** Null: it is refused. */
export function readConsistentHash(): ConsistentHash | null {
  if (!enterObject()) return null;
  const hash = changetype<ConsistentHash>(takeOfTable(offsetof<ConsistentHash>()));
  while (nextField()) {
    if (isField("attribute", ATTRIBUTE)) hash.slot = readAttributeName();
    else if (isField("buckets", BUCKETS)) hash.buckets = readNumber(MAX_BUCKETS);
    else otherField();
  }
  if (!hash.buckets) hash.buckets = DEFAULT_BUCKETS;
  if (!(fieldsSeen & (1 << ATTRIBUTE))) failMissing("attribute");
  return hash;
}
