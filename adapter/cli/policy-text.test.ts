import { expect, it } from "vitest";
import { formatPolicy } from "./policy-text.js";

it("tells all that a route asks for, in the order in which it is done", () => {
  const mutation = { set: { region: "eu" }, add: { tags: "x" }, remove: ["user"] };
  expect(
    formatPolicy({
      timeout_ms: 2_000,
      retry: {
        attempts: 1,
        on: ["connect-failure", "timeout"],
        statuses: [80],
        perTryTimeout_ms: 1_500,
        backoff_ms: 25,
        maxBackoff_ms: 250,
        budget: { percent: 20, minRetryConcurrency: 3 },
      },
      mirrors: [{ host: "next", subset: "v2", port: 20880, percentage: 10 }],
      abort: { percentage: 12.5, status: 90, message: "not today" },
      delay: { percentage: 100, fixedDelay_ms: 300 },
      localRateLimits: [
        {
          id: "a",
          bucket: { maxTokens: 10, tokensPerFill: 5, fillInterval_ms: 1_000 },
          match: [[]],
          per: ["user"],
          scope: "WORKER",
        },
      ],
      circuitBreaker: { scope: "service", maxRequests: 100, maxRequestsPerMethod: 20, maxPendingRequests: 7 },
      sticky: { attribute: "user" },
      timeoutFrom: { attribute: "timeout", max_ms: 10_000 },
      mutations: { request: mutation },
    }),
  ).toEqual([
    "limit: 10 calls at once, 5 more each 1s, in a worker thread, for each user, of calls that meet its conditions",
    "100 % are held back for 300ms",
    "12.5 % get an error of status 90: not today",
    "in flight at most, of the service: 100, 20 of each method; 7 wait for a place",
    "equal values of user have one destination",
    "attributes of calls: set region, add to tags, remove user",
    "timeout: what timeout says, 10s at most",
    "timeout: 2s",
    "sent once more on connect-failure, timeout, status 80: once at most, 1500ms for each try",
    "10 % are copied to outbound|20880|v2|next",
  ]);
});
