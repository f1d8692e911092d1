import type { TimeoutFrom } from "../../model/model.js";
import type { FieldPath } from "../../status/field-path.js";
import { optionalDuration_ms } from "../duration.js";
import type { Report } from "../report.js";

export interface WrittenTimeoutFrom {
  readonly attribute: string;
  readonly max: string;
}

/** Undefined: it is refused. */
export function parseTimeoutFrom(
  { attribute, max }: WrittenTimeoutFrom,
  path: FieldPath,
  report: Report,
): TimeoutFrom | undefined {
  const max_ms = optionalDuration_ms(max, 1, [...path, "max"], report);
  return max_ms === undefined ? undefined : { attribute, max_ms };
}
