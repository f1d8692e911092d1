import { slotAddress, slotLength } from "../../codec/attributes";
import { parsedInteger, parseInteger } from "../integer";

/** A call says itself how long it may take: milliseconds, in the text of an attribute. */
@unmanaged
export class TimeoutAttribute {
  slot: i32;
  /** What a caller gets that asks for more. */
  max_ms: u32;
}

/** Milliseconds that the call in the attribute slots asks for, `max_ms` at most. 0: it does not say, or nothing that is a time. */
export function timeoutAsked_ms(timeout: TimeoutAttribute): u32 {
  const value = slotAddress(timeout.slot);
  if (!value || !parseInteger(value, slotLength(timeout.slot)) || parsedInteger <= 0) return 0;
  return <u32>min<i64>(parsedInteger, <i64>timeout.max_ms);
}
