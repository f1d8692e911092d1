import type { Abort, RoutePolicy } from "../../model/model.js";

export interface WrittenFault {
  readonly abort?: Omit<Abort, "percentage"> & { readonly percentage?: number };
}

export function parseFault({ abort }: WrittenFault): Pick<RoutePolicy, "abort"> {
  return abort ? { abort: { ...abort, percentage: abort.percentage ?? 100 } } : {};
}
