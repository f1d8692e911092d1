import { clusterName } from "../model/cluster-name.js";
import type { CircuitBreaker, LocalRateLimit, Mutation, Retry, RoutePolicy } from "../model/model.js";

type Formats = { readonly [Name in keyof RoutePolicy]-?: (value: NonNullable<RoutePolicy[Name]>) => readonly string[] };

/** What is printed of each thing that a route asks for, in the order in which it is done to a call. */
const FORMATS: Formats = {
  localRateLimits: (limits) => limits.map(formatLimit),
  globalRateLimit: ({ service, domain, failureModeDeny }) => [
    `limit: ${clusterName({ ...service, subset: undefined })} is asked, domain ${domain}${failureModeDeny ? "; without an answer calls are kept back" : ""}`,
  ],
  delay: ({ percentage, fixedDelay_ms }) => [`${percentage} % are held back for ${time(fixedDelay_ms)}`],
  abort: ({ percentage, status, message }) => [
    `${percentage} % get an error${status === undefined ? "" : ` of status ${status}`}${message === undefined ? "" : `: ${message}`}`,
  ],
  circuitBreaker: (breaker) => [formatBreaker(breaker)],
  sticky: ({ attribute }) => [`equal values of ${attribute} have one destination`],
  mutations: ({ request, response }) => [...formatMutation("calls", request), ...formatMutation("answers", response)],
  timeoutFrom: ({ attribute, max_ms }) => [`timeout: what ${attribute} says, ${time(max_ms)} at most`],
  timeout_ms: (timeout_ms) => [`timeout: ${time(timeout_ms)}`],
  retry: (retry) => [formatRetry(retry)],
  mirrors: (mirrors) => mirrors.map(({ percentage, ...to }) => `${percentage} % are copied to ${clusterName(to)}`),
};

/** A line for each thing that the route asks for besides a destination. */
export function formatPolicy(policy: RoutePolicy): readonly string[] {
  return Object.entries(FORMATS).flatMap(([name, format]) => {
    const value = policy[name as keyof RoutePolicy];
    return value === undefined ? [] : (format as (value: unknown) => readonly string[])(value);
  });
}

function formatLimit({ bucket, match, per, scope }: LocalRateLimit): string {
  const rate = `${bucket.maxTokens} calls at once, ${bucket.tokensPerFill} more each ${time(bucket.fillInterval_ms)}`;
  const each = per === undefined ? "" : `, for each ${per.join(" and ")}`;
  const some = match.length > 0 ? ", of calls that meet its conditions" : "";
  return `limit: ${rate}, in ${scope === "ENVOY" ? "an Envoy" : "a worker thread"}${each}${some}`;
}

function formatBreaker({ scope, maxRequests, maxRequestsPerMethod, maxPendingRequests }: CircuitBreaker): string {
  const most = [
    ...(maxRequests === undefined ? [] : [`${maxRequests}`]),
    ...(maxRequestsPerMethod === undefined ? [] : [`${maxRequestsPerMethod} of each method`]),
  ];
  const pending = maxPendingRequests === undefined ? "" : `; ${maxPendingRequests} wait for a place`;
  return `in flight at most, of the ${scope}: ${most.join(", ")}${pending}`;
}

function formatMutation(what: string, mutation: Mutation | undefined): readonly string[] {
  if (mutation === undefined) return [];
  const parts = [
    ...Object.keys(mutation.set).map((name) => `set ${name}`),
    ...Object.keys(mutation.add).map((name) => `add to ${name}`),
    ...mutation.remove.map((name) => `remove ${name}`),
  ];
  return [`attributes of ${what}: ${parts.join(", ")}`];
}

function formatRetry({ attempts, on, statuses, perTryTimeout_ms }: Retry): string {
  const when = [...on, ...statuses.map((status) => `status ${status}`)].join(", ");
  const each = perTryTimeout_ms === undefined ? "" : `, ${time(perTryTimeout_ms)} for each try`;
  return `sent once more on ${when}: ${attempts === 1 ? "once" : `${attempts} times`} at most${each}`;
}

function time(time_ms: number): string {
  return time_ms % 1000 === 0 ? `${time_ms / 1000}s` : `${time_ms}ms`;
}
