import { MAX_HELD_MESSAGE_BYTES, MAX_RETRIED_STATUSES } from "../../memory/limits";
import { addRetry } from "../../route/builder";
import { newRetry, Retry } from "../../route/policies/retry";
import { integer, readInteger } from "../integer";
import { enterList, enterObject, isField, nextElement, nextField, otherField } from "../json";
import { MAX_DURATION_MS, readNumber } from "../number";
import { fail, failAt, failed } from "../problem";

/** Bits of the fields of Retry. */
const ATTEMPTS: u32 = 0;
const ON: u32 = 1;
const STATUSES: u32 = 2;
const PER_TRY_TIMEOUT: u32 = 3;
const BACK_OFF: u32 = 4;
const MAX_BACK_OFF: u32 = 5;
const MAX_BYTES: u32 = 6;
const BUDGET_PERCENT: u32 = 7;
const MIN_BUDGET: u32 = 8;

/** All of RetryOn. */
const ALL_CONDITIONS: u32 = 31;
const MAX_ATTEMPTS: u32 = 100;
const MAX_PERCENT: u32 = 100;

const statuses: usize = memory.data(64 * 4);
let statusCount: u32 = 0;

/** What is read, before it is known how many statuses there are. */
const draft: Retry = changetype<Retry>(memory.data(offsetof<Retry>()));

/** Null: it is refused. */
export function readRetry(): Retry | null {
  if (!enterObject()) return null;
  memory.fill(changetype<usize>(draft), 0, offsetof<Retry>());
  statusCount = 0;
  while (nextField()) {
    if (isField("attempts", ATTEMPTS)) draft.attempts = readNumber(MAX_ATTEMPTS);
    else if (isField("on", ON)) draft.on = readNumber(ALL_CONDITIONS);
    else if (isField("statuses", STATUSES)) readStatuses();
    else if (isField("per_try_timeout_ms", PER_TRY_TIMEOUT)) draft.perTry_ms = readNumber(MAX_DURATION_MS);
    else if (isField("back_off_ms", BACK_OFF)) draft.backOff_ms = readNumber(MAX_DURATION_MS);
    else if (isField("max_back_off_ms", MAX_BACK_OFF)) draft.maxBackOff_ms = readNumber(MAX_DURATION_MS);
    else if (isField("max_bytes", MAX_BYTES)) draft.maxBytes = readNumber(MAX_HELD_MESSAGE_BYTES);
    else if (isField("budget_percent", BUDGET_PERCENT)) draft.budgetPercent = readNumber(MAX_PERCENT);
    else if (isField("min_budget", MIN_BUDGET)) draft.minBudget = readNumber(u32.MAX_VALUE);
    else otherField();
  }
  if (draft.attempts == 0) failAt("attempts", "must be 1 or more");
  else if (!draft.on && !statusCount) fail("on or statuses must say when a call is sent once more");
  if (failed) return null;
  const retry = newRetry(statuses, statusCount);
  retry.attempts = draft.attempts;
  retry.on = draft.on;
  retry.perTry_ms = draft.perTry_ms;
  retry.backOff_ms = draft.backOff_ms;
  retry.maxBackOff_ms = max<u32>(draft.maxBackOff_ms, draft.backOff_ms);
  retry.maxBytes = draft.maxBytes || MAX_HELD_MESSAGE_BYTES;
  retry.budgetPercent = draft.budgetPercent;
  retry.minBudget = draft.minBudget;
  addRetry(retry);
  return retry;
}

function readStatuses(): void {
  if (!enterList()) return;
  for (let count: u32 = 0; nextElement(count); count++) {
    if (!readInteger(i32.MIN_VALUE, u32.MAX_VALUE)) return;
    if (count == MAX_RETRIED_STATUSES) {
      fail("must have 64 entries at most");
      return;
    }
    store<u32>(statuses + ((<usize>count) << 2), <u32>integer);
    statusCount = count + 1;
  }
}
