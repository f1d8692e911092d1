import type { Random } from "../support/random.js";

/** Attributes are changed where the protocol carries them, and refused elsewhere. */
const CHANGES_ATTRIBUTES: ReadonlySet<string> = new Set(["dubbo", "tars", "trpc", "brpc"]);

const WAITING = [{}, { max_pending_requests: 3, pending_timeout_ms: 40 }];

/** What holds for a cluster: hosts that are left out soon, and not for long. */
export function anySettings(random: Random, name: string): object {
  const severe = { consecutive_errors: random.pick([1, 3]), max_ejection_percent: 100, base_ejection_time_ms: 1000 };
  return {
    name,
    min_tunnels: random.pick([1, 2]),
    ...(random.oneIn(2) && { outlier_detection: { ...severe, interval_ms: 1000 } }),
  };
}

/** What a route of the fuzzed listener asks for: any of it, in small numbers that a case of a few messages meets. */
export function anyPolicy(random: Random, protocol: string, attribute: string, clusters: readonly string[]): object {
  const some = <T>(make: () => T): T | undefined => (random.oneIn(3) ? make() : undefined);
  const change = () => ({ set: { user: "set" }, add: { region: "more" }, remove: ["gray"] });
  const changes = CHANGES_ATTRIBUTES.has(protocol);
  const policy = {
    timeout_ms: some(() => random.pick([20, 200])),
    timeout_attribute: some(() => ({ attribute, max_ms: 100 })),
    delay: some(() => ({ per_million: 500_000, fixed_ms: random.pick([10, 150]) })),
    abort: some(() => ({ per_million: 200_000 })),
    rate_limits: some(() => [
      {
        token_bucket: { max_tokens: 4, tokens_per_fill: 1, fill_interval_ms: 50 },
        attributes: [attribute],
        max_buckets: 2,
      },
    ]),
    circuit_breaker: some(() => ({
      name: "fuzz",
      max_requests: 3,
      max_requests_per_method: 2,
      ...random.pick(WAITING),
    })),
    retry: some(() => ({
      attempts: 2,
      on: random.pick([31, 16, 7]),
      per_try_timeout_ms: random.pick([0, 50]),
      back_off_ms: random.pick([0, 30]),
      max_bytes: random.pick([100, 0]),
      budget_percent: random.pick([0, 100]),
      min_budget: random.pick([1, 100]),
    })),
    mirrors: some(() => [{ cluster: random.pick(clusters) }, { cluster: "mirror", per_million: 500_000 }]),
    sticky: some(() => ({ attribute })),
    request_mutation: changes ? some(change) : undefined,
    response_mutation: changes ? some(change) : undefined,
  };
  return JSON.parse(JSON.stringify(policy));
}
