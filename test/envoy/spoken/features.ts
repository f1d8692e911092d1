import type { Doing } from "./server.js";
import type { Code, Spoken } from "./spoken.js";

/** Of a call, by name. */
type Attributes = Readonly<Record<string, string>>;

/** What becomes of a call: an answer, the server's own error, an error of Meltemi's, or one with a status that the route says. */
export type Outcome = "answered" | "failed" | Code | { readonly status: number; readonly code: Code };

/**
 * One line of the matrix: what a route asks for, what its calls are, and what becomes of them, whatever the protocol. The route is found by its name
 * as the method (Redis: the key), and leads to `main` unless something else is said: to `other`, to `ring`, which has both as its hosts, or to `gone`,
 * where nobody listens.
 */
export interface Feature {
  readonly name: string;
  /** Protocols that have no place for it. */
  readonly lacks?: (spoken: Spoken) => boolean;
  policy?(spoken: Spoken): object;
  readonly route?: object;
  /** What `main` does with the nth call, from 0. Default: it answers. */
  readonly main?: (nth: number) => Doing;
  /** Attributes of each call, which are made at once. Default: one call without any. */
  calls?(spoken: Spoken): readonly Attributes[];
  readonly outcomes: readonly Outcome[];
  /** Answers that are held back are given when so many calls have come to `main`; those that are held still, when all is over. */
  readonly releaseAfter?: number;
  /** How many calls have come to each upstream at last; an upstream that is not named has got none. Default: one to `main` for each answer. */
  reached?(calls: { readonly main: number; readonly other: number }): boolean;
  /** In what each call looks like where it arrives. */
  readonly carries?: string;
  readonly atLeast_ms?: number;
  /** What the feature adds to counters of the listener besides `meltemi_replies_total`. */
  readonly counts?: Readonly<Record<string, number>>;
}

const MILLION = 1_000_000;
const many = (count: number, attributes: Attributes = {}) => Array.from({ length: count }, () => attributes);
const all = (count: number, outcome: Outcome) => Array.from({ length: count }, () => outcome);
const unnamed = ({ named }: Spoken) => !named;

/** Whose attributes can be changed. */
const MUTABLE = ["dubbo", "thrift", "tars", "trpc", "brpc"];

export const FEATURES: readonly Feature[] = [
  { name: "nothing", outcomes: ["answered"] },
  {
    name: "timeout",
    policy: () => ({ timeout_ms: 120 }),
    main: () => "hold",
    outcomes: ["timeout"],
    reached: ({ main, other }) => main === 1 && other === 0,
    atLeast_ms: 110,
    counts: { "meltemi_messages_dropped_total;reason=late_answer": 1 },
  },
  {
    name: "timeoutFromAttribute",
    lacks: unnamed,
    policy: () => ({ timeout_attribute: { attribute: "deadline", max_ms: 200 } }),
    main: () => "hold",
    calls: () => [{ deadline: "120" }, { deadline: "86400000" }],
    outcomes: ["timeout", "timeout"],
    reached: ({ main, other }) => main === 2 && other === 0,
    atLeast_ms: 190,
    counts: { "meltemi_messages_dropped_total;reason=late_answer": 2 },
  },
  {
    name: "abort",
    policy: () => ({ abort: { per_million: MILLION, message: "not today" } }),
    outcomes: ["aborted"],
  },
  {
    name: "delay",
    policy: () => ({ delay: { per_million: MILLION, fixed_ms: 150 } }),
    outcomes: ["answered"],
    atLeast_ms: 140,
  },
  {
    name: "rateLimit",
    policy: () => ({ rate_limit: { max_tokens: 2, tokens_per_fill: 1, fill_interval_ms: 3_600_000 } }),
    calls: () => many(3),
    outcomes: ["answered", "answered", "rate_limited"],
  },
  {
    name: "rateLimitOfEachValue",
    lacks: unnamed,
    policy: ({ protocol, valueAttribute }) => ({
      rate_limits: [
        {
          id: protocol,
          scope: "ENVOY",
          token_bucket: { max_tokens: 1, tokens_per_fill: 1, fill_interval_ms: 3_600_000 },
          attributes: [valueAttribute],
        },
      ],
    }),
    calls: ({ valueAttribute: user }) => [{ [user]: "jason" }, { [user]: "rose" }, { [user]: "jason" }],
    outcomes: ["answered", "answered", "rate_limited"],
  },
  {
    name: "circuitBreaker",
    policy: () => ({ circuit_breaker: { name: "breaker", max_requests: 1 } }),
    main: () => "hold",
    calls: () => many(2),
    outcomes: ["answered", "overflow"],
    releaseAfter: 1,
  },
  {
    name: "retryOfApplicationError",
    policy: ({ failure }) => ({
      retry: { attempts: 2, statuses: [String(failure)], budget_percent: 100, min_budget: 3 },
    }),
    main: (nth) => (nth === 0 ? "fail" : "answer"),
    outcomes: ["answered"],
    reached: ({ main, other }) => main === 2 && other === 0,
    counts: { meltemi_retries_total: 1, meltemi_retries_succeeded_total: 1 },
  },
  {
    name: "retryOfReset",
    policy: () => ({ retry: { attempts: 2, on: 2, budget_percent: 100, min_budget: 3 } }),
    main: (nth) => (nth === 0 ? "cut" : "answer"),
    outcomes: ["answered"],
    reached: ({ main, other }) => main === 2 && other === 0,
    counts: { meltemi_retries_total: 1, meltemi_retries_succeeded_total: 1 },
  },
  {
    name: "retryOfTimeout",
    // The next try takes the same connection, and its answer comes behind the one that is late.
    lacks: ({ ordered }) => ordered,
    policy: () => ({ retry: { attempts: 2, on: 4, per_try_timeout_ms: 120, budget_percent: 100, min_budget: 3 } }),
    main: (nth) => (nth === 0 ? "hold" : "answer"),
    outcomes: ["answered"],
    reached: ({ main, other }) => main === 2 && other === 0,
    atLeast_ms: 110,
    counts: {
      meltemi_retries_total: 1,
      meltemi_retries_succeeded_total: 1,
      "meltemi_messages_dropped_total;reason=late_answer": 1,
    },
  },
  {
    name: "retryInVain",
    policy: ({ failure }) => ({
      retry: { attempts: 2, statuses: [String(failure)], budget_percent: 100, min_budget: 3 },
    }),
    main: () => "fail",
    outcomes: ["failed"],
    reached: ({ main, other }) => main === 3 && other === 0,
    counts: { meltemi_retries_total: 2, "meltemi_retries_refused_total;reason=attempts": 1 },
  },
  {
    name: "nobodyThere",
    route: { cluster: "gone" },
    outcomes: ["upstream_failure"],
  },
  {
    name: "failure",
    main: () => "fail",
    outcomes: ["failed"],
    reached: ({ main, other }) => main === 1 && other === 0,
  },
  {
    name: "mirror",
    policy: () => ({ mirrors: [{ cluster: "other" }] }),
    outcomes: ["answered"],
    reached: ({ main, other }) => main === 1 && other === 1,
    counts: { meltemi_calls_mirrored_total: 1 },
  },
  // Policies are a listener's: governance-matrix.test.ts has them.
  { name: "denied", outcomes: ["denied"] },
  { name: "audited", outcomes: ["answered"], counts: { meltemi_calls_audited_total: 1 } },
  {
    name: "split",
    route: {
      weighted_clusters: {
        clusters: [
          { name: "main", weight: 50 },
          { name: "other", weight: 50 },
        ],
      },
    },
    calls: () => many(40),
    outcomes: all(40, "answered"),
    // All to one: once in 2^39.
    reached: ({ main, other }) => main > 0 && other > 0 && main + other === 40,
  },
  {
    name: "sticky",
    policy: ({ valueAttribute }) => ({ sticky: { attribute: valueAttribute } }),
    route: {
      weighted_clusters: {
        clusters: [
          { name: "main", weight: 50 },
          { name: "other", weight: 50 },
        ],
      },
    },
    calls: ({ valueAttribute }) => many(20, { [valueAttribute]: "jason" }),
    outcomes: all(20, "answered"),
    reached: ({ main, other }) => Math.min(main, other) === 0 && main + other === 20,
  },
  {
    name: "consistentHash",
    // Redis goes by the client's address: its commands take one connection.
    lacks: unnamed,
    route: { cluster: "ring" },
    calls: ({ valueAttribute }) => many(20, { [valueAttribute]: "jason" }),
    outcomes: all(20, "answered"),
    reached: ({ main, other }) => Math.min(main, other) === 0 && main + other === 20,
  },
  {
    name: "mutation",
    lacks: ({ protocol }) => !MUTABLE.includes(protocol),
    policy: () => ({ request_mutation: { set: { region: "from-the-route" } } }),
    outcomes: ["answered"],
    carries: "from-the-route",
  },
];
