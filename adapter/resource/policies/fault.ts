import type { Abort, RoutePolicy } from "../../model/model.js";
import type { FieldPath } from "../../status/field-path.js";
import { optionalDuration_ms } from "../duration.js";
import type { Report } from "../report.js";

export interface WrittenFault {
  readonly delay?: { readonly percentage?: number; readonly fixedDelay: string };
  readonly abort?: Omit<Abort, "percentage"> & { readonly percentage?: number };
}

export function parseFault(
  { delay, abort }: WrittenFault,
  path: FieldPath,
  report: Report,
): Pick<RoutePolicy, "delay" | "abort"> {
  const fixedDelay_ms = optionalDuration_ms(delay?.fixedDelay, 1, [...path, "delay", "fixedDelay"], report);
  return {
    ...(fixedDelay_ms !== undefined && { delay: { percentage: delay?.percentage ?? 100, fixedDelay_ms } }),
    ...(abort && { abort: { ...abort, percentage: abort.percentage ?? 100 } }),
  };
}
