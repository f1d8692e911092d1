import { keepText, takeOfTable } from "../../route/builder";
import { Abort, Delay } from "../../route/policies/fault";
import { enterObject, fieldsSeen, isField, nextField, otherField, readString, text, textBytes } from "../json";
import { MAX_DURATION_MS, MILLION, readNumber } from "../number";
import { failAt, failMissing } from "../problem";

/** Bits of the fields of Abort, and of Delay. */
const PER_MILLION: u32 = 0;
const FIXED: u32 = 1;
const STATUS: u32 = 1;
const MESSAGE: u32 = 2;

/** Null: it is refused. */
export function readAbort(): Abort | null {
  if (!enterObject()) return null;
  const abort = changetype<Abort>(takeOfTable(offsetof<Abort>()));
  while (nextField()) {
    if (isField("per_million", PER_MILLION)) abort.share = readNumber(MILLION);
    else if (isField("status", STATUS)) abort.status = readNumber(u32.MAX_VALUE);
    else if (isField("message", MESSAGE)) readMessage(abort);
    else otherField();
  }
  if (!(fieldsSeen & (1 << PER_MILLION))) failMissing("per_million");
  return abort;
}

function readMessage(abort: Abort): void {
  if (!readString()) return;
  abort.text = keepText(text, textBytes);
  abort.textBytes = textBytes;
}

/** Null: it is refused. */
export function readDelay(): Delay | null {
  if (!enterObject()) return null;
  const delay = changetype<Delay>(takeOfTable(offsetof<Delay>()));
  while (nextField()) {
    if (isField("per_million", PER_MILLION)) delay.share = readNumber(MILLION);
    else if (isField("fixed_ms", FIXED)) delay.fixed_ms = readNumber(MAX_DURATION_MS);
    else otherField();
  }
  if (!(fieldsSeen & (1 << PER_MILLION))) failMissing("per_million");
  else if (delay.fixed_ms == 0) failAt("fixed_ms", "must be 1 or more");
  return delay;
}
