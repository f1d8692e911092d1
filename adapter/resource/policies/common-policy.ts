import type { RoutePolicy } from "../../model/model.js";
import { optionalDuration_ms } from "../duration.js";
import type { Report } from "../report.js";
import { parseRetries, type RetrySpec, type WrittenRetries } from "./retries.js";
import { parseTimeoutFrom, type WrittenTimeoutFrom } from "./timeout-from.js";

/** What a VirtualService says for all its routes that do not say it themselves, as it is written. */
export interface WrittenCommonPolicy {
  readonly timeout?: string;
  readonly timeoutFrom?: WrittenTimeoutFrom;
  readonly retries?: WrittenRetries;
}

export interface CommonPolicy {
  readonly times: Pick<RoutePolicy, "timeout_ms" | "timeoutFrom">;
  readonly retry: RetrySpec | undefined;
}

export function parseCommonPolicy(
  { timeout, timeoutFrom, retries }: WrittenCommonPolicy,
  report: Report,
): CommonPolicy {
  const timeout_ms = optionalDuration_ms(timeout, 1, ["spec", "timeout"], report);
  const from = timeoutFrom && parseTimeoutFrom(timeoutFrom, ["spec", "timeoutFrom"], report);
  return {
    times: { ...(timeout_ms !== undefined && { timeout_ms }), ...(from && { timeoutFrom: from }) },
    retry: retries && parseRetries(retries, ["spec", "retries"], report),
  };
}

/** A route that says any of its times says them all. */
export function withCommonTimes(own: RoutePolicy | undefined, { times }: CommonPolicy): RoutePolicy | undefined {
  const saysTimes = own?.timeout_ms !== undefined || own?.timeoutFrom !== undefined;
  return saysTimes || Object.keys(times).length === 0 ? own : { ...own, ...times };
}
