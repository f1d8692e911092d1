import { takeOfTable } from "../../route/builder";
import { TokenBucket } from "../../route/policies/token-bucket";
import { enterObject, isField, nextField, otherField } from "../json";
import { MAX_DURATION_MS, readNumber } from "../number";
import { failAt } from "../problem";

/** Bits of the fields of TokenBucket. */
const MAX_TOKENS: u32 = 0;
const TOKENS_PER_FILL: u32 = 1;
const FILL_INTERVAL: u32 = 2;

/** Null: it is refused. */
export function readTokenBucket(): TokenBucket | null {
  if (!enterObject()) return null;
  const bucket = changetype<TokenBucket>(takeOfTable(offsetof<TokenBucket>()));
  while (nextField()) {
    if (isField("max_tokens", MAX_TOKENS)) bucket.maxTokens = readNumber(u32.MAX_VALUE);
    else if (isField("tokens_per_fill", TOKENS_PER_FILL)) bucket.tokensPerFill = readNumber(u32.MAX_VALUE);
    else if (isField("fill_interval_ms", FILL_INTERVAL)) bucket.fillInterval_ms = readNumber(MAX_DURATION_MS);
    else otherField();
  }
  if (bucket.maxTokens == 0) failAt("max_tokens", "must be 1 or more");
  else if (bucket.tokensPerFill == 0) failAt("tokens_per_fill", "must be 1 or more");
  else if (bucket.fillInterval_ms == 0) failAt("fill_interval_ms", "must be 1 or more");
  return bucket;
}
